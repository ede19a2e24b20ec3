// The nodes that a scenario names, wherever it names them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/strong.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// The leader, a follower, all: whoever that is when it is asked for.
inline Targets Named(Target::Kind kind) {
  return {Target{kind, NodeId(), ""}};
}

// The targets of an action in the order in which the engine asks who they are: first the lists,
// then the single ones. An absent single one is not there.
struct TargetPlaces {
  std::vector<Targets*> lists;
  std::vector<Target*> singles;
};
TargetPlaces TargetsOf(Action& action);
TargetPlaces TargetsOf(Expectation& expectation);

// Takes the targets away for which `goes`; false if then nothing is left of the action: a list is
// empty that was not, a single one is gone, or a partition has no two sides any more.
template <class Goes>
bool RemoveTargets(Action& action, const Goes& goes) {
  const auto is_empty = [](const Targets* list) { return list->empty(); };
  for (Target* target : TargetsOf(action).singles) {
    if (goes(*target)) return false;
  }
  for (Targets* list : TargetsOf(action).lists) {
    if (!list->empty() && std::erase_if(*list, goes) > 0 && list->empty()) {
      if (!std::holds_alternative<Partition>(action)) return false;
    }
  }
  auto* partition = std::get_if<Partition>(&action);
  if (partition == nullptr) return true;
  std::erase_if(partition->groups, [&](const Targets& group) { return is_empty(&group); });
  return partition->groups.size() >= 2;
}

// Takes a node out of the scenario; those behind it move up by one, with their pins. What was done
// to nobody else goes with it, and so do expectations of nobody else.
Scenario WithoutNode(Scenario scenario, NodeId node);

// Without the events and expectations that ask for a name ("$old") which no earlier event binds.
Scenario WithoutDangling(Scenario scenario);

}  // namespace drydock::sim
