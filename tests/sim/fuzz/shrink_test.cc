#include "sim/fuzz/shrink.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/fuzz/shrink_trials.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

Scenario Parse(const std::string& text) {
  const Result<Scenario> scenario = ParseScenario(text, "some.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

Shrunk ShrinkOrFail(const Scenario& scenario, const ShrinkOptions& options = {}) {
  const Result<Shrunk> shrunk = Shrink(scenario, scenario.seed.value_or(1), options);
  REQUIRE_MESSAGE(shrunk.ok(), shrunk.error().text);
  return shrunk.value();
}

std::string PropertyOf(const Scenario& scenario) {
  const auto failure = RunHere(scenario, scenario.seed.value_or(1), 20000).failure;
  return failure.has_value() ? failure->property : "";
}

template <class Some>
std::size_t Count(const Scenario& scenario) {
  std::size_t count = 0;
  for (const Event& event : scenario.events) {
    count += std::holds_alternative<Some>(event.action) ? 1 : 0;
  }
  return count;
}

// The leader's clock is so slow that its lease outlives it: a read is stale, on the true core.
// Around it is much that does not matter.
Scenario StaleLease() {
  return Parse(R"({
    "version": 1, "name": "stale-lease", "seed": 3, "nodes": 5, "until": "6034ms",
    "tags": ["some"],
    "config": {"leases": true, "snapshot_every": 37},
    "network": {"latency": {"model": "uniform", "min": "100us", "max": "431us"}, "loss": 0.013},
    "disk": {"fsync": "211us"},
    "events": [
      {"at": "517ms", "do": "snapshot", "node": "all"},
      {"at": "1034ms", "do": "put", "key": "some/key", "value": "old"},
      {"at": "1211ms", "do": "crash", "node": "follower", "as": "down", "for": "133ms"},
      {"at": "1411ms", "do": "put", "key": "other/key", "value_bytes": 1777},
      {"at": "1513ms", "do": "set_network", "network": {"duplicate": 0.2}, "for": "411ms"},
      {"at": "2034ms", "do": "set_clock", "node": "leader", "rate": 0.0987},
      {"at": "2134ms", "do": "partition", "groups": ["leader", "followers"], "for": "1534ms"},
      {"at": "2517ms", "do": "pause", "node": "$down", "for": "20ms"},
      {"at": "2711ms", "do": "put", "key": "some/key", "value": "new", "via": "leader"},
      {"at": "2934ms", "do": "get", "key": "some/key", "mode": "lease", "via": "n0"},
      {"at": "2934ms", "do": "get", "key": "some/key", "mode": "lease", "via": "n1"},
      {"at": "2934ms", "do": "get", "key": "some/key", "mode": "lease", "via": "n2"},
      {"at": "2934ms", "do": "get", "key": "some/key", "mode": "lease", "via": "n3"},
      {"at": "2934ms", "do": "get", "key": "some/key", "mode": "lease", "via": "n4"},
      {"at": "4s", "do": "crash", "node": "minority", "for": "1s"},
      {"at": "5434ms", "do": "get", "key": "some/key"}
    ],
    "expect": [{"that": "one_leader", "at": "end"}, {"that": "logs_equal", "at": "end"}]
  })");
}

// It is shrunk once for all that look at it.
const Shrunk& SmallStaleLease() {
  static const Shrunk shrunk = ShrinkOrFail(StaleLease());
  return shrunk;
}

TEST_CASE("what does not matter goes, and the same property breaks") {
  REQUIRE(PropertyOf(StaleLease()) == "linearizability");
  const Shrunk& shrunk = SmallStaleLease();
  const Scenario& small = shrunk.scenario;
  CHECK(shrunk.finished);
  CHECK(shrunk.failure.property == "linearizability");
  CHECK(small.events.size() <= 5);
  CHECK(small.nodes <= 3);
  CHECK(small.until < Duration::Seconds(3));
  CHECK(small.config.leases);
  CHECK(small.config.snapshot_every == 0);
  CHECK(small.network == NetworkSettings());
  CHECK(small.disk == DiskSettings());
  CHECK(small.expect.empty());
  CHECK(small.tags.empty());
  CHECK(Count<Crash>(small) == 0);
  CHECK(Count<SetClock>(small) == 1);
}

TEST_CASE("the result replays from its file alone") {
  const Shrunk& shrunk = SmallStaleLease();
  const Scenario read = Parse(FileOf(shrunk.scenario));
  CHECK(read == shrunk.scenario);
  REQUIRE(read.seed.has_value());
  CHECK(PropertyOf(read) == "linearizability");
  CHECK(read.name == "linearizability-in-stale-lease");
  CHECK(read.description.starts_with("Linearizability broke here: "));
  CHECK(read.description.find("Shrunk from stale-lease with seed 3 (5 nodes, 16 events, 6.034s)") !=
        std::string::npos);
}

TEST_CASE("times are such as a person would write") {
  for (const Event& event : SmallStaleLease().scenario.events) {
    CHECK(event.at.nanoseconds() % Duration::Milliseconds(10).nanoseconds() == 0);
  }
}

TEST_CASE("the same input gives the same file") {
  CHECK(FileOf(ShrinkOrFail(StaleLease()).scenario) == FileOf(SmallStaleLease().scenario));
}

TEST_CASE("a scenario that passes is refused") {
  const Scenario scenario = Parse(R"({"version": 1, "name": "fine", "nodes": 3, "until": "1s"})");
  const Result<Shrunk> shrunk = Shrink(scenario, 7, {});
  REQUIRE(!shrunk.ok());
  CHECK(shrunk.error().text == "fine passes with seed 7: there is nothing to shrink");
}

TEST_CASE("the budget of runs is kept, and what stands then fails alike") {
  ShrinkOptions options;
  options.max_runs = 10;
  std::vector<std::uint64_t> told;
  options.progress = [&told](const ShrinkProgress& progress) { told.push_back(progress.runs); };
  const Shrunk shrunk = ShrinkOrFail(StaleLease(), options);
  CHECK(!shrunk.finished);
  CHECK(shrunk.spent.runs == 10);
  CHECK(told == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(shrunk.failure.property == "linearizability");
}

TEST_CASE("the budget of simulated events is kept") {
  ShrinkOptions options;
  options.max_simulated = 1;
  CHECK(ShrinkOrFail(StaleLease(), options).spent.runs == 1);
}

// --- With failures that are made up -------------------------------------------------------------

// Sees what a made-up failure is made of.
struct Seen final : Observer {
  void OnNodeEvent(const EventMeta&, const TraceEvent&) override {}
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    duplicated += std::holds_alternative<trace::Duplicated>(event) ? 1 : 0;
    if (std::holds_alternative<trace::Crashed>(event)) crashed.insert(meta.node->value());
    const auto* dropped = std::get_if<trace::Dropped>(&event);
    if (dropped == nullptr) return;
    lost += dropped->reason == DropReason::kLoss || dropped->reason == DropReason::kFilter ? 1 : 0;
  }
  std::uint64_t duplicated = 0, lost = 0;
  std::set<std::uint32_t> crashed;
};

Shrunk ShrinkWhile(const Scenario& scenario,
                   const std::function<bool(const RunResult&, const Seen&)>& fails) {
  ShrinkOptions options;
  options.run = [&fails](const Scenario& candidate, std::uint64_t seed) -> Tried {
    Seen seen;
    const RunResult result = Run(candidate, {.seed = seed, .observers = {&seen}});
    if (!fails(result, seen)) return {std::nullopt, result.events};
    return {Failure{"made up", "why", result.virtual_time}, result.events};
  };
  return ShrinkOrFail(scenario, options);
}

TEST_CASE("a workload becomes the few calls that matter") {
  const Scenario scenario = Parse(R"({
    "version": 1, "name": "busy", "seed": 1, "nodes": 3, "until": "2s",
    "workload": {"clients": 7, "keys": 20, "think_time": "13ms", "stop": "1500ms",
                 "value_bytes": [10, 90]}
  })");
  const Shrunk shrunk = ShrinkWhile(
      scenario, [](const RunResult& result, const Seen&) { return result.history.done >= 2; });
  CHECK(shrunk.scenario.workload == Workload());
  REQUIRE(shrunk.scenario.events.size() == 2);
  for (const Event& event : shrunk.scenario.events) {
    CHECK(std::get<ScriptedCall>(event.action).key == "x");
  }
}

