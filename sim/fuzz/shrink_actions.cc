#include <algorithm>
#include <tuple>
#include <utility>
#include <variant>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/scenario_times.h"
#include "sim/fuzz/shrink_passes.h"

namespace drydock::sim {
namespace {

// n0 before n1, all nodes before what only a run can name.
bool IsNamedBefore(const Target& a, const Target& b) {
  return std::tuple(a.kind, a.node, a.name) < std::tuple(b.kind, b.node, b.name);
}

// Tries simpler forms of one event.
class Simplifier {
 public:
  Simplifier(Trials& trials, std::size_t event) : trials_(trials), event_(event) {}

  void Simplify() {
    TryChange(trials_, [this](Scenario& scenario) { scenario.events[event_].note.clear(); });
    const Action before = trials_.best().events[event_].action;
    std::visit(*this, before);
    FewerTargets();
    Change<Action>([](Action& action) {
      for (Targets* list : TargetsOf(action).lists)
        std::sort(list->begin(), list->end(), IsNamedBefore);
    });
    // A fault that nothing depends on the end of; the guard knows when something does.
    Change<Action>([](Action& action) {
      std::optional<Duration>* length = LengthOf(action);
      if (length != nullptr) length->reset();
    });
  }

  void operator()(const Crash&) {
    Change<Crash>([](Crash& crash) { crash.as.clear(); });
    Change<Crash>([](Crash& crash) { crash.lose = Crash::Lose::kUnsynced; });
  }
  void operator()(const Restart&) {}
  void operator()(const SuspendNode&) {
    Change<SuspendNode>([](SuspendNode& suspend) { suspend.as.clear(); });
  }
  void operator()(const ResumeNode&) {}
  void operator()(const Pause&) {
    Change<Pause>([](Pause& pause) { pause.as.clear(); });
  }
  void operator()(const Unpause&) {}
  void operator()(const Partition& partition);
  void operator()(const Heal&) {}
  void operator()(const SetNetwork& set);
  void operator()(const Filter& filter);
  void operator()(const SetClock& clock);
  void operator()(const DiskFault& fault);
  void operator()(const Corrupt&) {
    Change<Corrupt>([](Corrupt& corrupt) { corrupt.offset.reset(); });
    Change<Corrupt>([](Corrupt& corrupt) { corrupt.bit = 0; });
  }
  void operator()(const ScriptedCall& call);
  void operator()(const Note&) {}
  void operator()(const TransferLeader&) {
    Change<TransferLeader>([](TransferLeader& transfer) { transfer.via.reset(); });
    Change<TransferLeader>([](TransferLeader& transfer) { transfer.to.reset(); });
    Change<TransferLeader>([](TransferLeader& transfer) { transfer.expect.reset(); });
  }
  void operator()(const ChangeMembers&) {
    Change<ChangeMembers>([](ChangeMembers& change) { change.expect.reset(); });
    Change<ChangeMembers>([](ChangeMembers& change) { change.via.reset(); });
    Change<ChangeMembers>([](ChangeMembers& change) { change.as_learner = false; });
    // A shorter patience would end a change that goes on.
    Change<ChangeMembers>([](ChangeMembers& change) { change.within.reset(); });
  }
  void operator()(const Wipe&) {}
  void operator()(const SnapshotNode&) {}
  void operator()(const RefoundNode&) {}

 private:
  // `Some` is the type of the action, or Action itself.
  template <class Some>
  bool Change(const std::function<void(Some&)>& change) {
    return TryChange(trials_, [&](Scenario& scenario) {
      Action& action = scenario.events[event_].action;
      if constexpr (std::is_same_v<Some, Action>) {
        change(action);
      } else {
        change(std::get<Some>(action));
      }
    });
  }

  template <class Some, class Member>
  void Leave(std::optional<Member> Some::*member) {
    Change<Some>([member](Some& action) { (action.*member).reset(); });
  }

  // One of the rounder values instead.
  template <class Some, class Member, class Value>
  void Round(std::optional<Member> Some::*member, const std::vector<Value>& rounder) {
    for (const Value& value : rounder) {
      if (Change<Some>([&](Some& action) { action.*member = value; })) return;
    }
  }

  void FewerTargets();

