#include "sim/explore/search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "sim/cluster/sim_cluster.h"
#include "sim/engine/director.h"
#include "sim/explore/replay.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim::explore {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint32_t>::max();

Start StartOf(const Bounds& bounds) {
  auto start = MakeStart(bounds);
  REQUIRE(start.ok());
  return std::move(start.value());
}

Figures FiguresOf(const Bounds& bounds, End expected = End::kExhausted) {
  const Start start = StartOf(bounds);
  Search search(bounds, start);
  CHECK(search.Advance(kAll) == expected);
  CHECK(!search.problem().has_value());
  return search.figures();
}

TEST_CASE("a search begins with a founded cluster at rest, or with nodes that never ran") {
  const Start founded = StartOf({});
  REQUIRE(founded.members.size() == 3);
  CHECK(founded.members[0].role == Role::kLeader);
  for (const Member& member : founded.members) {
    CHECK(member.commit == founded.last);
    CHECK(member.durable == founded.last);
    CHECK(member.node->raft().configuration().founded());
    CHECK(member.stored.log == member.log);
  }
  const Start fresh = StartOf({.fresh = true});
  CHECK(fresh.term == Term(0));
  CHECK(fresh.last == Index(0));
}

TEST_CASE("small bounds are exhausted without a violation") {
  const Figures f = FiguresOf({.terms = 1, .entries = 2, .messages = 2, .writes = 0});
  CHECK(f.states > 1000);
  CHECK(f.states == f.expanded);
  CHECK(f.successors > f.states);
}

TEST_CASE("a search is the same every time, however often it is interrupted") {
  const Bounds bounds{.terms = 1, .entries = 2, .messages = 2, .writes = 0, .crashes = 1};
  const Figures whole = FiguresOf(bounds);
  const Start start = StartOf(bounds);
  Search search(bounds, start);
  while (search.Advance(100) == End::kNotYet) {
  }
  CHECK(search.figures().states == whole.states);
  CHECK(search.figures().successors == whole.successors);
  CHECK(search.figures().depth == whole.depth);
}

TEST_CASE("larger bounds reach more") {
  const Bounds least{.terms = 1, .entries = 2, .messages = 1, .writes = 0};
  const std::uint64_t states = FiguresOf(least).states;
  for (auto grow : {+[](Bounds& b) { ++b.messages; }, +[](Bounds& b) { ++b.writes; },
                    +[](Bounds& b) { ++b.crashes; }, +[](Bounds& b) { ++b.heartbeats; },
                    +[](Bounds& b) { ++b.duplicates; }}) {
    Bounds more = least;
    grow(more);
    CHECK(FiguresOf(more).states > states);
  }
  Bounds instant = least;
  instant.instant_disks = true;
  CHECK(FiguresOf(instant).states < states);
}

TEST_CASE("limits of depth and of states end a search, and it says so") {
  CHECK(FiguresOf({.writes = 0, .depth = 4}, End::kDepth).depth == 4);
  CHECK(FiguresOf({.states = 100}, End::kStates).states >= 100);
}

TEST_CASE("nodes that differ in their names only are not told apart") {
  // Two followers: each can time out first, and both ways are one state.
  const Bounds bounds{.terms = 1, .messages = 0, .writes = 0, .depth = 1};
  const Start start = StartOf(bounds);
  Search search(bounds, start);
  search.Advance(kAll);
  CHECK(search.figures().successors == 2);
  CHECK(search.figures().states == 2);
}

