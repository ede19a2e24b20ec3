// Changes of members as a scenario asks for them, and what it is told.
#include <doctest/doctest.h>

#include "sim/run/run.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

// Four nodes, three of them founders.
RunResult Play(const std::string& events, const std::string& expect = "") {
  const std::string text = R"({"version": 1, "name": "t", "nodes": 4, "founders": 3,
      "until": "9s", "events": [)" +
                           events + R"(], "expect": [)" + expect + "]}";
  const Result<Scenario> scenario = ParseScenario(text, "F");
  REQUIRE_MESSAGE(scenario.ok(), (scenario.ok() ? "" : scenario.error().text));
  return Run(scenario.value(), RunOptions{.seed = 1});
}

// Of the only expectation.
std::string Why(const RunResult& result) {
  REQUIRE(result.expectations.size() == 1);
  CHECK(result.expectations[0].held == result.Passed());
  return result.expectations[0].why;
}

TEST_CASE("engine: the leader is found, whoever is asked first") {
  const std::string crash = R"({"at": "1s", "do": "crash", "node": "n0"},)";
  CHECK(Why(Play(crash + R"({"at": "2s", "do": "add", "node": "n3", "expect": "done"})")) ==
        "done");
}

TEST_CASE("engine: a change that is answered otherwise fails the run, and says how") {
  CHECK(Why(Play(R"({"at": "2s", "do": "add", "node": "n1", "expect": "done"})")) ==
        "bad_request (n1 is a member already)");
  CHECK(Why(Play(R"({"at": "2s", "do": "add", "node": "n3", "via": "n3", "expect": "done"})")) ==
        "not_leader (this node does not lead)");
  const std::string down = R"({"at": "1s", "do": "crash", "node": "all"},)";
  CHECK(Why(Play(down + R"({"at": "2s", "do": "add", "node": "n3", "expect": "done"})")) ==
        "unknown (no answer in time)");
  CHECK(Why(Play(down + R"({"at": "2s", "do": "add", "node": "n3", "via": "n1",
                            "expect": "done"})")) == "unknown (the node is down)");
  CHECK(Why(Play(down + R"({"at": "2s", "do": "add", "node": "n3", "via": "leader",
                            "expect": "done"})")) == "unknown (nobody to ask)");
  CHECK(Why(Play(down + R"({"at": "8s", "do": "add", "node": "n3", "expect": "done"})")) ==
        "unknown (the run ended)");
}

TEST_CASE("engine: members are judged by the leader's configuration, or by that of each node") {
  const auto seen = [](const char* expect) { return Why(Play("", expect)); };
  CHECK(seen(R"({"that": "members", "voters": ["n0", "n1", "n2"]})") ==
        "n0 goes by: n0, n1 and n2 vote");
  CHECK(seen(R"({"that": "members", "voters": ["n0", "n1", "n2"], "learners": "n3"})") ==
        "n0 goes by: n0, n1 and n2 vote");
  CHECK(seen(R"({"that": "members", "node": "n3", "voters": "n0"})") == "n3 goes by: nobody votes");
}

TEST_CASE("engine: a member that must be wiped before it can follow is left out, and told of") {
  const std::string moves = R"({"at": "1s", "do": "remove", "node": "n2"},
      {"at": "2s", "do": "remove", "node": "n0"}, {"at": "3s", "do": "add", "node": "n2"},
      {"at": "4s", "do": "remove", "node": "n1"}, {"at": "5s", "do": "add", "node": "n0"})";
  CHECK(Why(Play(moves, R"({"that": "logs_equal", "among": "members"})")).find("n2 holds ") == 0);
  CHECK(Why(Play(moves, R"({"that": "logs_equal", "among": "members"})"))
            .find("; left out until wiped: n0 (removed before, and this leader unknown)") !=
        std::string::npos);
}

TEST_CASE("engine: a disk is not wiped under a node that runs") {
  const std::string put = R"({"at": "1s", "do": "put", "key": "k", "value": "v"},)";
  const RunResult result = Play(put + R"({"at": "2s", "do": "wipe", "node": "n1"},
                    {"at": "3s", "do": "crash", "node": "n1", "for": "1s"})",
                                R"({"that": "value", "node": "n1", "key": "k", "value": "v"})");
  CHECK(result.Passed());
}

}  // namespace
}  // namespace drydock::sim
