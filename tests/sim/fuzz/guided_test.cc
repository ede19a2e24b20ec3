#include "sim/fuzz/guided.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "sim/fuzz/dense.h"
#include "sim/fuzz/fuzz_run.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/mend.h"

namespace drydock::sim {
namespace {

Profile Everything() {
  const std::string path = "scenarios/fuzz/everything.json";
  std::ifstream file(path);
  REQUIRE(file.good());
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ParseProfile(text, path).value();
}

template <class Value>
void CheckWithin(const Range<Value>& part, const Range<Value>& whole) {
  CHECK(part.first >= whole.first);
  CHECK(part.first <= part.second);
  CHECK(part.second <= whole.second);
}

// How many situations are reached in so many events, by scenarios that are drawn or bred.
std::size_t ReachedBy(const Profile& profile, std::uint64_t most, bool guided) {
  Corpus corpus;
  SituationSet reached;
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; events < most;) {
    std::vector<std::pair<Scenario, FuzzRun>> generation;
    for (std::uint64_t i = 0; i < kGeneration && events < most; ++i, ++seed) {
      Scenario scenario = guided ? Breed(profile, corpus, seed) : Generate(profile, seed);
      FuzzRun run = PlayForFuzz(scenario);
      events += run.events;
      reached.Merge(run.reached);
      generation.emplace_back(std::move(scenario), std::move(run));
    }
    for (const auto& [scenario, run] : generation) corpus.Note(scenario, run.reached, run.events);
  }
  return reached.Count();
}

}  // namespace

TEST_CASE("the dense part of a profile is a part of it") {
  const Profile whole = Everything();
  const Profile part = Dense(whole);
  CheckWithin(part.faults, whole.faults);
  CheckWithin(part.fault_phase, whole.fault_phase);
  CheckWithin(part.clients, whole.clients);
  CheckWithin(part.think_time, whole.think_time);
  CHECK(part.kinds == whole.kinds);
  CHECK(part.variations == whole.variations);
  CHECK(part.quiet_phase == whole.quiet_phase);
}

TEST_CASE("a profile without any width is dense as it is") {
  Profile narrow;
  narrow.faults = {7, 7};
  narrow.fault_phase = {Duration::Seconds(3), Duration::Seconds(3)};
  narrow.clients = {1, 1};
  narrow.think_time = {Duration::Milliseconds(5), Duration::Milliseconds(5)};
  const Profile part = Dense(narrow);
  CHECK(part.faults == narrow.faults);
  CHECK(part.fault_phase == narrow.fault_phase);
  CHECK(part.clients == narrow.clients);
  CHECK(part.think_time == narrow.think_time);
}

TEST_CASE("what is drawn for guided runs is mostly dense, and sometimes from all of the profile") {
  const Profile whole = Everything();
  const Profile part = Dense(whole);
  std::size_t dense = 0;
  std::size_t others = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Scenario scenario = Breed(whole, Corpus(), seed);
    if (scenario == Generate(part, seed)) {
      ++dense;
    } else {
      CHECK(scenario == Generate(whole, seed));
      ++others;
    }
  }
  CHECK(dense > 150);
  CHECK(others > 5);
}

TEST_CASE("guided runs reach more in the same number of events") {
  const Profile profile = Everything();
  constexpr std::uint64_t kEvents = 200'000;
  CHECK(ReachedBy(profile, kEvents, true) > ReachedBy(profile, kEvents, false) + 20);
}

}  // namespace drydock::sim
