#include "sim/fuzz/profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "core/text/json.h"
#include "sim/fuzz/fuzz_run.h"
#include "sim/fuzz/generate.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  REQUIRE_MESSAGE(file, path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Profile Shipped(const std::string& name) {
  const std::string path = "scenarios/fuzz/" + name + ".json";
  Result<Profile> profile = ParseProfile(ReadAll(path), path);
  REQUIRE_MESSAGE(profile.ok(), profile.error().text);
  return profile.value();
}

const char* const kShipped[] = {"elections",  "replication", "storage",
                                "membership", "reads",       "everything"};

std::string ErrorOf(const std::string& rest) {
  const std::string text =
      R"({"version": 1, "name": "some", "nodes": [3, 5], "fault_phase": ["1s", "2s"])" + rest + "}";
  const Result<Profile> profile = ParseProfile(text, "P");
  return profile.ok() ? "" : profile.error().text;
}

}  // namespace

TEST_CASE("profile: the schema knows the keys that the parser accepts") {
  const std::string path = "scenarios/schema/fuzz.schema.json";
  const Result<JsonValue> schema = ParseJson(ReadAll(path), path);
  REQUIRE(schema.ok());
  std::set<std::string> known;
  for (const JsonMember& member : schema.value().Find("properties")->value.members) {
    known.insert(member.key);
  }
  const auto accepted = ProfileKeys().front().keys;
  CHECK(known == std::set<std::string>(accepted.begin(), accepted.end()));
}

TEST_CASE("profile: mistakes are told with their place") {
  CHECK(ErrorOf(R"(, "kinds": ["crash"])").empty());
  CHECK(ErrorOf("").find("needs \"kinds\"") != std::string::npos);
  CHECK(ErrorOf(R"(, "kinds": ["crsh"])").find("did you mean \"crash\"?") != std::string::npos);
  CHECK(ErrorOf(R"(, "kinds": ["crash", "crash"])").find("is there twice") != std::string::npos);
  CHECK(ErrorOf(R"(, "kinds": [], "quiet_phase": "2s")").find("at least 3s") != std::string::npos);
  CHECK(ErrorOf(R"(, "kinds": [], "clients": [0, 1])").find("at least 1") != std::string::npos);
  CHECK(ErrorOf(R"(, "kinds": [], "reads": [])").find("at least one read mode") !=
        std::string::npos);
}

TEST_CASE("profile: its name can be part of the name of what is drawn") {
  const auto error = [](const std::string& name) {
    const Result<Profile> profile =
        ParseProfile(R"({"version": 1, "name": ")" + name +
                         R"(", "nodes": [3, 5], "fault_phase": ["1s", "2s"], "kinds": []})",
                     "P");
    return profile.ok() ? "" : profile.error().text;
  };
  CHECK(error(std::string(35, 'a')).empty());
  CHECK(error(std::string(36, 'a')).find("1 to 35 characters") != std::string::npos);
  CHECK(error("Some").find("a name is made of") != std::string::npos);
}

TEST_CASE("generate: what is drawn is a valid scenario file, and reads back equal") {
  for (const char* const name : kShipped) {
    const Profile profile = Shipped(name);
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
      CAPTURE(profile.name);
      CAPTURE(seed);
      const Scenario drawn = Generate(profile, seed);
      const Result<Scenario> read = ParseScenario(WriteScenario(drawn), "drawn");
      REQUIRE_MESSAGE(read.ok(), read.error().text);
      CHECK(read.value() == drawn);
    }
  }
}

TEST_CASE("generate: runs differ in kind") {
  std::set<std::set<std::size_t>> kinds;  // of events, by their place in Action
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    std::set<std::size_t> drawn;
    for (const Event& event : Generate(Shipped("everything"), seed).events) {
      drawn.insert(event.action.index());
    }
    kinds.insert(drawn);
  }
  CHECK(kinds.size() > 80);
}

TEST_CASE("fuzz run: a seed gives the same run each time, and another seed another one") {
  const Profile profile = Shipped("replication");
  const FuzzRun first = PlayForFuzz(Generate(profile, 7));
  const FuzzRun again = PlayForFuzz(Generate(profile, 7));
  const FuzzRun other = PlayForFuzz(Generate(profile, 8));
  CHECK(first.hash == again.hash);
  CHECK(first.reached == again.reached);
  CHECK(ShareOf(7, first) == ShareOf(7, again));
  CHECK(first.hash != other.hash);
}

TEST_CASE("fuzz run: no profile finds anything wrong with the true core in its first seeds") {
  for (const char* const name : kShipped) {
    const Profile profile = Shipped(name);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const FuzzRun run = PlayForFuzz(Generate(profile, seed));
      CAPTURE(profile.name);
      CAPTURE(seed);
      CHECK_MESSAGE(!run.failure.has_value(), run.failure->property, ": ", run.failure->detail);
    }
  }
}

}  // namespace drydock::sim
