#include "sim/fuzz/failure.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "sim/run/run.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

std::optional<Failure> FailureOf(const std::string& rest) {
  const std::string text =
      R"({"version": 1, "name": "some", "nodes": 3, "until": "2s", )" + rest + "}";
  const Result<Scenario> scenario = ParseScenario(text, "some.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return FailureOf(scenario.value(), Run(scenario.value(), {.seed = 1}));
}

TEST_CASE("a run that passes has no failure") {
  CHECK(!FailureOf(R"("expect": [{"that": "one_leader", "by": "1s"}])").has_value());
}

TEST_CASE("an expectation that does not hold is named as scenario files do") {
  const auto failure = FailureOf(R"("expect": [{"that": "one_leader", "by": "1s"},
                                                {"that": "no_leader", "at": "1500ms"}])");
  REQUIRE(failure.has_value());
  CHECK(failure->property == "expected no_leader");
  CHECK(failure->time == 1'500'000'000);
}

TEST_CASE("an answer other than the expected one is a failure of its own") {
  const auto failure =
      FailureOf(R"("events": [{"at": "1s", "do": "get", "key": "k", "expect": "ok"}])");
  REQUIRE(failure.has_value());
  CHECK(failure->property == "expected answer");
}

TEST_CASE("a broken invariant is the failure, whatever was expected") {
  RunResult result;
  result.violation = Violation{.property = "log matching", .detail = "why", .event = 7, .time = 9};
  result.expectations.push_back({.text = "one leader at the end"});
  const auto failure = FailureOf(Scenario{}, result);
  REQUIRE(failure.has_value());
  CHECK(failure->property == "log matching");
  CHECK(failure->detail == "why");
  CHECK(failure->time == 9);
}

}  // namespace
}  // namespace drydock::sim
