// How long the elections took that a node stood in, won or not. All on its own clock.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/time.h"
#include "core/protocol/trace_event.h"

namespace drydock::net {

class ElectionTimes {
 public:
  struct Election {
    std::uint64_t number = 0;  // from 1 on
    Term term;                 // when it ended
    RoleCause began{};
    RoleCause ended{};
    Duration took;
    std::optional<Duration> asked_after;  // from asking whether there would be votes, to asking
  };

  // The term that the node starts in.
  void StartIn(Term term) { term_ = term; }
  // Each event of the node, and when.
  void Observe(const TraceEvent& event, TimePoint now);

  // The latest, in their order.
  const std::deque<Election>& recent() const { return recent_; }

 private:
  struct Open {
    TimePoint at;
    RoleCause began{};
    std::optional<Duration> asked_after;
  };
  static constexpr std::size_t kMaxRecent = 256;

  void ChangeRole(const trace::RoleChanged& change, TimePoint now);
  void End(RoleCause why, TimePoint now);

  Term term_;
  std::uint64_t count_ = 0;
  std::optional<Open> open_;
  std::deque<Election> recent_;
};

}  // namespace drydock::net