// The nodes at the end of the scenario, in the simulator.
std::vector<std::uint64_t> DigestsAfter(const Scenario& scenario) {
  TraceBus bus;
  Invariants invariants(scenario.nodes);
  bus.AddObserver(&invariants);
  SimCluster cluster(scenario, *scenario.seed, bus);
  Director director(scenario, cluster);
  cluster.Start();
  const std::int64_t until = scenario.until.nanoseconds();
  while (std::min(cluster.NextEventTime(), director.NextMoment()) <= until) {
    if (director.NextMoment() <= cluster.NextEventTime()) {
      cluster.SetNow(director.NextMoment());
      director.ActAt(director.NextMoment());
    } else {
      cluster.RunNextEvent();
    }
  }
  CHECK(!invariants.violation().has_value());
  std::vector<std::uint64_t> digests;
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    const SimNode& node = cluster.node(NodeId(i));
    digests.push_back(node.state == NodeState::kRunning ? node.node->Digest() : 0);
  }
  return digests;
}

void CheckWalks(const Bounds& bounds, std::uint32_t samples) {
  const Start start = StartOf(bounds);
  Search search(bounds, start);
  search.Advance(kAll);
  CHECK(!search.problem().has_value());
  const auto states = static_cast<std::uint32_t>(search.figures().states);
  std::set<StepKind> kinds;
  for (std::uint32_t i = 0; i < samples; ++i) {
    const auto path =
        search.PathTo(static_cast<std::uint32_t>(std::uint64_t{states - 1} * i / (samples - 1)));
    for (const PathStep& step : path) kinds.insert(step.kind);
    const auto walked = Walk(start, path);
    REQUIRE(walked.ok());
    std::vector<std::uint64_t> digests;
    for (const Member& member : walked.value().members) {
      digests.push_back(member.Runs() ? member.node->Digest() : 0);
    }
    REQUIRE(DigestsAfter(walked.value().scenario) == digests);
  }
  CHECK(kinds.contains(StepKind::kDeliver));
  CHECK(kinds.contains(StepKind::kTimeout));
  CHECK(kinds.contains(StepKind::kDiskDone) != bounds.instant_disks);
  CHECK(kinds.contains(StepKind::kRestart) == (bounds.crashes > 0));
  CHECK(kinds.contains(StepKind::kWrite) == (bounds.writes > 0));
}

TEST_CASE("the simulator walks the paths of a search to the same nodes") {
  constexpr std::uint64_t kStates = 50000;
  Bounds bounds{.terms = 1, .messages = 2, .writes = 1, .states = kStates};
  SUBCASE("elections and a write") {
    bounds.heartbeats = 1;
  }
  SUBCASE("crashes") {
    bounds.crashes = 2;
  }
  SUBCASE("duplicates") {
    bounds.duplicates = 1;
  }
  SUBCASE("instant disks and appends of one entry") {
    bounds.instant_disks = true;
    bounds.entries_per_append = 1;
    bounds.crashes = 1;
  }
  SUBCASE("pre-vote and four nodes") {
    bounds.pre_vote = true;
    bounds.nodes = 4;
  }
  SUBCASE("nodes that never ran") {
    bounds.fresh = true;
    bounds.writes = 0;
  }
  CheckWalks(bounds, 200);
}

// The cluster is told that an entry is committed which nobody has.
TEST_CASE("a violation comes with a shortest path, and with a scenario that is a file") {
  const Bounds bounds{.terms = 1, .messages = 2, .writes = 0};
  Start start = StartOf(bounds);
  start.history.committed.push_back({{start.term, 1}, start.term});
  Search search(bounds, start);
  REQUIRE(search.Advance(kAll) == End::kViolation);
  REQUIRE(search.problem()->property == "leader completeness");
  // Timeout, own vote on disk, a vote asked for, on disk, and given.
  CHECK(search.path().size() == 5);
  const auto scenario = ScenarioOf(start, search.path(), *search.problem());
  REQUIRE(scenario.ok());
  const auto read = ParseScenario(WriteScenario(scenario.value()), "written");
  REQUIRE(read.ok());
  CHECK(read.value() == scenario.value());
  CHECK(scenario.value().name == "explored-leader-completeness");
  const RunResult result = Run(scenario.value(), {.seed = 1});
  CHECK(result.elections == 2);
}

}  // namespace
}  // namespace drydock::sim::explore
