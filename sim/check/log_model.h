// What a log of commands means: a plain second opinion on core/kv, for the judge.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/protocol/client.h"
#include "core/protocol/entry.h"

namespace drydock::sim {

class LogModel {
 public:
  // What one entry came to.
  struct Step {
    bool is_command = false;
    ClientRequest request;
    Outcome outcome = Outcome::kOk;
    std::optional<Bytes> found;  // by a compare-and-set that failed
    bool duplicate = false;
    std::uint64_t effective = 0;  // the entry that had the effect: of a duplicate, the first
  };

  // Entries in log order.
  Step Apply(std::uint64_t index, const Entry& entry);
  std::optional<Bytes> Get(const Bytes& key) const;
  const std::map<std::string, Bytes, std::less<>>& map() const { return map_; }

 private:
  struct Done {
    Outcome outcome = Outcome::kOk;
    std::optional<Bytes> found;
    std::uint64_t index = 0;
  };
  struct Session {
    std::uint64_t used = 0;  // the entry that used it last
    std::uint64_t first_unanswered = 0;
    std::map<std::uint64_t, Done> done;  // by sequence
  };
  std::optional<Bytes> CommandIn(const Entry& entry);
  void Open(std::uint64_t index, std::uint64_t max_sessions);
  static void KeepWithinBounds(Session& session);
  Done Execute(std::uint64_t index, const ClientRequest& request);
  void ApplyInSession(std::uint64_t index, Step& step);

  std::map<std::string, Bytes, std::less<>> map_;
  std::map<std::uint64_t, Session> sessions_;
  std::vector<Bytes> parts_;  // of a large command that is not complete yet
};

}  // namespace drydock::sim
