#include "sim/fuzz/coverage.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sim/run/run.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

struct Reached {
  SituationSet set;
  std::uint64_t unlisted = 0;
  std::uint64_t hash = 0;
  bool Has(std::string_view name) const {
    const auto id = Situations::Find(name);
    REQUIRE_MESSAGE(id.has_value(), name);
    return set.Contains(*id);
  }
};

Reached RunIt(const std::string& text, const std::string& name) {
  const Result<Scenario> scenario = ParseScenario(text, name);
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  CoverageObserver observer(scenario.value().nodes);
  const RunResult result =
      Run(scenario.value(),
          {.seed = scenario.value().seed.value_or(1), .observers = {&observer}, .search_up_to = 0});
  return {observer.reached(), observer.unlisted(), result.hash};
}

Reached RunFile(const std::string& path) {
  std::ifstream file("scenarios/" + path);
  REQUIRE_MESSAGE(file.good(), path);
  return RunIt(std::string(std::istreambuf_iterator<char>(file), {}), path);
}

struct Example {
  const char* file;
  std::vector<const char*> reaches;
};

}  // namespace

TEST_CASE("scenarios reach what they are about, and nothing that the list holds for impossible") {
  const std::vector<Example> examples = {
      {"faults/partition-minority-leader.json",
       {"role/leader->follower/quorum_lost", "election/second_leader",
        "leader_lost/quorum_lost/succeeded"}},
      {"faults/figure-8.json", {"log/truncated/durable_on_majority", "log/truncated/own_entries"}},
      {"faults/disk-torn-writes.json", {"recovery/torn_tail"}},
      {"faults/disk-full.json", {"halted/log/disk_full"}},
      {"faults/disk-corrupt-middle.json", {"refused_to_start/log_damaged"}},
      {"faults/large-value.json", {"parts/joined"}},
      {"faults/suspend-leader.json",
       {"role/leader->follower/suspended", "role/follower->follower/resumed"}},
      {"elections/disk-stall-hands-over.json", {"transfer/disk_stalled/done"}},
      {"membership/joint-crash-entered-partly.json",
       {"leader_lost/crashed/joint", "member/joint_left_by_another_leader"}},
      {"membership/truncated-change.json", {"log/truncated/configuration"}},
      {"membership/leader-removes-itself.json",
       {"role/leader->follower/removed", "member/leader_is_no_voter"}},
      {"membership/wiped-node.json", {"recovery/waiting", "member/change/done"}},
      {"snapshots/receiver-restarts.json", {"snapshot/resumed_after_restart"}},
      {"snapshots/restart-from-snapshot.json", {"recovery/snapshot"}},
      {"transfer/bid-lost-once.json", {"transfer/bidden_again", "transfer/asked/done"}},
      {"transfer/refused.json", {"transfer/refused/already_leader"}},
      {"reads/lease-holds.json", {"read/under_lease", "reply/read_lease/ok"}},
      {"reads/follower-read.json", {"read/index_learnt"}},
      {"clients/session-retry-over-leader-change.json", {"applied/ok/again"}},
      {"clients/session-expires.json", {"applied/session_unknown", "client/session_unknown"}},
      {"clients/busy-then-recovers.json", {"reply/write/busy"}}};
  for (const Example& example : examples) {
    const Reached reached = RunFile(example.file);
    for (const char* name : example.reaches) {
      const std::string what = std::string(example.file) + " does not reach " + name;
      CHECK_MESSAGE(reached.Has(name), what);
    }
    CHECK_MESSAGE(reached.unlisted == 0, std::string(example.file));
  }
}

TEST_CASE("a quiet cluster reaches little, and to look at it changes nothing") {
  const std::string text = R"({"version": 1, "name": "quiet", "nodes": 3, "until": "1s"})";
  const Reached reached = RunIt(text, "quiet.json");
  CHECK(reached.Has("role/candidate->leader/election_won"));
  CHECK(reached.Has("received/heartbeat/voter"));
  CHECK(!reached.Has("election/second_leader"));
  CHECK(!reached.Has("recovery/restart"));
  CHECK(!reached.Has("lost/heartbeat"));
  const Result<Scenario> scenario = ParseScenario(text, "quiet.json");
  CHECK(Run(scenario.value(), {.seed = 1}).hash == reached.hash);
}

}  // namespace drydock::sim
