#include <algorithm>
#include <map>

#include "sim/check/log_model.h"
#include "sim/check/log_order.h"

namespace drydock::sim {
namespace {

bool Holds(const NodeContent& node, const LogModel& model) {
  return std::equal(
      node.map.begin(), node.map.end(), model.map().begin(), model.map().end(),
      [](const auto& a, const auto& b) { return a.first == b.first && a.second == b.second; });
}

// Of what the client does not have yet: a node that lost it would apply a retry again.
std::optional<LogOrderProblem> CompareSessions(const std::vector<NodeContent>& nodes) {
  std::map<Index, const NodeContent*> first;
  for (const NodeContent& node : nodes) {
    const NodeContent& other = *first.emplace(node.applied, &node).first->second;
    if (node.sessions == other.sessions) continue;
    return LogOrderProblem{"exactly once", other.node + " and " + node.node +
                                               " have other sessions after entry " +
                                               std::to_string(node.applied.value())};
  }
  return std::nullopt;
}

}  // namespace

std::optional<LogOrderProblem> CheckStates(const std::vector<NodeContent>& nodes,
                                           const std::vector<CommittedEntry>& committed) {
  LogModel model;
  for (std::uint64_t index = 0; index <= committed.size(); ++index) {
    if (index > 0) model.Apply(index, committed[index - 1].entry);
    for (const NodeContent& node : nodes) {
      if (node.applied.value() != index || Holds(node, model)) continue;
      return LogOrderProblem{"state machine safety",
                             node.node + " holds other values after entry " +
                                 std::to_string(index) + " than the log gives"};
    }
  }
  return CompareSessions(nodes);
}

}  // namespace drydock::sim
