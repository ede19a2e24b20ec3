#include "sim/fuzz/scenario_targets.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace drydock::sim {
namespace {

using Kind = Target::Kind;

class PlaceFinder {
 public:
  explicit PlaceFinder(TargetPlaces& places) : places_(places) {}

  void operator()(Crash& action) { List(action.node); }
  void operator()(Restart& action) { List(action.node); }
  void operator()(SuspendNode& action) { List(action.node); }
  void operator()(ResumeNode& action) { List(action.node); }
  void operator()(Pause& action) { List(action.node); }
  void operator()(Unpause& action) { List(action.node); }
  void operator()(Partition& action) {
    for (Targets& group : action.groups) List(group);
  }
  void operator()(Heal&) {}
  void operator()(SetNetwork& action) { Links(action.network); }
  void operator()(Filter& action) {
    List(action.from);
    List(action.to);
  }
  void operator()(SetClock& action) { List(action.node); }
  void operator()(DiskFault& action) { List(action.node); }
  void operator()(Corrupt& action) { List(action.node); }
  void operator()(ScriptedCall& action) { Single(action.via); }
  void operator()(Note&) {}
  void operator()(TransferLeader& action) {
    Single(action.via);
    Single(action.to);
  }
  void operator()(ChangeMembers& action) {
    List(action.add);
    List(action.promote);
    List(action.demote);
    List(action.remove);
    Single(action.via);
  }
  void operator()(Wipe& action) { List(action.node); }
  void operator()(SnapshotNode& action) { List(action.node); }
  void operator()(RefoundNode& action) { places_.singles.push_back(&action.node); }

  void List(Targets& targets) { places_.lists.push_back(&targets); }
  void Links(NetworkSettings& network) {
    for (LinkSettings& link : network.links) {
      List(link.from);
      List(link.to);
    }
  }

 private:
  void Single(std::optional<Target>& target) {
    if (target.has_value()) places_.singles.push_back(&*target);
  }

  TargetPlaces& places_;
};

// --- Taking a node out --------------------------------------------------------------------------

bool IsNode(const Target& target, NodeId node) {
  return target.kind == Kind::kNode && target.node == node;
}

NodeId Moved(NodeId node, NodeId gone) {
  return node > gone ? NodeId(node.value() - 1) : node;
}

void Renumber(const TargetPlaces& places, NodeId gone) {
  for (Targets* list : places.lists) {
    for (Target& target : *list) target.node = Moved(target.node, gone);
  }
  for (Target* target : places.singles) target->node = Moved(target->node, gone);
}

template <class Value>
void Renumber(std::map<NodeId, Value>& by_node, NodeId gone) {
  std::map<NodeId, Value> moved;
  for (auto& [node, value] : by_node) {
    if (node != gone) moved.emplace(Moved(node, gone), std::move(value));
  }
  by_node = std::move(moved);
}

void RemoveFrom(std::optional<Latency>& latency, NodeId gone) {
  auto* matrix = latency.has_value() ? std::get_if<MatrixLatency>(&*latency) : nullptr;
  if (matrix == nullptr) return;
  matrix->rows.erase(matrix->rows.begin() + gone.value());
  for (auto& row : matrix->rows) row.erase(row.begin() + gone.value());
}

void RemoveFrom(NetworkSettings& network, NodeId gone) {
  const auto goes = [gone](const Target& target) { return IsNode(target, gone); };
  RemoveFrom(network.latency, gone);
  for (LinkSettings& link : network.links) {
    std::erase_if(link.from, goes);
    std::erase_if(link.to, goes);
    RemoveFrom(link.latency, gone);
  }
  std::erase_if(network.links,
                [](const LinkSettings& link) { return link.from.empty() || link.to.empty(); });
}

// "n2>n4" without n1 is "n1>n3"; nothing if the stream is of the node that goes.
std::optional<std::string> StreamWithout(const std::string& name, NodeId gone) {
  std::string moved;
  for (std::size_t i = 0; i < name.size();) {
    const bool of_node = name[i] == 'n' || name[i] == 'd';
    const bool at_start = i == 0 || name[i - 1] == '>';
    const std::size_t end = std::min(name.find('>', i), name.size());
    const bool numbered = at_start && of_node && name.find_first_of("0123456789", i) == i + 1;
    if (!numbered) {
      moved += name[i++];
      continue;
    }
    const NodeId node(static_cast<std::uint32_t>(std::stoul(name.substr(i + 1, end - i - 1))));
    if (node == gone) return std::nullopt;
    moved += name[i] + std::to_string(Moved(node, gone).value());
    i = end;
  }
  return moved;
}

void RemoveFrom(Pins& pins, NodeId gone) {
  Pins moved;
  for (auto& [name, of_stream] : pins) {
    const auto new_name = StreamWithout(name, gone);
    if (new_name.has_value()) moved.emplace(*new_name, std::move(of_stream));
  }
  pins = std::move(moved);
}

void RemoveFromEvents(Scenario& scenario, NodeId gone) {
  const auto goes = [gone](const Target& target) { return IsNode(target, gone); };
  std::erase_if(scenario.events, [&](Event& event) {
    auto* set = std::get_if<SetNetwork>(&event.action);
    if (set != nullptr) RemoveFrom(set->network, gone);
    if (set != nullptr && set->network == NetworkSettings()) return true;
    return !RemoveTargets(event.action, goes);
  });
  for (Event& event : scenario.events) Renumber(TargetsOf(event.action), gone);
}

void RemoveFromExpectations(Scenario& scenario, NodeId gone) {
  std::erase_if(scenario.expect, [gone](Expectation& expectation) {
    bool emptied = false;
    for (Targets* list : TargetsOf(expectation).lists) {
      const bool some = !list->empty();
      std::erase_if(*list, [gone](const Target& target) { return IsNode(target, gone); });
      emptied = emptied || (some && list->empty());
    }
    return emptied;
  });
  for (Expectation& expectation : scenario.expect) Renumber(TargetsOf(expectation), gone);
}

}  // namespace

