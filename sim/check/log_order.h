// Judges a run's own history by the log itself: every answer names its place there, so the log is
// the linearization, and what is left to check is that each answer is what the log says, and that
// the log's order respects real time. O(n log n), where a search would be exponential.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/invariants.h"

namespace drydock::sim {

struct LogOrderProblem {
  std::string property;  // "linearizability", "exactly once", "nothing acknowledged is lost"
  std::string detail;
};

// Nullopt when the history follows the committed log. The entries are replayed by a model of their
// own here, not by the store that is being judged.
std::optional<LogOrderProblem> CheckLogOrder(const History& history,
                                             const std::vector<CommittedEntry>& committed);

// What one node holds: its map in key order, after applying entries up to `applied`.
struct NodeContent {
  std::string node;
  Index applied;
  std::vector<std::pair<std::string, Bytes>> map;
  std::uint64_t sessions = 0;  // a hash of them, with their answers
};
// Nullopt when every node's map is what the log makes of it, and nodes that have applied the same
// have the same sessions.
std::optional<LogOrderProblem> CheckStates(const std::vector<NodeContent>& nodes,
                                           const std::vector<CommittedEntry>& committed);

}  // namespace drydock::sim