TEST_CASE("a workload that is needed as a whole keeps what it needs") {
  const Scenario scenario = Parse(R"({
    "version": 1, "name": "busy", "seed": 1, "nodes": 3, "until": "2s",
    "workload": {"clients": 7, "keys": 20, "stop": "1500ms", "value_bytes": [10, 90]}
  })");
  const Shrunk shrunk = ShrinkWhile(
      scenario, [](const RunResult& result, const Seen&) { return result.history.done >= 100; });
  CHECK(shrunk.scenario.events.empty());
  CHECK(shrunk.scenario.workload.clients == 1);
  CHECK(shrunk.scenario.workload.keys == 1);
  CHECK(shrunk.scenario.workload.value_bytes_max == 8);
}

TEST_CASE("what happened by chance is pinned, and nothing is left to chance") {
  const auto fails = [](const RunResult& result, const Seen& seen) {
    return seen.duplicated == 1 && result.elections == 1;
  };
  Scenario scenario = Parse(R"({
    "version": 1, "name": "chancy", "seed": 1, "nodes": 3, "until": "400ms",
    "network": {"duplicate": 0.04, "loss": 0.02}
  })");
  const auto fails_now = [&] {
    Seen seen;
    return fails(Run(scenario, {.seed = *scenario.seed, .observers = {&seen}}), seen);
  };
  while (!fails_now()) ++*scenario.seed;
  const Shrunk shrunk = ShrinkWhile(scenario, fails);
  CHECK(shrunk.scenario.network == NetworkSettings());
  REQUIRE(shrunk.scenario.pins.size() == 1);
  CHECK(shrunk.scenario.pins.begin()->second.begin()->first.first == Decision::kDuplicate);
}

