#include "sim/fuzz/generate.h"

#include <algorithm>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/faults.h"
#include "sim/fuzz/trials.h"
#include "sim/fuzz/vary.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

// Another stream than that of the run, which has the same seed.
constexpr std::uint64_t kGenerator = 0x6765'6e65'7261'7465;

Duration Half(Duration whole) {
  return Duration::Milliseconds(whole.nanoseconds() / 2'000'000);
}

void DrawNodes(const Profile& profile, Dice& dice, Scenario& scenario) {
  scenario.nodes = static_cast<std::uint32_t>(dice.From(profile.nodes));
  if (!profile.spare_nodes || scenario.nodes < 2 || dice.OneIn(3)) return;
  const std::uint64_t least = std::min<std::uint64_t>(scenario.nodes - 1, 3);
  scenario.founders = static_cast<std::uint32_t>(dice.From({least, scenario.nodes - 1}));
}

void DrawNetwork(Dice& dice, Scenario& scenario) {
  const std::uint64_t least = dice.Scale({50, 1000});
  const auto time = [](std::uint64_t microseconds) {
    return Duration::Microseconds(static_cast<std::int64_t>(microseconds));
  };
  if (dice.OneIn(2)) {
    scenario.network.latency = ConstantLatency{time(least)};
  } else {
    scenario.network.latency = UniformLatency{time(least), time(least * dice.From({2, 8}))};
  }
}

void DrawLoad(const Profile& profile, Dice& dice, Scenario& scenario) {
  Workload& load = scenario.workload;
  load.clients = static_cast<std::uint32_t>(dice.From(profile.clients));
  if (load.clients == 0) return;
  load.think_time = UniformLatency{Duration(), dice.Time(profile.think_time)};
  load.keys = dice.Scale(profile.keys);
  load.value_bytes_min = profile.value_bytes.first;
  load.value_bytes_max = dice.Scale(profile.value_bytes);
  constexpr std::uint64_t kOne = 1'000'000;
  load.put = kOne * dice.From({1, 4});
  load.get = kOne * dice.Below(5);
  load.del = dice.OneIn(2) ? kOne * dice.Below(2) : 0;
  load.cas = dice.OneIn(2) ? kOne * dice.Below(4) : 0;
  load.read_mode = dice.OneOf(profile.reads);
  load.any_node = profile.any_node && dice.OneIn(2);
  // Impatient clients find a new leader while an old one still takes itself for it.
  if (dice.OneIn(2)) {
    load.attempt_timeout = Duration::Milliseconds(static_cast<std::int64_t>(dice.Scale({40, 400})));
  }
}

void Expect(const Scenario& scenario, Duration healed, std::vector<Expectation>& expect) {
  using That = Expectation::That;
  const auto add = [&](That that, const char* because) -> Expectation& {
    expect.push_back({.that = that});
    expect.back().because = because;
    return expect.back();
  };
  add(That::kOneLeader, "everything is healed");
  if (scenario.workload.clients > 0) {
    Expectation& progress = add(That::kProgress, "a healed cluster serves its clients");
    progress.during = {healed, *scenario.workload.stop};
    progress.at_least = 1;
  }
  // Clients whose calls were not done in time still try; a node that asks its leader ten times in
  // vain may take two seconds.
  Expectation& answered =
      add(That::kCallsAnswered, "who takes a call answers it, or says that it cannot");
  answered.node = {Target{Target::Kind::kAlive, NodeId(), ""}};
  answered.within = Duration::Seconds(3);
  add(That::kLogsEqual, "the leader brings all members up to date").among = {
      Target{Target::Kind::kMembers, NodeId(), ""}};
}

}  // namespace

Scenario Generate(const Profile& profile, std::uint64_t seed) {
  Dice dice(Mix(seed + Mix(kGenerator)));
  Scenario scenario;
  scenario.name = profile.name + "-" + std::to_string(seed);
  scenario.description = "Drawn by raftsim fuzz from the profile " + profile.name + ".";
  scenario.seed = seed;
  scenario.config.segment_bytes = kScenarioSegmentBytes;
  DrawNodes(profile, dice, scenario);
  DrawNetwork(dice, scenario);
  DrawLoad(profile, dice, scenario);
  if (!profile.variations.empty() && !dice.OneIn(4)) {
    Vary(dice.SomeOf(profile.variations), dice, scenario);
  }
  const Duration healed = dice.Time(profile.fault_phase);
  scenario.until = healed + profile.quiet_phase;
  // The second half of the quiet is for those that are behind.
  if (scenario.workload.clients > 0) {
    scenario.workload.stop = healed + Half(profile.quiet_phase);
    // And for calls that somebody who was removed cannot answer.
    scenario.workload.deadline = Half(profile.quiet_phase) - Workload().attempt_timeout;
  }
  const std::vector<FaultKind> kinds = dice.SomeOf(profile.kinds);
  FaultDice(profile, dice, scenario).Draw(kinds, dice.Scale(profile.faults), healed);
  std::stable_sort(scenario.events.begin(), scenario.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  Expect(scenario, healed, scenario.expect);
  if (!profile.trials.empty() && dice.OneIn(2)) {
    AddTrial(dice.OneOf(profile.trials), profile, dice, scenario);
  }
  return scenario;
}

}  // namespace drydock::sim
