// Who a symbolic target is, at the moment when it is asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/cluster.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Who a target turned out to be.
struct ResolvedTarget {
  Target target;
  std::vector<NodeId> nodes;
};
// Who the targets of one event of a scenario turned out to be, in the order of asking.
struct ResolvedEvent {
  std::optional<NodeId> leader;  // when it happened
  std::vector<ResolvedTarget> targets;
};

class TargetResolver {
 public:
  explicit TargetResolver(Cluster& cluster) : cluster_(cluster) {}

  // Ascending, without duplicates; empty when nobody is that now ("leader" without a leader).
  // A seeded pick is made once for each call, so an event resolves its targets once.
  std::vector<NodeId> Resolve(const Targets& targets);
  // A new event of the scenario: its minority is drawn anew, its majority is the rest.
  void BeginEvent() { minority_.reset(); }
  // From now on, until it is null, who targets turn out to be is kept there.
  void KeepIn(ResolvedEvent* kept);
  NodeMask MaskOf(const Targets& targets);
  void Bind(const std::string& name, std::vector<NodeId> nodes) { bound_[name] = std::move(nodes); }
  // The running leader with the highest term.
  std::optional<NodeId> Leader() const;
  // Members of the leader's configuration that the target "members" leaves out: they were removed
  // before, have never heard of that leader, and so follow it only with an empty disk.
  std::vector<NodeId> MustBeWiped() const;

 private:
  bool MustBeWiped(const Member& member, NodeId leader) const;
  void AddTo(std::vector<NodeId>& nodes, const Target& target);
  std::vector<NodeId> Running(std::optional<NodeId> except) const;
  const std::vector<NodeId>& Minority();

  Cluster& cluster_;
  std::map<std::string, std::vector<NodeId>, std::less<>> bound_;
  std::optional<std::vector<NodeId>> minority_;
  ResolvedEvent* kept_ = nullptr;
};

// "n0, n2 and n3"; "nobody" for none.
std::string NamesOf(const std::vector<NodeId>& nodes);
// "n0, n1 and n2 vote, n3 learns".
std::string RolesIn(const Configuration& configuration);

}  // namespace drydock::sim
