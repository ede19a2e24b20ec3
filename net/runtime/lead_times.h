// How long a leader's entries take: from the proposal to the commitment, and to being durable on
// every member.
#pragma once

#include <deque>

#include "core/base/time.h"
#include "core/protocol/trace_event.h"
#include "net/metrics/histogram.h"

namespace drydock::net {

class LeadTimes {
 public:
  // Each event of the node, and when.
  void Observe(const TraceEvent& event, TimePoint now);
  // All members hold the log durably up to here, as the leader knows.
  void HeldEverywhere(Index index, TimePoint now);
  bool WaitsForOthers() const { return !everywhere_.empty(); }

  const Histogram& commit() const { return commit_times_; }
  const Histogram& everywhere() const { return everywhere_times_; }

 private:
  struct Proposal {
    Index index;
    TimePoint at;
  };
  // A member that is away must not make this grow for ever: what it misses then is not counted.
  static constexpr std::size_t kMaxWaiting = 1 << 20;

  static void Take(std::deque<Proposal>& waiting, Index upto, TimePoint now, Histogram& into);

  bool leads_ = false;
  std::deque<Proposal> commit_;  // by index
  std::deque<Proposal> everywhere_;
  Histogram commit_times_;
  Histogram everywhere_times_;
};

}  // namespace drydock::net
