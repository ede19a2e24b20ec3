#include <algorithm>
#include <utility>
#include <variant>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/shrink_passes.h"
#include "sim/run/run.h"

namespace drydock::sim {
namespace {

using Kind = Target::Kind;

Choices ChoicesOf(const Scenario& scenario) {
  Choices choices;
  Run(scenario, {.seed = *scenario.seed, .search_up_to = 0, .choices = &choices});
  choices.events.resize(scenario.events.size());
  return choices;
}

// --- Who ----------------------------------------------------------------------------------------

bool IsDrawn(const Target& target) {
  return target.kind == Kind::kFollower || target.kind == Kind::kMinority ||
         target.kind == Kind::kMajority || target.kind == Kind::kBound;
}

Target NodeTarget(NodeId node) {
  return {Kind::kNode, node, ""};
}

// What was resolved, in the order of asking; each is used once.
class Resolved {
 public:
  explicit Resolved(const ResolvedEvent& event) : targets_(event.targets) {}

  // Whoever the target was; empty: nobody, or nobody asked.
  std::vector<NodeId> Take(const Target& target) {
    const auto found =
        std::find_if(targets_.begin(), targets_.end(),
                     [&](const ResolvedTarget& resolved) { return resolved.target == target; });
    if (found == targets_.end()) return {};
    std::vector<NodeId> nodes = std::move(found->nodes);
    targets_.erase(found);
    return nodes;
  }

 private:
  std::vector<ResolvedTarget> targets_;
};

void NameDrawnNodes(Action& action, Resolved resolved) {
  const TargetPlaces places = TargetsOf(action);
  for (Targets* list : places.lists) {
    Targets named;
    const auto add = [&named](const Target& target) {
      if (std::find(named.begin(), named.end(), target) == named.end()) named.push_back(target);
    };
    for (const Target& target : *list) {
      const std::vector<NodeId> nodes = resolved.Take(target);
      if (!IsDrawn(target) || nodes.empty()) {
        add(target);
      } else {
        for (const NodeId node : nodes) add(NodeTarget(node));
      }
    }
    *list = std::move(named);
  }
  for (Target* target : places.singles) {
    const std::vector<NodeId> nodes = resolved.Take(*target);
    if (IsDrawn(*target) && !nodes.empty()) *target = NodeTarget(nodes.front());
  }
}

// "leader" for the node that led, "followers" for all the others together.
void NameLeader(Action& action, NodeId leader, std::uint32_t nodes) {
  const TargetPlaces places = TargetsOf(action);
  for (Targets* list : places.lists) {
    const bool all_nodes = std::all_of(list->begin(), list->end(), [](const Target& target) {
      return target.kind == Kind::kNode;
    });
    const bool has = std::find(list->begin(), list->end(), NodeTarget(leader)) != list->end();
    if (all_nodes && !has && nodes > 2 && list->size() == nodes - 1) {
      *list = {Target{Kind::kFollowers, NodeId(), ""}};
    }
    for (Target& target : *list) {
      if (target == NodeTarget(leader)) target = {Kind::kLeader, NodeId(), ""};
    }
  }
  for (Target* target : places.singles) {
    if (*target == NodeTarget(leader)) *target = {Kind::kLeader, NodeId(), ""};
  }
}

// --- Whether ------------------------------------------------------------------------------------

// More pins than this are no easier to read than the chance that they replace.
constexpr std::size_t kFewPins = 8;

void Clear(std::optional<Probability>& chance) {
  if (chance.value_or(0) < kCertain && chance.has_value()) chance = 0;
}

void ClearIn(NetworkSettings& network, Decision kind) {
  const auto clear = [kind](auto& settings) {
    if (kind == Decision::kLoss) Clear(settings.loss);
    if (kind == Decision::kDuplicate) Clear(settings.duplicate);
    if (kind == Decision::kReorder) Clear(settings.reorder);
  };
  clear(network);
  for (LinkSettings& link : network.links) clear(link);
  if (kind == Decision::kStale) Clear(network.stale);
}

// From now on no such thing happens by chance.
void ClearChances(Scenario& scenario, Decision kind) {
  ClearIn(scenario.network, kind);
  for (Event& event : scenario.events) {
    if (auto* set = std::get_if<SetNetwork>(&event.action)) ClearIn(set->network, kind);
    if (auto* disk = std::get_if<DiskFault>(&event.action)) {
      if (kind == Decision::kSyncFails) Clear(disk->sync_fails);
      if (kind == Decision::kSyncLies) Clear(disk->sync_lies);
    }
  }
}

struct Pin {
  std::string stream;
  PinKey key;
  std::int64_t value;
};

std::vector<Pin> PinsIn(const Pins& pins, std::optional<Decision> kind) {
  std::vector<Pin> list;
  for (const auto& [stream, of_stream] : pins) {
    for (const auto& [key, value] : of_stream) {
      if (!kind || key.first == *kind) list.push_back({stream, key, value});
    }
  }
  return list;
}

// Gives how many of the pins are left.
std::size_t TakeAwayPins(Trials& trials, const Scenario& base, const std::vector<Pin>& pins) {
  std::size_t count = pins.size();
  const std::uint64_t most_runs = trials.spent().runs + kSideStepRuns;
  TakeAway(pins.size(), [&](const std::vector<std::size_t>& left) {
    if (trials.spent().runs >= most_runs) return false;
    Scenario candidate = base;
    for (const std::size_t i : left) candidate.pins[pins[i].stream][pins[i].key] = pins[i].value;
    if (!trials.Try(candidate)) return false;
    count = left.size();
    return true;
  });
  return count;
}

// Without some chances, with pins for what they did instead.
void PinInstead(Trials& trials, const Scenario& base, const std::vector<Pin>& pins) {
  const Trials::Mark before = trials.Remember();
  Scenario candidate = base;
  for (const Pin& pin : pins) candidate.pins[pin.stream][pin.key] = pin.value;
  if (!trials.Try(candidate)) return;
  if (TakeAwayPins(trials, base, pins) > kFewPins) trials.Return(before);
}

void PinChances(Trials& trials, Decision kind) {
  Scenario base = trials.best();
  ClearChances(base, kind);
  if (base == trials.best()) return;
  PinInstead(trials, base, PinsIn(ChoicesOf(trials.best()).taken, kind));
}

// Keeps which messages filters dropped. As a loss, a message has the number that it has on its
// link.
class FilteredKeeper final : public Observer {
 public:
  void OnNodeEvent(const EventMeta&, const TraceEvent&) override {}
  void OnSimEvent(const EventMeta&, const SimEvent& event) override {
    if (const auto* sent = std::get_if<trace::Sent>(&event)) ++sent_[LinkOf(*sent->message)];
    const auto* dropped = std::get_if<trace::Dropped>(&event);
    if (dropped == nullptr || dropped->reason != DropReason::kFilter) return;
    const std::string link = LinkOf(*dropped->message);
    lost_[link][{Decision::kLoss, sent_[link] - 1}] = 1;
  }
  const Pins& lost() const { return lost_; }