TargetPlaces TargetsOf(Action& action) {
  TargetPlaces places;
  std::visit(PlaceFinder(places), action);
  return places;
}

TargetPlaces TargetsOf(Expectation& expectation) {
  return {.lists = {&expectation.node, &expectation.not_node, &expectation.among,
                    &expectation.voters, &expectation.learners},
          .singles = {}};
}

Scenario WithoutNode(Scenario scenario, NodeId node) {
  --scenario.nodes;
  if (scenario.founders.has_value() && node.value() < *scenario.founders) --*scenario.founders;
  if (scenario.founders == scenario.nodes || scenario.founders == 0U) scenario.founders.reset();
  Renumber(scenario.config.priorities, node);
  Renumber(scenario.node_config, node);
  for (auto& [other, settings] : scenario.node_config) Renumber(settings.priorities, node);
  RemoveFrom(scenario.network, node);
  TargetPlaces links;
  PlaceFinder(links).Links(scenario.network);
  Renumber(links, node);
  RemoveFromEvents(scenario, node);
  RemoveFromExpectations(scenario, node);
  RemoveFrom(scenario.pins, node);
  return WithoutDangling(std::move(scenario));
}

// --- Names that nobody binds --------------------------------------------------------------------

namespace {

const std::string* BindingOf(const Action& action) {
  if (const auto* crash = std::get_if<Crash>(&action)) return &crash->as;
  if (const auto* suspend = std::get_if<SuspendNode>(&action)) return &suspend->as;
  if (const auto* pause = std::get_if<Pause>(&action)) return &pause->as;
  return nullptr;
}

}  // namespace

Scenario WithoutDangling(Scenario scenario) {
  std::set<std::string> bound;
  const auto dangles = [&bound](const Target& target) {
    return target.kind == Kind::kBound && !bound.contains(target.name);
  };
  std::erase_if(scenario.events, [&](Event& event) {
    if (!RemoveTargets(event.action, dangles)) return true;
    const std::string* name = BindingOf(event.action);
    if (name != nullptr && !name->empty()) bound.insert(*name);
    return false;
  });
  std::erase_if(scenario.expect, [&](Expectation& expectation) {
    const TargetPlaces places = TargetsOf(expectation);
    return std::any_of(places.lists.begin(), places.lists.end(), [&](const Targets* list) {
      return std::any_of(list->begin(), list->end(), dangles);
    });
  });
  return scenario;
}

}  // namespace drydock::sim
