#include "sim/fuzz/trials.h"

#include <doctest/doctest.h>

#include "sim/run/run.h"

namespace drydock::sim {
namespace {

Scenario Quiet(std::uint64_t seed) {
  Scenario scenario;
  scenario.seed = seed;
  scenario.nodes = 3 + static_cast<std::uint32_t>(seed % 3);
  scenario.until = Duration::Seconds(2);
  scenario.network.latency = ConstantLatency{Duration::Milliseconds(1)};
  Expectation one_leader;
  one_leader.that = Expectation::That::kOneLeader;
  scenario.expect.push_back(one_leader);
  return scenario;
}

Scenario Tried(Trial trial, std::uint64_t seed) {
  Scenario scenario = Quiet(seed);
  Dice dice(seed);
  AddTrial(trial, Profile(), dice, scenario);
  return scenario;
}

TEST_CASE("a cluster that has recovered passes each trial") {
  for (std::size_t i = 0; i < kTrials; ++i) {
    CAPTURE(kTrialNames[i]);
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      const Scenario scenario = Tried(static_cast<Trial>(i), seed);
      CHECK(scenario.until > Duration::Seconds(2));
      CHECK_MESSAGE(Run(scenario, {.seed = seed}).Passed(), seed);
    }
  }
}

TEST_CASE("a trial comes after the moment for which the scenario expected something") {
  const Scenario scenario = Tried(Trial::kTransfer, 1);
  CHECK(scenario.expect.front().at == Duration::Seconds(2));
  CHECK(scenario.events.front().at > Duration::Seconds(2));
}

TEST_CASE("what the settings do not promise is not tried") {
  const auto unchanged = [](Trial trial, auto change) {
    Scenario scenario = Quiet(1);
    change(scenario);
    const Scenario before = scenario;
    Dice dice(1);
    AddTrial(trial, Profile(), dice, scenario);
    return scenario == before;
  };
  CHECK(unchanged(Trial::kAbsence, [](Scenario& s) { s.config.pre_vote = false; }));
  CHECK(unchanged(Trial::kPartialCut, [](Scenario& s) { s.config.check_quorum = false; }));
  CHECK(unchanged(Trial::kBridge, [](Scenario& s) { s.config.check_quorum = false; }));
  CHECK(unchanged(Trial::kTransfer, [](Scenario& s) { s.config.priorities[NodeId(0)] = 1; }));
  CHECK(unchanged(Trial::kStalledDisk, [](Scenario& s) { s.founders = 2; }));
}

}  // namespace
}  // namespace drydock::sim