 private:
  static std::string LinkOf(const Message& message) {
    return "n" + std::to_string(message.from.value()) + ">n" + std::to_string(message.to.value());
  }

  std::map<std::string, std::uint64_t> sent_;  // by link
  Pins lost_;
};

// What a filter drops by chance is lost without it.
void PinFilters(Trials& trials) {
  Scenario base = trials.best();
  std::erase_if(base.events, [](const Event& event) {
    const auto* filter = std::get_if<Filter>(&event.action);
    return filter != nullptr && filter->drop < kCertain;
  });
  if (base == trials.best()) return;
  FilteredKeeper keeper;
  Run(trials.best(), {.seed = *trials.best().seed, .observers = {&keeper}, .search_up_to = 0});
  PinInstead(trials, base, PinsIn(keeper.lost(), std::nullopt));
}

}  // namespace

void NameDrawnNodes(Trials& trials) {
  const Choices choices = ChoicesOf(trials.best());
  const auto name_in = [&choices](Scenario& scenario, std::size_t event) {
    NameDrawnNodes(scenario.events[event].action, Resolved(choices.events[event]));
  };
  const std::size_t events = trials.best().events.size();
  const bool all = TryChange(trials, [&](Scenario& scenario) {
    for (std::size_t event = 0; event < events; ++event) name_in(scenario, event);
  });
  for (std::size_t event = 0; event < events && !all; ++event) {
    TryChange(trials, [&](Scenario& scenario) { name_in(scenario, event); });
  }
}

void NameLeaders(Trials& trials) {
  const Choices choices = ChoicesOf(trials.best());
  for (std::size_t event = 0; event < trials.best().events.size(); ++event) {
    const std::optional<NodeId> leader = choices.events[event].leader;
    if (!leader.has_value()) continue;
    TryChange(trials, [&](Scenario& scenario) {
      NameLeader(scenario.events[event].action, *leader, scenario.nodes);
    });
  }
}

// Not of reads that flip bits: only the fault itself tells the judges that data may be damaged. And
// not where a quiet time matters: a pin knows no time, and could fall into it.
void PinChances(Trials& trials) {
  if (trials.guard().active()) return;
  for (const Decision kind : {Decision::kStale, Decision::kDuplicate, Decision::kReorder,
                              Decision::kLoss, Decision::kSyncFails, Decision::kSyncLies}) {
    PinChances(trials, kind);
  }
  PinFilters(trials);
}

void RemovePins(Trials& trials) {
  Scenario base = trials.best();
  const std::vector<Pin> pins = PinsIn(base.pins, std::nullopt);
  base.pins.clear();
  TakeAwayPins(trials, base, pins);
}

void TrySmallSeeds(Trials& trials) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    if (trials.best().seed <= seed) return;
    if (TryChange(trials, [seed](Scenario& scenario) { scenario.seed = seed; })) return;
  }
}

}  // namespace drydock::sim
