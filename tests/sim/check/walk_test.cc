#include "sim/check/walk.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/sim/check/random_history.h"

namespace drydock::sim {
namespace {

// A few operations of what real registers answer, with one answer changed now and then.
History SmallHistory(std::uint64_t seed) {
  HotRegister shape;
  shape.seed = seed;
  shape.clients = 3;
  shape.operations = 8;
  shape.values = 2 + seed % 2;
  shape.unknown_percent = 30;
  History history = SimulateRegisters(shape);
  Dice dice(seed);
  Operation& op = history.ops[dice.Below(history.ops.size())];
  if (Chance(dice, 70) && op.result_known) op.result = Bytes(std::to_string(dice.Below(3)));
  return history;
}

Walk::State WalkThrough(const History& history, bool generous, std::size_t beam) {
  std::vector<std::size_t> all(history.ops.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  KeyProblem problem = MakeKeyProblem(history, all);
  const SearchLimits limits{.steps = 1000000, .words = 1000000};
  Walk walk(problem, limits);
  if (generous) walk.SetGenerous();
  walk.SetBeam(beam);
  return walk.RunUntil(problem.events.size());
}

}  // namespace

TEST_CASE(
    "where a generous walk is stuck there is no order, and where a narrow one ends there is") {
  std::uint64_t generous_stuck = 0;
  std::uint64_t narrow_end = 0;
  std::uint64_t linearizable = 0;
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    const History history = SmallHistory(seed);
    const bool fits = AnyOrderFits(history);
    linearizable += fits ? 1 : 0;
    if (WalkThrough(history, true, 0) == Walk::State::kStuck) {
      ++generous_stuck;
      REQUIRE_FALSE(fits);
    }
    if (WalkThrough(history, false, 1) == Walk::State::kEnd) {
      ++narrow_end;
      REQUIRE(fits);
    }
    REQUIRE((WalkThrough(history, false, 0) == Walk::State::kEnd) == fits);
  }
  CHECK(generous_stuck > 500);
  CHECK(narrow_end > linearizable / 2);
  CHECK(linearizable > 10000);
}

TEST_CASE("a walk goes on from a copy as from the original") {
  const History history = SimulateRegisters({.operations = 400, .unknown_percent = 5});
  std::vector<std::size_t> all(history.ops.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  KeyProblem problem = MakeKeyProblem(history, all);
  const SearchLimits limits{.steps = 10000000, .words = 10000000};
  Walk walk(problem, limits);
  walk.SetBeam(16);
  REQUIRE(walk.RunUntil(300) == Walk::State::kGoing);
  Walk copy = walk;
  const Walk::State end = walk.RunUntil(problem.events.size());
  CHECK(copy.RunUntil(problem.events.size()) == end);
  CHECK(copy.steps() == walk.steps());
  CHECK(copy.Possible() == walk.Possible());
}

}  // namespace drydock::sim
