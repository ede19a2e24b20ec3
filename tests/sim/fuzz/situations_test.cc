#include "sim/fuzz/situations.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace drydock::sim {
namespace {

SituationId Id(std::string_view name) {
  const auto id = Situations::Find(name);
  REQUIRE_MESSAGE(id.has_value(), name);
  return *id;
}

}  // namespace

// Reports and corpora go by names: one that is taken away or changed is a loss for who has them.
TEST_CASE("the names of situations are those on record, each once") {
  std::ifstream file("tests/golden/situations.txt");
  REQUIRE(file.good());
  std::set<std::string> recorded;
  for (std::string line; std::getline(file, line);) CHECK(recorded.insert(line).second);
  std::set<std::string> known;
  for (std::size_t id = 0; id < Situations::Count(); ++id) {
    const std::string& name = Situations::NameOf(static_cast<SituationId>(id));
    CHECK_MESSAGE(known.insert(name).second, name);
    CHECK_MESSAGE(recorded.count(name) == 1, "not in tests/golden/situations.txt: " << name);
    CHECK(Situations::Find(name) == static_cast<SituationId>(id));
  }
  for (const std::string& name : recorded) {
    CHECK_MESSAGE(known.count(name) == 1, "only in tests/golden/situations.txt: " << name);
  }
  CHECK(!Situations::Find("no such situation").has_value());
}

TEST_CASE("a set takes another one over and tells how much of it was new") {
  SituationSet one, other;
  one.Add(Id("recovery/torn_tail"));
  other.Add(Id("recovery/torn_tail"));
  other.Add(Id("transfer/asked/done"));
  CHECK(one.Merge(other) == 1);
  CHECK(one.Merge(other) == 0);
  CHECK(one == other);
  CHECK(one.Count() == 2);
  CHECK(one.Contains(Id("transfer/asked/done")));
  CHECK(!one.Contains(Id("transfer/asked/failed")));
}

TEST_CASE("a set that was written is read back") {
  SituationSet set;
  set.Add(0);
  set.Add(static_cast<SituationId>(Situations::Count() - 1));
  set.Add(Id("election/two_candidates"));
  const auto read = SituationSet::Read(set.Write());
  REQUIRE(read.ok());
  CHECK(read.value() == set);
}

TEST_CASE("text that is no set of situations is an error") {
  std::string text = SituationSet().Write();
  CHECK(!SituationSet::Read("").ok());
  CHECK(!SituationSet::Read(text + "0").ok());
  text[text.size() - 1] = 'g';
  CHECK(!SituationSet::Read(text).ok());
  const std::string beyond(text.size(), 'f');  // more situations than there are
  CHECK(SituationSet::Read(beyond).ok() == (Situations::Count() % 64 == 0));
}

}  // namespace drydock::sim