TEST_CASE("what a filter drops by chance is lost without it") {
  const Scenario scenario = Parse(R"({
    "version": 1, "name": "filtered", "seed": 1, "nodes": 3, "until": "1s",
    "events": [{"at": "300ms", "do": "filter", "drop": 0.3, "for": "201ms"}]
  })");
  const Shrunk shrunk = ShrinkWhile(scenario, [](const RunResult&, const Seen& seen) {
    return seen.lost >= 1 && seen.lost <= 20;
  });
  CHECK(shrunk.scenario.events.empty());
  REQUIRE(shrunk.scenario.pins.size() == 1);
  CHECK(shrunk.scenario.pins.begin()->second.begin()->first.first == Decision::kLoss);
}

TEST_CASE("a node drawn by chance becomes the node that it was") {
  const Scenario scenario = Parse(R"({
    "version": 1, "name": "drawn", "seed": 1, "nodes": 5, "until": "2s",
    "events": [{"at": "1s", "do": "crash", "node": "follower"},
               {"at": "1100ms", "do": "crash", "node": "follower"},
               {"at": "1200ms", "do": "crash", "node": "follower"}]
  })");
  Seen seen;
  Run(scenario, {.seed = 1, .observers = {&seen}});
  REQUIRE(seen.crashed.size() == 3);
  const std::uint32_t last = *seen.crashed.rbegin();
  const Shrunk shrunk = ShrinkWhile(
      scenario, [last](const RunResult&, const Seen& now) { return now.crashed.contains(last); });
  REQUIRE(shrunk.scenario.events.size() == 1);
  const Targets node = {{Target::Kind::kNode, NodeId(last), ""}};
  CHECK(std::get<Crash>(shrunk.scenario.events[0].action).node == node);
  CHECK(shrunk.scenario.nodes == last + 1);
}

TEST_CASE("without a look inside, chance and workload stay as they are drawn") {
  const Scenario scenario = Parse(R"({
    "version": 1, "name": "busy", "seed": 1, "nodes": 3, "until": "1s",
    "workload": {"clients": 2}
  })");
  ShrinkOptions options;
  options.look_inside = false;
  options.run = [](const Scenario& candidate, std::uint64_t) -> Tried {
    if (candidate.workload.clients == 0) return {};
    return {Failure{"made up", "why", candidate.until.nanoseconds()}, 1};
  };
  CHECK(ShrinkOrFail(scenario, options).scenario.workload.clients == 1);
}

TEST_CASE("another failed check in the core is another failure") {
  const Failure one{kCheckInTheCore, "core/raft/log.cc:7: check failed: a < b (1, 2)", 0};
  const Failure values{kCheckInTheCore, "core/raft/log.cc:7: check failed: a < b (3, 4)", 0};
  const Failure other{kCheckInTheCore, "core/raft/log.cc:9: check failed: a < c (1, 2)", 0};
  CHECK(SignatureOf(one) == SignatureOf(values));
  CHECK(SignatureOf(one) != SignatureOf(other));
}

// --- What a failed expectation still means ------------------------------------------------------

TEST_CASE("a cluster that stays without a leader is given as much time as before") {
  const Shrunk shrunk = ShrinkOrFail(Parse(R"({
    "version": 1, "name": "no-majority", "seed": 1, "nodes": 3, "until": "9s",
    "events": [{"at": "1s", "do": "partition", "groups": ["leader", "followers"], "for": "1s"},
               {"at": "2s", "do": "put", "key": "k", "value": "v"},
               {"at": "3s", "do": "crash", "node": ["n0", "n1"]}],
    "expect": [{"that": "one_leader", "at": "500ms"}, {"that": "one_leader", "during": ["6s", "8s"]}]
  })"));
  const Scenario& small = shrunk.scenario;
  CHECK(shrunk.failure.property == "expected one_leader");
  REQUIRE(small.events.size() == 1);
  CHECK(Count<Crash>(small) == 1);
  REQUIRE(small.expect.size() == 1);
  REQUIRE(small.expect[0].during.has_value());
  const auto [from, to] = *small.expect[0].during;
  CHECK(to - from >= Duration::Seconds(2));
  CHECK(to - small.events[0].at >= Duration::Seconds(5));
}

TEST_CASE("an answer that was not the expected one keeps the calls that it depends on") {
  const Shrunk shrunk = ShrinkOrFail(Parse(R"({
    "version": 1, "name": "wrong-answer", "seed": 1, "nodes": 3, "until": "4s",
    "events": [{"at": "1s", "do": "put", "key": "k", "value": "1", "expect": "ok"},
               {"at": "2s", "do": "put", "key": "other", "value": "2", "expect": "ok"},
               {"at": "3s", "do": "get", "key": "k", "expect": {"value": "3"}}]
  })"));
  CHECK(shrunk.failure.property == "expected answer");
  REQUIRE(shrunk.scenario.events.size() == 2);
  CHECK(std::get<ScriptedCall>(shrunk.scenario.events[0].action).kind == ScriptedCall::Kind::kPut);
}

}  // namespace
}  // namespace drydock::sim
