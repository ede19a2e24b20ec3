#include "sim/fuzz/scenario_times.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

Scenario Parse(const std::string& until, const std::string& members) {
  const std::string text =
      R"({"version": 1, "name": "some", "nodes": 3, "until": ")" + until + "\", " + members + "}";
  const Result<Scenario> scenario = ParseScenario(text, "some.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

Scenario Some() {
  return Parse("6s", R"(
    "workload": {"clients": 1, "start": "100ms", "stop": "3s"},
    "events": [{"at": "1s", "do": "crash", "node": "n0", "as": "old", "for": "1s"},
               {"at": "4s", "do": "pause", "node": "$old", "for": "5s"}],
    "expect": [{"that": "one_leader", "during": ["1s", "5s"]}, {"that": "one_leader", "by": "500ms"}])");
}

TEST_CASE("moments are told once each, in order, up to the end") {
  const auto ms = [](std::int64_t n) { return Duration::Milliseconds(n); };
  CHECK(MomentsOf(Some()) == std::vector<Duration>{ms(100), ms(500), ms(1000), ms(2000), ms(3000),
                                                   ms(4000), ms(5000), ms(6000)});
}

TEST_CASE("time that goes goes from everything that lasts over it") {
  const auto without_fourth_second = [](Duration moment) {
    return moment < Duration::Seconds(2) ? moment : moment - Duration::Milliseconds(500);
  };
  CHECK(WithTimes(Some(), without_fourth_second) == Parse("5500ms", R"(
    "workload": {"clients": 1, "start": "100ms", "stop": "2500ms"},
    "events": [{"at": "1s", "do": "crash", "node": "n0", "as": "old", "for": "500ms"},
               {"at": "3500ms", "do": "pause", "node": "$old", "for": "5s"}],
    "expect": [{"that": "one_leader", "during": ["1s", "4500ms"]},
               {"that": "one_leader", "by": "500ms"}])"));
}

TEST_CASE("a scenario that ends earlier has nothing behind its end") {
  CHECK(Until(Some(), Duration::Milliseconds(1500)) == Parse("1500ms", R"(
    "workload": {"clients": 1, "start": "100ms"},
    "events": [{"at": "1s", "do": "crash", "node": "n0", "as": "old"}],
    "expect": [{"that": "one_leader", "by": "500ms"}])"));
}

}  // namespace
}  // namespace drydock::sim
