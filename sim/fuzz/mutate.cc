#include "sim/fuzz/mutate.h"

#include <algorithm>
#include <utility>

#include "sim/fuzz/dense.h"
#include "sim/fuzz/dice.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/mend.h"
#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/scenario_times.h"

namespace drydock::sim {
namespace {

// Another stream than that of the generator and of the run.
constexpr std::uint64_t kMutator = 0x6d75'7461'7465'6e6f;

constexpr std::uint64_t kMostSteps = 6;
constexpr std::pair<std::uint64_t, std::uint64_t> kCloseMs = {1, 400};

constexpr Duration Ms(std::uint64_t count) {
  return Duration::Milliseconds(static_cast<std::int64_t>(count));
}

Profile WithoutTrials(Profile profile) {
  profile.trials.clear();
  return profile;
}

// A trial stands on what the scenario was before it was changed.
Scenario BeforeTrial(const Scenario& scenario, const Profile& profile) {
  const Duration end = HealedAt(scenario, profile) + profile.quiet_phase;
  if (scenario.until <= end) return scenario;
  Scenario before = Until(scenario, end);
  std::erase_if(before.expect, [](const Expectation& one) {
    using That = Expectation::That;
    const bool of_all = one.that == That::kOneLeader || one.that == That::kProgress ||
                        one.that == That::kLogsEqual || one.that == That::kCallsAnswered;
    const bool of_progress = one.that == That::kProgress;
    return !of_all || one.by.has_value() || one.at.has_value() ||
           one.during.has_value() != of_progress;
  });
  return before;
}

class Mutator {
 public:
  Mutator(const Scenario& parent, const Scenario& other, const Profile& profile, std::uint64_t seed)
      : profile_(profile),
        dice_(Mix(seed + Mix(kMutator))),
        other_(other),
        fresh_(Generate(WithoutTrials(Dense(profile)), dice_.Below(~std::uint64_t{0}))),
        child_(BeforeTrial(parent, profile)),
        phase_(PhaseOf(child_, profile)) {
    child_.name = profile.name + "-guided-" + std::to_string(seed);
    child_.description = "Bred by raftsim fuzz from the profile " + profile.name + ".";
    child_.seed = seed;
  }

  Scenario Child() {
    if (dice_.OneIn(2)) Cross();
    const std::uint64_t steps = dice_.Scale({1, kMostSteps});
    for (std::uint64_t i = 0; i < steps; ++i) Step();
    KeepToTheirNumber();
    MendFaults(phase_, profile_, child_);
    child_.events = std::move(phase_.standing);
    for (std::vector<Event>* more : {&phase_.faults, &phase_.wipe, &phase_.mending}) {
      child_.events.insert(child_.events.end(), more->begin(), more->end());
    }
    std::stable_sort(child_.events.begin(), child_.events.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    return std::move(child_);
  }

 private:
  void Step() {
    switch (dice_.Below(13)) {
      case 0:
        return Splice();
      case 1:
      case 2:
      case 3:
        return Add();
      case 4:
        return Remove();
      case 5:
        return Move();
      case 6:
        return Follow();
      case 7:
        return Repeat();
      case 8:
        return Retarget();
      case 9:
        return Stretch();
      case 10:
      case 11:
        return Resettle();
      default:
        return;  // the new seed alone makes another run of it
    }
  }

  const Scenario& Donor() { return dice_.OneIn(2) ? other_ : fresh_; }
  // As they can be here.
  std::vector<Event> FaultsOf(const Scenario& donor) const {
    FaultPhase phase{.faults = PhaseOf(donor, profile_).faults, .wipe = phase_.wipe};
    MendFaults(phase, profile_, child_);
    return std::move(phase.faults);
  }
  Event* AnyFault() {
    return phase_.faults.empty() ? nullptr : &phase_.faults[dice_.Below(phase_.faults.size())];
  }
  Duration AnyTime() { return dice_.Time({Ms(1), HealedAt(child_, profile_)}); }

  // Both have their faults: what each of them reaches may meet.
  void Cross() {
    for (Event& event : FaultsOf(other_)) phase_.faults.push_back(std::move(event));
  }

  // Its own faults up to a moment, and those of the other one from then on.
  void Splice() {
    const Duration at = AnyTime();
    std::erase_if(phase_.faults, [&](const Event& event) { return event.at >= at; });
    for (Event& event : FaultsOf(Donor())) {
      if (event.at >= at) phase_.faults.push_back(std::move(event));
    }
  }

  // Some of another one's that are close upon each other.
  void Add() {
    std::vector<Event> faults = FaultsOf(Donor());
    if (faults.empty()) return;
    const std::size_t first = dice_.Below(faults.size());
    const std::size_t count = dice_.Scale({1, std::min<std::size_t>(4, faults.size() - first)});
    const Event* near = dice_.OneIn(2) ? AnyFault() : nullptr;
    const Duration begin = near == nullptr ? AnyTime() : near->at + Ms(dice_.Scale(kCloseMs));
    const Duration before = faults[first].at;
    for (std::size_t i = first; i < first + count; ++i) {
      faults[i].at = begin + (faults[i].at - before);
      phase_.faults.push_back(std::move(faults[i]));
    }
  }

  void Remove() {
    if (phase_.faults.empty()) return;
    const std::size_t first = dice_.Below(phase_.faults.size());
    const std::size_t count = dice_.Scale({1, phase_.faults.size() - first});
    const auto at = phase_.faults.begin() + static_cast<std::ptrdiff_t>(first);
    phase_.faults.erase(at, at + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, 4)));
  }

