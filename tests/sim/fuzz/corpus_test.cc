#include "sim/fuzz/corpus.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "sim/fuzz/guided.h"

namespace drydock::sim {
namespace {

SituationSet SetOf(std::initializer_list<SituationId> ids) {
  SituationSet set;
  for (const SituationId id : ids) set.Add(id);
  return set;
}

Scenario Named(const std::string& name) {
  Scenario scenario;
  scenario.name = name;
  return scenario;
}

std::set<std::string> Picked(const Corpus& corpus, std::uint64_t times) {
  Dice dice(7);
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < times; ++i) names.insert(corpus.Pick(dice).name);
  return names;
}

}  // namespace

TEST_CASE("a corpus knows what was reached, and by how many runs") {
  Corpus corpus;
  CHECK(corpus.empty());
  corpus.Note(Named("a"), SetOf({1, 2}), 100);
  corpus.Note(Named("b"), SetOf({2, 3}), 100);
  CHECK(!corpus.empty());
  CHECK(corpus.reached() == SetOf({1, 2, 3}));
  CHECK(corpus.RunsThatReached(2) == 2);
  CHECK(corpus.RunsThatReached(4) == 0);
}

TEST_CASE("of those that reach the same the ones with fewer events are kept") {
  Corpus corpus;
  for (std::uint64_t i = 0; i < 2 * Corpus::kKept; ++i) {
    corpus.Note(Named(std::to_string(i)), SetOf({1}), 1000 - i);
  }
  const std::set<std::string> names = Picked(corpus, 200);
  CHECK(names.size() == Corpus::kKept);
  CHECK(names.count("0") == 0);
  CHECK(names.count(std::to_string(2 * Corpus::kKept - 1)) == 1);
}

TEST_CASE("who reaches something rare is bred from the most") {
  Corpus corpus;
  for (int i = 0; i < 100; ++i) corpus.Note(Named("common"), SetOf({1, 2, 3}), 100);
  corpus.Note(Named("rare"), SetOf({1, 2, 3, 4}), 1000);
  Dice dice(1);
  int rare = 0;
  for (int i = 0; i < 1000; ++i) rare += corpus.Pick(dice).name == "rare" ? 1 : 0;
  CHECK(rare > 500);
}

TEST_CASE("what is bred depends on the profile, the corpus and the seed alone") {
  Profile profile;
  profile.name = "some";
  profile.fault_phase = {Duration::Seconds(2), Duration::Seconds(4)};
  profile.kinds = {FaultKind::kCrash, FaultKind::kIsolate, FaultKind::kLoss};
  Corpus corpus;
  const Scenario drawn = Breed(profile, corpus, 1);
  corpus.Note(drawn, SetOf({1, 2}), 100);
  corpus.Note(Breed(profile, Corpus(), 2), SetOf({3}), 100);
  const Corpus copy = corpus;
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const Scenario bred = Breed(profile, corpus, seed);
    CHECK(bred == Breed(profile, copy, seed));
    CHECK(bred.seed == seed);
  }
}

}  // namespace drydock::sim
