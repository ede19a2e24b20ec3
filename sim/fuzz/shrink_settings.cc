#include <optional>

#include "core/text/settings.h"
#include "sim/fuzz/shrink_passes.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

Settings Defaults() {
  Settings defaults;
  defaults.segment_bytes = kScenarioSegmentBytes;
  return defaults;
}

// One of these durations of the configuration becomes rounder.
void Round(Trials& trials, Duration Settings::*member) {
  if (trials.best().config.*member == Defaults().*member) return;
  for (const Duration round : RounderThan(trials.best().config.*member)) {
    if (TryChange(trials, [&](Scenario& scenario) { scenario.config.*member = round; })) return;
  }
}

template <class Member>
void Reset(Trials& trials, Member Settings::*member) {
  const Settings defaults = Defaults();
  TryChange(trials, [&](Scenario& scenario) { scenario.config.*member = defaults.*member; });
}

// The optional member of a part of the scenario is left out, or becomes simpler.
template <class Part, class Value>
void LeaveOrSimplify(Trials& trials, Part Scenario::*part, std::optional<Value> Part::*member,
                     const std::vector<Value>& simpler) {
  const auto change = [&](const std::optional<Value>& value) {
    return TryChange(trials, [&](Scenario& scenario) { scenario.*part.*member = value; });
  };
  if (change(std::nullopt)) return;
  for (const Value& value : simpler) {
    if (change(value)) return;
  }
}

void SimplifyLatency(Trials& trials, std::optional<Latency> NetworkSettings::*member) {
  const std::optional<Latency>& latency = trials.best().network.*member;
  if (!latency.has_value()) return;
  LeaveOrSimplify(trials, &Scenario::network, member, SimplerThan(*latency));
}

void SimplifyChance(Trials& trials, std::optional<Probability> NetworkSettings::*member) {
  const std::optional<Probability>& chance = trials.best().network.*member;
  if (!chance.has_value()) return;
  LeaveOrSimplify(trials, &Scenario::network, member, RounderChances(*chance));
}

}  // namespace

void SimplifySettings(Trials& trials) {
  TryChange(trials, [](Scenario& scenario) { scenario.tags.clear(); });
  TryChange(trials, [](Scenario& scenario) {
    scenario.config = Defaults();
    scenario.node_config.clear();
  });
  TryChange(trials, [](Scenario& scenario) { scenario.node_config.clear(); });
  TryChange(trials, [](Scenario& scenario) { scenario.founders.reset(); });
  const Settings defaults = Defaults();
  TryChange(trials, [&](Scenario& scenario) {
    scenario.config.election_timeout_min = defaults.election_timeout_min;
    scenario.config.election_timeout_max = defaults.election_timeout_max;
    scenario.config.heartbeat_interval = defaults.heartbeat_interval;
  });
  Reset(trials, &Settings::heartbeat_interval);
  Reset(trials, &Settings::leases);
  Reset(trials, &Settings::pre_vote);
  Reset(trials, &Settings::check_quorum);
  Reset(trials, &Settings::priorities);
  for (const CountSetting& setting : CountSettings()) {
    Reset(trials, setting.member);
    for (const std::uint64_t round : RounderThan(trials.best().config.*setting.member)) {
      if (trials.best().config.*setting.member == defaults.*setting.member) break;
      if (TryChange(trials, [&](Scenario& s) { s.config.*setting.member = round; })) break;
    }
  }
  Round(trials, &Settings::election_timeout_min);
  Round(trials, &Settings::election_timeout_max);
  Round(trials, &Settings::heartbeat_interval);
}

void SimplifyNetworkAndDisks(Trials& trials) {
  TryChange(trials, [](Scenario& scenario) { scenario.network = {}; });
  TryChange(trials, [](Scenario& scenario) { scenario.disk = {}; });
  TryChange(trials, [](Scenario& scenario) { scenario.network.links.clear(); });
  for (std::size_t i = trials.best().network.links.size(); i-- > 0;) {
    TryChange(trials, [i](Scenario& scenario) {
      auto& links = scenario.network.links;
      if (i < links.size()) links.erase(links.begin() + static_cast<std::ptrdiff_t>(i));
    });
  }
  SimplifyLatency(trials, &NetworkSettings::latency);
  SimplifyLatency(trials, &NetworkSettings::client_latency);
  SimplifyChance(trials, &NetworkSettings::stale);
  SimplifyChance(trials, &NetworkSettings::reorder);
  SimplifyChance(trials, &NetworkSettings::duplicate);
  SimplifyChance(trials, &NetworkSettings::loss);
  const DiskSettings& disk = trials.best().disk;
  if (disk.fsync)
    LeaveOrSimplify(trials, &Scenario::disk, &DiskSettings::fsync, SimplerThan(*disk.fsync));
  if (disk.capacity) {
    LeaveOrSimplify(trials, &Scenario::disk, &DiskSettings::capacity, RounderThan(*disk.capacity));
  }
}

}  // namespace drydock::sim
