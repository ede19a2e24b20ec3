#include "sim/engine/targets.h"

#include <algorithm>

namespace drydock::sim {

std::optional<NodeId> TargetResolver::Leader() const {
  std::optional<NodeId> leader;
  Term term;
  for (std::uint32_t i = 0; i < cluster_.size(); ++i) {
    const NodeStatus status = cluster_.StatusOf(NodeId(i));
    if (!status.runs() || status.role != Role::kLeader) continue;
    if (!leader.has_value() || status.term > term) {
      leader = NodeId(i);
      term = status.term;
    }
  }
  return leader;
}

std::vector<NodeId> TargetResolver::Running(std::optional<NodeId> except) const {
  std::vector<NodeId> nodes;
  for (std::uint32_t i = 0; i < cluster_.size(); ++i) {
    if (NodeId(i) != except && cluster_.StatusOf(NodeId(i)).runs()) nodes.push_back(NodeId(i));
  }
  return nodes;
}

// As many as a cluster can spare, never the leader: drawn one by one from those that are left.
const std::vector<NodeId>& TargetResolver::Minority() {
  if (minority_.has_value()) return *minority_;
  std::vector<NodeId> candidates;
  const std::optional<NodeId> leader = Leader();
  for (std::uint32_t i = 0; i < cluster_.size(); ++i) {
    if (NodeId(i) != leader) candidates.push_back(NodeId(i));
  }
  std::vector<NodeId> picked;
  for (std::uint32_t i = 0; i < (cluster_.size() - 1) / 2; ++i) {
    const auto at =
        candidates.begin() + static_cast<std::ptrdiff_t>(cluster_.Pick(candidates.size()));
    picked.push_back(*at);
    candidates.erase(at);
  }
  minority_ = std::move(picked);
  return *minority_;
}

// A member that was removed before, and then added by a leader that it has never heard of: it
// cannot tell that leader from one of another cluster, and follows nobody until its disk is wiped
// (docs/protocol.md).
bool TargetResolver::MustBeWiped(const Member& member, NodeId leader) const {
  if (member.store != StoreId(0)) return false;
  const Configuration own = cluster_.MembersOf(member.node);
  return !own.members().empty() && own.FindMember(leader) == nullptr;
}

std::vector<NodeId> TargetResolver::MustBeWiped() const {
  std::vector<NodeId> nodes;
  const std::optional<NodeId> leader = Leader();
  if (!leader.has_value()) return nodes;
  const Configuration configuration = cluster_.MembersOf(*leader);
  for (const Member& member : configuration.members()) {
    if (MustBeWiped(member, *leader)) nodes.push_back(member.node);
  }
  return nodes;
}

void TargetResolver::AddTo(std::vector<NodeId>& nodes, const Target& target) {
  const auto add = [&](const std::vector<NodeId>& more) {
    nodes.insert(nodes.end(), more.begin(), more.end());
  };
  switch (target.kind) {
    case Target::Kind::kNode:
      return nodes.push_back(target.node);
    case Target::Kind::kBound:
      return add(bound_[target.name]);
    case Target::Kind::kLeader:
      if (const auto leader = Leader()) nodes.push_back(*leader);
      return;
    case Target::Kind::kFollower: {
      const std::vector<NodeId> others = Running(Leader());
      if (!others.empty()) nodes.push_back(others[cluster_.Pick(others.size())]);
      return;
    }
    case Target::Kind::kAll:
      for (std::uint32_t i = 0; i < cluster_.size(); ++i) nodes.push_back(NodeId(i));
      return;
    case Target::Kind::kAlive:
      return add(Running(std::nullopt));
    case Target::Kind::kFollowers:
      return add(Running(Leader()));
    case Target::Kind::kMinority:
      return add(Minority());
    case Target::Kind::kMajority: {
      const std::vector<NodeId>& minority = Minority();
      for (std::uint32_t i = 0; i < cluster_.size(); ++i) {
        const bool out = std::find(minority.begin(), minority.end(), NodeId(i)) != minority.end();
        if (!out) nodes.push_back(NodeId(i));
      }
      return;
    }
    case Target::Kind::kMembers: {
      const auto leader = Leader();
      if (!leader.has_value()) return;
      const Configuration configuration = cluster_.MembersOf(*leader);
      for (const Member& member : configuration.members()) {
        if (!MustBeWiped(member, *leader)) nodes.push_back(member.node);
      }
      return;
    }
  }
}

void TargetResolver::KeepIn(ResolvedEvent* kept) {
  kept_ = kept;
  if (kept_ != nullptr) kept_->leader = Leader();
}

std::vector<NodeId> TargetResolver::Resolve(const Targets& targets) {
  std::vector<NodeId> nodes;
  for (const Target& target : targets) {
    const auto before = static_cast<std::ptrdiff_t>(nodes.size());
    AddTo(nodes, target);
    if (kept_ != nullptr) kept_->targets.push_back({target, {nodes.begin() + before, nodes.end()}});
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
}

NodeMask TargetResolver::MaskOf(const Targets& targets) {
  if (targets.empty()) return ~NodeMask{0};
  NodeMask mask = 0;
  for (const NodeId node : Resolve(targets)) mask |= NodeMask{1} << node.value();
  return mask;
}

std::string NamesOf(const std::vector<NodeId>& nodes) {
  if (nodes.empty()) return "nobody";
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) text += i + 1 == nodes.size() ? " and " : ", ";
    text += "n" + std::to_string(nodes[i].value());
  }
  return text;
}

std::string RolesIn(const Configuration& configuration) {
  const std::vector<NodeId>& voters = configuration.incoming().voters();
  const std::vector<NodeId>& learners = configuration.learners();
  std::string text = NamesOf(voters) + (voters.size() > 1 ? " vote" : " votes");
  if (configuration.IsJoint()) {
    text += ", and " + NamesOf(configuration.outgoing().voters()) + " must agree";
  }
  if (learners.empty()) return text;
  return text + ", " + NamesOf(learners) + (learners.size() > 1 ? " learn" : " learns");
}

}  // namespace drydock::sim