  void Move() {
    Event* event = AnyFault();
    if (event != nullptr) event->at = AnyTime();
  }

  // Many a bug needs a second blow before the first one is over.
  void Follow() {
    const Event* first = AnyFault();
    Event* second = AnyFault();
    if (first != nullptr) second->at = first->at + Ms(dice_.Scale(kCloseMs));
  }

  void Repeat() {
    if (phase_.faults.empty()) return;
    Event again = *AnyFault();
    again.at = dice_.OneIn(2) ? AnyTime() : again.at + Ms(dice_.Scale(kCloseMs));
    phase_.faults.push_back(std::move(again));
  }

  // Nodes by number become others; where one node is meant, it may be the one that leads.
  void Retarget() {
    Event* event = AnyFault();
    if (event == nullptr) return;
    const auto shift = static_cast<std::uint32_t>(dice_.From({1, child_.nodes}));
    const TargetPlaces places = TargetsOf(event->action);
    std::vector<Target*> targets = places.singles;
    for (Targets* list : places.lists) {
      for (Target& target : *list) targets.push_back(&target);
    }
    const std::uint64_t how = targets.size() == 1 ? dice_.Below(3) : 0;
    for (Target* target : targets) {
      const Target::Kind kind = target->kind;
      if (kind == Target::Kind::kNode) {
        target->node = NodeId((target->node.value() + shift) % child_.nodes);
      }
      const bool single = kind == Target::Kind::kNode || kind == Target::Kind::kLeader ||
                          kind == Target::Kind::kFollower;
      if (!single || how == 0) continue;
      *target = Target{how == 1 ? Target::Kind::kLeader : Target::Kind::kFollower, NodeId(), ""};
    }
  }

  void Stretch() {
    Event* event = AnyFault();
    std::optional<Duration>* length = event == nullptr ? nullptr : LengthOf(event->action);
    if (length == nullptr || !length->has_value()) return;
    const std::int64_t quarters = static_cast<std::int64_t>(dice_.Scale({1, 16}));
    const std::int64_t ms = (*length)->nanoseconds() / 4'000'000 * quarters;
    *length = Duration::Milliseconds(std::max<std::int64_t>(ms, 1));
  }

  // Settings, load, network and disks belong together: what is written must be small enough to
  // catch up with, and who asks again must be more patient than an answer is slow.
  void Resettle() {
    const Scenario& donor = Donor();
    const std::optional<Duration> stop = child_.workload.stop;
    if ((child_.workload.clients == 0) != (donor.workload.clients == 0)) return;
    child_.network = donor.network;
    child_.disk = donor.disk;
    child_.config = donor.config;
    child_.workload = donor.workload;
    child_.workload.stop = stop;
    child_.node_config = donor.node_config;
    phase_.standing = PhaseOf(donor, profile_).standing;  // clocks keep to the bound of leases
    const auto absent = [&](NodeId node) { return node.value() >= child_.nodes; };
    std::erase_if(child_.config.priorities, [&](const auto& one) { return absent(one.first); });
    std::erase_if(child_.node_config, [&](const auto& one) { return absent(one.first); });
    for (auto& [node, own] : child_.node_config) own.priorities = child_.config.priorities;
    std::erase_if(phase_.standing, [&](Event& event) {
      return !RemoveTargets(event.action,
                            [&](const Target& target) { return absent(target.node); });
    });
  }

  void KeepToTheirNumber() {
    for (int tries = 0; tries < 8 && phase_.faults.size() < profile_.faults.first; ++tries) Add();
    while (phase_.faults.size() > profile_.faults.second) {
      const std::size_t one = dice_.Below(phase_.faults.size());
      phase_.faults.erase(phase_.faults.begin() + static_cast<std::ptrdiff_t>(one));
    }
  }

  const Profile& profile_;
  Dice dice_;
  const Scenario& other_;
  Scenario fresh_;
  Scenario child_;
  FaultPhase phase_;
};

}  // namespace

Scenario Mutate(const Scenario& parent, const Scenario& other, const Profile& profile,
                std::uint64_t seed) {
  return Mutator(parent, other, profile, seed).Child();
}

}  // namespace drydock::sim