  Trials& trials_;
  std::size_t event_;
};

void Simplifier::FewerTargets() {
  Action before = trials_.best().events[event_].action;
  for (std::size_t list = 0; list < TargetsOf(before).lists.size(); ++list) {
    for (std::size_t i = TargetsOf(before).lists[list]->size(); i-- > 0;) {
      if (TargetsOf(before).lists[list]->size() < 2) break;
      Change<Action>([&](Action& action) {
        Targets& targets = *TargetsOf(action).lists[list];
        targets.erase(targets.begin() + static_cast<std::ptrdiff_t>(i));
      });
      before = trials_.best().events[event_].action;
    }
  }
}

void Simplifier::operator()(const Partition& partition) {
  Change<Partition>([](Partition& cut) { cut.one_way = false; });
  Leave(&Partition::flap);
  if (partition.flap) Round(&Partition::flap, RounderThan(*partition.flap));
  for (std::size_t group = partition.groups.size(); group-- > 0;) {
    Change<Partition>([group](Partition& cut) {
      const bool spare = cut.groups.size() > 2 && group < cut.groups.size();
      if (spare) cut.groups.erase(cut.groups.begin() + static_cast<std::ptrdiff_t>(group));
    });
  }
}

void Simplifier::operator()(const SetNetwork& set) {
  const NetworkSettings& network = set.network;
  const auto change = [this](const std::function<void(NetworkSettings&)>& on) {
    return Change<SetNetwork>([&](SetNetwork& action) { on(action.network); });
  };
  const auto chance = [&](std::optional<Probability> NetworkSettings::*member) {
    if (!(network.*member).has_value()) return;
    if (change([&](NetworkSettings& n) { (n.*member).reset(); })) return;
    for (const Probability round : RounderChances(*(network.*member))) {
      if (change([&](NetworkSettings& n) { n.*member = round; })) return;
    }
  };
  const auto latency = [&](std::optional<Latency> NetworkSettings::*member) {
    if (!(network.*member).has_value()) return;
    if (change([&](NetworkSettings& n) { (n.*member).reset(); })) return;
    for (const Latency& simple : SimplerThan(*(network.*member))) {
      if (change([&](NetworkSettings& n) { n.*member = simple; })) return;
    }
  };
  for (std::size_t i = network.links.size(); i-- > 0;) {
    change([i](NetworkSettings& n) { n.links.erase(n.links.begin() + static_cast<long>(i)); });
  }
  latency(&NetworkSettings::latency);
  latency(&NetworkSettings::client_latency);
  chance(&NetworkSettings::stale);
  chance(&NetworkSettings::reorder);
  chance(&NetworkSettings::duplicate);
  chance(&NetworkSettings::loss);
}

void Simplifier::operator()(const Filter& filter) {
  Change<Filter>([](Filter& some) { some.from.clear(); });
  Change<Filter>([](Filter& some) { some.to.clear(); });
  Leave(&Filter::count);
  for (const Probability round : RounderChances(filter.drop)) {
    if (Change<Filter>([round](Filter& some) { some.drop = round; })) break;
  }
  if (filter.delay && !Change<Filter>([](Filter& some) { some.delay.reset(); })) {
    Round(&Filter::delay, RounderThan(*filter.delay));
  }
  if (Change<Filter>([](Filter& some) { some.types.clear(); })) return;
  for (std::size_t i = filter.types.size(); i-- > 0;) {
    Change<Filter>([i](Filter& some) {
      if (some.types.size() > 1) some.types.erase(some.types.begin() + static_cast<long>(i));
    });
  }
}

void Simplifier::operator()(const SetClock& clock) {
  if (clock.jump && clock.rate_ppm) {
    Leave(&SetClock::jump);
    Change<SetClock>([](SetClock& set) { set.rate_ppm.reset(), set.length.reset(); });
  }
  if (clock.jump) Round(&SetClock::jump, RounderThan(*clock.jump));
  if (!clock.rate_ppm) return;
  std::vector<std::int64_t> rates;
  for (const std::int64_t step : {1'000'000, 500'000, 100'000, 50'000, 10'000, 1'000}) {
    if (*clock.rate_ppm % step == 0) break;
    rates.push_back((*clock.rate_ppm + step / 2) / step * step);
  }
  Round(&SetClock::rate_ppm, rates);
}

void Simplifier::operator()(const DiskFault& fault) {
  for (auto member : {&DiskFault::sync_fails, &DiskFault::sync_lies, &DiskFault::read_flips,
                      &DiskFault::torn, &DiskFault::name_vanishes}) {
    Leave(member);
    if (fault.*member) Round(member, RounderChances(*(fault.*member)));
  }
  Leave(&DiskFault::stall);
  if (fault.stall) Round(&DiskFault::stall, RounderThan(*fault.stall));
  Leave(&DiskFault::capacity);
  if (fault.capacity) Round(&DiskFault::capacity, RounderThan(*fault.capacity));
}

void Simplifier::operator()(const ScriptedCall& call) {
  Change<ScriptedCall>([](ScriptedCall& some) { some.session.clear(), some.sequence = 0; });
  Change<ScriptedCall>([](ScriptedCall& some) { some.via.reset(); });
  Change<ScriptedCall>([](ScriptedCall& some) { some.mode = ReadMode::kLinearizable; });
  Change<ScriptedCall>([](ScriptedCall& some) { some.any_node = false; });
  Change<ScriptedCall>([](ScriptedCall& some) {
    some.expect = ScriptedCall::Expect::kAnything;
    some.expect_value.clear();
  });
  if (call.kind == ScriptedCall::Kind::kCas || call.kind == ScriptedCall::Kind::kDelete) {
    Change<ScriptedCall>([](ScriptedCall& some) {
      some.kind = ScriptedCall::Kind::kPut;
      some.expected.reset();
    });
  }
  if (call.value_bytes) {
    Leave(&ScriptedCall::value_bytes);
    Round(&ScriptedCall::value_bytes, RounderThan(*call.value_bytes));
  }
  // The more time a call has, the more it means that it is not served.
  if (!trials_.guard().active()) Leave(&ScriptedCall::within);
  if (call.within) Round(&ScriptedCall::within, RounderThan(*call.within));
}

}  // namespace

void SimplifyActions(Trials& trials) {
  for (std::size_t event = 0; event < trials.best().events.size(); ++event) {
    Simplifier(trials, event).Simplify();
  }
}

// --- Keys and values ----------------------------------------------------------------------------

namespace {

using Renaming = std::map<std::string, std::string>;

void Rename(std::string& text, const Renaming& names) {
  const auto found = names.find(text);
  if (found != names.end()) text = found->second;
}

void RenameKeys(Scenario& scenario, const Renaming& names) {
  for (Event& event : scenario.events) {
    if (auto* call = std::get_if<ScriptedCall>(&event.action)) Rename(call->key, names);
  }
  for (Expectation& expectation : scenario.expect) Rename(expectation.key, names);
}

void RenameValues(Scenario& scenario, const Renaming& names) {
  for (Event& event : scenario.events) {
    auto* call = std::get_if<ScriptedCall>(&event.action);
    if (call == nullptr) continue;
    Rename(call->value, names);
    Rename(call->expect_value, names);
    if (call->expected) Rename(*call->expected, names);
  }
  for (Expectation& expectation : scenario.expect) {
    if (expectation.value) Rename(*expectation.value, names);
  }
}

}  // namespace

void SimplifyCalls(Trials& trials) {
  Renaming keys;
  Renaming values;
  Renaming one_key;
  for (const Event& event : trials.best().events) {
    const auto* call = std::get_if<ScriptedCall>(&event.action);
    if (call == nullptr) continue;
    keys.emplace(call->key, std::string(1, static_cast<char>('a' + keys.size() % 26)));
    one_key.emplace(call->key, "x");
    const bool writes =
        call->kind == ScriptedCall::Kind::kPut || call->kind == ScriptedCall::Kind::kCas;
    if (writes && !call->value_bytes)
      values.emplace(call->value, std::to_string(values.size() + 1));
  }
  const auto rename_to_one = [&](Scenario& scenario) { RenameKeys(scenario, one_key); };
  if (!TryChange(trials, rename_to_one) && one_key.size() > 1) {
    TryChange(trials, [&](Scenario& scenario) { RenameKeys(scenario, keys); });
  }
  TryChange(trials, [&](Scenario& scenario) { RenameValues(scenario, values); });
}

}  // namespace drydock::sim
