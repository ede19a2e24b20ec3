// What must be true of configurations, and of quorums by them.
#include <algorithm>
#include <utility>

#include "sim/check/invariants.h"

namespace drydock::sim {
namespace {

// Any quorum of the one intersects any quorum of the other: the voters stay, a joint configuration
// of them and others begins, or it ends with the new ones (paper, section 6).
bool IsOneStep(const Configuration& before, const Configuration& after) {
  if (before.members().empty()) return true;  // the node had waited to be told
  const bool same = before.incoming() == after.incoming() && before.outgoing() == after.outgoing();
  const bool enters = !before.IsJoint() && after.outgoing() == before.incoming();
  const bool leaves = before.IsJoint() && !after.IsJoint() && after.incoming() == before.incoming();
  return same || enters || leaves;
}

}  // namespace

void Invariants::On(const EventMeta& meta, const drydock::trace::ConfigurationInForce& event) {
  Shadow& node = nodes_[meta.node->value()];
  if (node.configuration_index.has_value() && event.index > *node.configuration_index) {
    const Index before = *node.configuration_index;
    const auto text = [&] {
      return "n" + std::to_string(meta.node->value()) + " goes by entry " +
             std::to_string(event.index.value()) + " after entry " + std::to_string(before.value());
    };
    const bool refounded =
        std::find(refoundings_.begin(), refoundings_.end(), event.index) != refoundings_.end();
    Check(refounded || IsOneStep(configurations_[node.quorums], event.configuration), meta,
          "no two disjoint quorums", text);
    Check(before.value() <= committed_.size(), meta, "one change at a time", text);
    CheckNewVoters(meta, node, configurations_[node.quorums], event);
  }
  if (std::exchange(node.installed, false) && event.index > Index(0)) {
    const Bytes& committed = committed_[event.index.value() - 1].entry.payload;
    CheckKept(committed.view() == event.configuration.Encode(), meta,
              "configurations are the log's", event.index, [&] {
                return "n" + std::to_string(meta.node->value()) +
                       " goes by another configuration " + "than entry " +
                       std::to_string(event.index.value());
              });
  }
  const auto known = std::find(configurations_.begin(), configurations_.end(), event.configuration);
  node.quorums = static_cast<std::uint32_t>(known - configurations_.begin());
  if (known == configurations_.end()) configurations_.push_back(event.configuration);
  node.configuration_index = event.index;
}

// The leader that gives a vote must have seen the new voter catch up. A disk that was lost since
// then is not its fault.
void Invariants::CheckNewVoters(const EventMeta& meta, Shadow& node, const Configuration& before,
                                const drydock::trace::ConfigurationInForce& event) {
  for (const Member& member : event.configuration.members()) {
    if (!before.IsMember(member.node)) node.member_since[member.node] = event.index;
    const bool votes = event.configuration.IsVoter(member.node) && !before.IsVoter(member.node);
    if (!votes || node.role != Role::kLeader) continue;
    const Index since = node.member_since[member.node];
    const Index held = nodes_[member.node.value()].held;
    Check(held >= since, meta, "who gets a vote has caught up", [&] {
      return "n" + std::to_string(meta.node->value()) + " lets n" +
             std::to_string(member.node.value()) + " vote, a member since entry " +
             std::to_string(since.value()) + ", which holds no more than entry " +
             std::to_string(held.value());
    });
  }
}

bool Invariants::IsQuorum(std::uint64_t nodes, std::uint32_t quorums) const {
  const auto vote_of = [nodes](NodeId node) {
    return std::optional<bool>(((nodes >> node.value()) & 1) != 0);
  };
  return configurations_[quorums].Outcome(vote_of) == VoteOutcome::kWon;
}

}  // namespace drydock::sim
