#include "sim/fuzz/mend.h"

#include <algorithm>
#include <utility>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/scenario_times.h"
#include "sim/fuzz/vary.h"

namespace drydock::sim {
namespace {

constexpr Duration Ms(std::int64_t count) {
  return Duration::Milliseconds(count);
}

// As in faults.cc.
constexpr Duration kFounded = Ms(1500);
constexpr Duration kLongestStall = Ms(1000);

template <class What>
bool Is(const Event& event) {
  return std::holds_alternative<What>(event.action);
}

// A crash that nothing ends by itself, and the restart after it.
bool BelongsToWipe(const Event& event, const Targets& wiped) {
  if (const auto* crash = std::get_if<Crash>(&event.action)) {
    return !crash->length.has_value() && crash->node == wiped;
  }
  if (const auto* change = std::get_if<ChangeMembers>(&event.action)) {
    return change->remove == wiped;  // no other change removes anybody in such a run
  }
  return Is<Wipe>(event) || Is<Restart>(event);
}

bool TakesVotersAway(const ChangeMembers& change) {
  return !change.remove.empty() || !change.promote.empty() || !change.demote.empty();
}

class Mender {
 public:
  Mender(const Profile& profile, const Scenario& scenario, bool wipes)
      : scenario_(scenario), wipes_(wipes), end_(HealedAt(scenario, profile)) {}

  // Called in the order of time. False: it cannot stay.
  bool Mend(Event& event) {
    MendTime(event);
    if (!MendTargets(event.action)) return false;
    return std::visit([&](auto& one) { return MendOne(event.at, one); }, event.action);
  }

  void MendTime(Event& event) const {
    event.at = std::clamp(event.at, wipes_ ? kFounded : Ms(1), end_ - Ms(2));
    std::optional<Duration>* length = LengthOf(event.action);
    if (length == nullptr || !length->has_value()) return;
    *length = std::clamp(**length, Ms(1), end_ - event.at - Ms(1));
  }

 private:
  // A node that is not there becomes another one; but two of a list must not become the same.
  bool MendTargets(Action& action) const {
    std::vector<Target*> targets = TargetsOf(action).singles;
    for (Targets* list : TargetsOf(action).lists) {
      for (Target& target : *list) targets.push_back(&target);
    }
    bool strangers = false;
    for (Target* target : targets) {
      strangers |= target->node.value() >= scenario_.nodes;
      target->node = NodeId(target->node.value() % scenario_.nodes);
    }
    return !strangers || targets.size() == 1;
  }

  bool MendOne(Duration, const Partition&) const { return scenario_.nodes >= 3; }
  // Each is set back to what was before it, so they come one after another.
  bool MendOne(Duration at, const SetNetwork& set) {
    if (at < network_free_at_) return false;
    network_free_at_ = at + *set.length + Ms(1);
    return true;
  }
  bool MendOne(Duration at, DiskFault& fault) const {
    fault.length = std::min(*fault.length, std::max(end_ - at - Ms(200), Ms(1)));
    if (fault.stall) fault.stall = std::min({*fault.stall, kLongestStall, *fault.length + Ms(200)});
    return true;
  }
  // Under leases clocks keep to the bound.
  bool MendOne(Duration, const SetClock& set) const {
    if (!scenario_.config.leases) return true;
    if (set.jump.has_value()) return false;
    const auto [slowest, fastest] = ClockRates(scenario_.config);
    const auto percent = static_cast<std::uint64_t>(*set.rate_ppm) / 10'000;
    return slowest <= percent && percent <= fastest;
  }
  // Beside a wiped voter no quorum may be lost.
  bool MendOne(Duration, const ChangeMembers& change) const {
    return !wipes_ || !TakesVotersAway(change);
  }
  template <class Other>
  bool MendOne(Duration, const Other&) const {
    return true;
  }

  const Scenario& scenario_;
  bool wipes_;
  Duration end_;
  Duration network_free_at_;
};

bool Earlier(const Event& a, const Event& b) {
  return a.at < b.at;
}

}  // namespace

Duration HealedAt(const Scenario& scenario, const Profile& profile) {
  const auto heals = std::find_if(scenario.events.begin(), scenario.events.end(), Is<Heal>);
  if (heals != scenario.events.end()) return heals->at;
  return scenario.until - profile.quiet_phase;
}

FaultPhase PhaseOf(const Scenario& scenario, const Profile& profile) {
  FaultPhase phase;
  const Duration healed = HealedAt(scenario, profile);
  const auto wipe = std::find_if(scenario.events.begin(), scenario.events.end(), Is<Wipe>);
  const bool wipes = wipe != scenario.events.end();
  const Targets wiped = wipes ? std::get<Wipe>(wipe->action).node : Targets{};
  for (const Event& event : scenario.events) {
    if (event.at == Duration()) {
      phase.standing.push_back(event);
    } else if (event.at >= healed) {
      phase.mending.push_back(event);
    } else if (wipes && BelongsToWipe(event, wiped)) {
      phase.wipe.push_back(event);
    } else {
      phase.faults.push_back(event);
    }
  }
  return phase;
}

void MendFaults(FaultPhase& phase, const Profile& profile, const Scenario& scenario) {
  Mender mender(profile, scenario, !phase.wipe.empty());
  for (Event& event : phase.faults) mender.MendTime(event);
  std::stable_sort(phase.faults.begin(), phase.faults.end(), Earlier);
  std::vector<Event> kept;
  for (Event& event : phase.faults) {
    if (mender.Mend(event)) kept.push_back(std::move(event));
  }
  phase.faults = std::move(kept);
}

}  // namespace drydock::sim
