// What the words of a scenario do, seen through whole runs.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "tests/sim/scenario/scenarios.h"

namespace drydock::sim {
namespace {

// What a test wants to know of a run beyond its result.
class Notes final : public Observer {
 public:
  struct At {
    std::int64_t time;
    NodeId node;
  };
  struct Answer {
    std::uint64_t operation;
    Outcome outcome;
  };

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override {
    const auto* role = std::get_if<drydock::trace::RoleChanged>(&event);
    if (role != nullptr && role->role == Role::kLeader) leaders.push_back({meta.time, *meta.node});
  }
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    if (std::holds_alternative<trace::Crashed>(event)) crashes.push_back({meta.time, *meta.node});
    if (std::holds_alternative<trace::Started>(event)) starts.push_back({meta.time, *meta.node});
    if (const auto* fault = std::get_if<trace::Fault>(&event)) faults.push_back(fault->what);
    if (const auto* answer = std::get_if<trace::Answered>(&event)) {
      answers.push_back({answer->operation, answer->outcome});
    }
    if (const auto* attempt = std::get_if<trace::Attempted>(&event)) {
      attempts.push_back({meta.time, attempt->target});
    }
  }

  std::vector<At> leaders, crashes, starts, attempts;
  std::vector<Answer> answers;
  std::vector<std::string> faults;
};

RunResult PlayText(const std::string& text, std::uint64_t seed = 1, Notes* notes = nullptr) {
  const Result<Scenario> scenario = ParseScenario(text, "test");
  REQUIRE_MESSAGE(scenario.ok(), (scenario.ok() ? "" : scenario.error().text));
  RunOptions options{.seed = seed, .observers = {}};
  if (notes != nullptr) options.observers.push_back(notes);
  return Run(scenario.value(), options);
}

// Three nodes for ten seconds.
RunResult Play(const std::string& events, const std::string& expect, std::uint64_t seed = 1,
               Notes* notes = nullptr) {
  return PlayText(testing::Small(", \"events\": [" + events + "], \"expect\": [" + expect + "]"),
                  seed, notes);
}

std::vector<NodeId> NodesIn(const std::string& text) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const char digit = text[i + 1];
    if (text[i] == 'n' && digit >= '0' && digit <= '9') {
      nodes.emplace_back(static_cast<std::uint32_t>(digit - '0'));
    }
  }
  return nodes;
}

// What a scenario does is seen with the event that follows it, at the latest.
// --- Targets ------------------------------------------------------------------------------------

TEST_CASE("engine: leader is who leads then, follower is somebody else") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    Notes of_leader, of_follower;
    Play(R"({"at": "2s", "do": "crash", "node": "leader"})", "", seed, &of_leader);
    Play(R"({"at": "2s", "do": "crash", "node": "follower"})", "", seed, &of_follower);
    REQUIRE(of_leader.crashes.size() == 1);
    REQUIRE(of_follower.crashes.size() == 1);
    CHECK(of_leader.crashes[0].time == 2'000'000'000);
    CHECK(of_leader.crashes[0].node == of_leader.leaders[0].node);
    CHECK(of_follower.crashes[0].node != of_follower.leaders[0].node);
  }
}

TEST_CASE("engine: the seed picks the follower") {
  std::set<NodeId> picked;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Notes notes;
    Play(R"({"at": "2s", "do": "crash", "node": "follower"})", "", seed, &notes);
    picked.insert(notes.crashes.at(0).node);
  }
  CHECK(picked.size() == 3);
}

TEST_CASE("engine: a bound name stays with its node") {
  Notes notes;
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "leader", "as": "old"},
                                   {"at": "4s", "do": "restart", "node": "$old"})",
                                R"({"that": "new_leader", "not": "$old", "by": "4s"},
                                   {"that": "role", "node": "$old", "is": ["follower"], "by": "5s"},
                                   {"that": "role", "node": "$old", "is": ["leader"], "at": "6s"})",
                                1, &notes);
  REQUIRE(result.expectations.size() == 3);
  CHECK(result.expectations[0].held);
  CHECK(result.expectations[0].text == "a leader other than $old, by 4s");
  CHECK(result.expectations[1].held);
  CHECK_FALSE(result.expectations[2].held);
  REQUIRE(notes.starts.size() == 4);
  CHECK(notes.starts[3].node == notes.crashes.at(0).node);
  CHECK(notes.starts[3].time == 4'000'000'000);
}

TEST_CASE("engine: minority and majority of one event are all nodes, and share none") {
  std::set<std::string> cuts;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Notes notes;
    PlayText(R"({"version": 1, "name": "five", "nodes": 5, "until": "3s", "events": [
               {"at": "2s", "do": "partition", "groups": ["minority", "majority"]}]})",
             seed, &notes);
    REQUIRE(notes.faults.size() == 1);
    const std::string& text = notes.faults[0];
    const std::size_t bar = text.find(" | ");
    REQUIRE(bar != std::string::npos);
    const std::vector<NodeId> minority = NodesIn(text.substr(10, bar - 10));
    const std::vector<NodeId> majority = NodesIn(text.substr(bar));
    CHECK(minority.size() == 2);
    CHECK(majority.size() == 3);
    std::set<NodeId> all(minority.begin(), minority.end());
    all.insert(majority.begin(), majority.end());
    CHECK(all.size() == 5);
    const NodeId leader = notes.leaders.at(0).node;
    CHECK(std::find(minority.begin(), minority.end(), leader) == minority.end());
    cuts.insert(text);
  }
  CHECK(cuts.size() > 5);
}

// --- Expectations -------------------------------------------------------------------------------

TEST_CASE("engine: by tells since when it holds, and what is seen when it does not") {
  const RunResult result = Play("", R"({"that": "one_leader", "by": "5s", "because": "a reason"},
                                       {"that": "no_leader", "by": "5s"},
                                       {"that": "role", "node": "all", "is": ["follower"],
                                        "by": "5s"})");
  REQUIRE(result.expectations.size() == 3);
  const ExpectationResult& leader = result.expectations[0];
  CHECK(leader.held);
  CHECK(leader.text == "one leader, by 5s");
  CHECK(leader.because == "a reason");
  CHECK(leader.decided_at < 1'000'000'000);
  CHECK(leader.why.ends_with(" leads"));
  const ExpectationResult& nobody = result.expectations[1];
  CHECK_FALSE(nobody.held);
  CHECK(nobody.decided_at == 5'000'000'000);
  CHECK(nobody.why == leader.why);
  CHECK_FALSE(result.expectations[2].held);
  CHECK(result.expectations[2].why.find(" is leader") != std::string::npos);
  CHECK_FALSE(result.Passed());
}

// Not "at some time before": a state that has passed again does not count.
TEST_CASE("engine: by wants it to be so at that moment") {
  const RunResult result = Play(R"({"at": "3s", "do": "crash", "node": "all"})",
                                R"({"that": "one_leader", "by": "5s"},
                                   {"that": "no_leader", "by": "5s"})");
  CHECK_FALSE(result.expectations[0].held);
  CHECK(result.expectations[0].why == "nobody leads");
  CHECK(result.expectations[1].held);
  CHECK(result.expectations[1].decided_at == 3'000'000'000);
}

TEST_CASE("engine: during is broken at the first moment at which it does not hold") {
  const RunResult result = Play(R"({"at": "3s", "do": "crash", "node": "leader", "for": "1s"})",
                                R"({"that": "one_leader", "during": ["1s", "9s"]},
              {"that": "one_leader", "during": ["1s", "2.9s"]},
              {"that": "one_leader", "during": ["6s", "9s"]})");
  CHECK_FALSE(result.expectations[0].held);
  CHECK(result.expectations[0].text == "one leader, from 1s to 9s");
  CHECK(result.expectations[0].decided_at == 3'000'000'000);
  CHECK(result.expectations[0].why == "nobody leads");
  CHECK(result.expectations[1].held);
  CHECK(result.expectations[1].decided_at == 2'900'000'000);
  CHECK(result.expectations[2].held);
  CHECK_FALSE(result.Passed());
}

TEST_CASE("engine: at looks once, before what happens at the same instant on its own") {
  const RunResult result = Play(R"({"at": "2s", "do": "put", "key": "a", "value": "1"})",
                                R"({"that": "value", "key": "a", "value": null, "at": "2s"},
                                   {"that": "value", "key": "a", "value": "1", "at": "3s"},
                                   {"that": "value", "key": "a", "value": "2", "at": "3s"},
                                   {"that": "value", "key": "a", "value": "1", "node": "n1",
                                    "at": "end"})");
  CHECK(result.expectations[0].held);
  CHECK(result.expectations[1].held);
  CHECK(result.expectations[1].why == "n0, n1 and n2 hold it");
  CHECK_FALSE(result.expectations[2].held);
  CHECK(result.expectations[2].why == "n0 holds \"1\"");
  CHECK(result.expectations[3].held);
  CHECK(result.expectations[3].decided_at == 10'000'000'000);
}

TEST_CASE("engine: counts of elections and calls") {
  const RunResult result = Play(R"({"at": "2s", "do": "put", "key": "a", "value": "1"})",
                                R"({"that": "elections", "at_least": 1, "at_most": 1, "at": "end"},
                                   {"that": "elections", "at_least": 2, "at": "end"},
                                   {"that": "progress", "at_least": 1, "during": ["1s", "3s"]},
                                   {"that": "progress", "at_least": 1, "during": ["3s", "5s"]})");
  CHECK(result.expectations[0].held);
  CHECK_FALSE(result.expectations[1].held);
  CHECK(result.expectations[1].why == "1 elections won");
  CHECK(result.expectations[2].held);
  CHECK_FALSE(result.expectations[3].held);
  CHECK(result.expectations[3].why == "0 client calls");
}

TEST_CASE("engine: a run reports exactly the expectation that it breaks") {
  const RunResult result = Play("", R"({"that": "one_leader", "by": "2s"},
                                       {"that": "elections", "at_least": 9, "at": "end"},
                                       {"that": "logs_equal", "at": "end"},
                                       {"that": "linearizable"})");
  CHECK_FALSE(result.Passed());
  CHECK_FALSE(result.violation.has_value());
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    CAPTURE(i);
    CHECK(result.expectations[i].decided);
    CHECK(result.expectations[i].held == (i != 1));
  }
}

TEST_CASE("engine: a run that keeps what it expects passes") {
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "leader", "for": "1s"})",
                                R"({"that": "one_leader", "at": "end"}, {"that": "exactly_once"})");
  CHECK(result.Passed());
  CHECK(result.virtual_time == 10'000'000'000);
}

// --- Scripted calls -----------------------------------------------------------------------------

TEST_CASE("engine: calls of one key run in the file's order, even across a crash") {
  Notes notes;
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "leader"},
              {"at": "2s", "do": "put", "key": "a", "value": "1", "expect": "ok"},
              {"at": "2s", "do": "get", "key": "a", "expect": {"value": "1"}},
              {"at": "2s", "do": "put", "key": "a", "value": "2", "expect": "ok"},
              {"at": "2s", "do": "cas", "key": "a", "expected": "1", "value": "3",
               "expect": "compare_failed"},
              {"at": "2s", "do": "cas", "key": "a", "expected": "2", "value": "4", "expect": "ok"},
              {"at": "2s", "do": "delete", "key": "a", "expect": "ok"},
              {"at": "2s", "do": "get", "key": "a", "expect": "not_found"})",
                                "", 1, &notes);
  REQUIRE(result.expectations.size() == 7);
  std::int64_t before = 0;
  for (const ExpectationResult& each : result.expectations) {
    CAPTURE(each.text);
    CHECK(each.held);
    CHECK(each.decided_at > before);  // one after the other
    before = each.decided_at;
  }
  CHECK(result.expectations[0].text == "at 2s, put a succeeds");
  CHECK(result.expectations[1].text == "at 2s, get a gives \"1\"");
  CHECK(result.expectations[6].text == "at 2s, get a finds nothing");
  CHECK(result.Passed());
}

TEST_CASE("engine: a call that gets another answer than expected fails the run") {
  const RunResult result = Play(R"({"at": "2s", "do": "put", "key": "a", "value": "1"},
              {"at": "3s", "do": "get", "key": "a", "expect": {"value": "2"}})",
                                "");
  REQUIRE(result.expectations.size() == 1);
  CHECK(result.expectations[0].text == "at 3s, get a gives \"2\"");
  CHECK(result.expectations[0].why == "\"1\"");
  CHECK_FALSE(result.Passed());
}

TEST_CASE("engine: a call via a node asks that node alone") {
  Notes notes;
  const RunResult result = Play(R"({"at": "2s", "do": "put", "key": "a", "value": "1",
                                    "via": "follower", "expect": "not_leader"},
                                   {"at": "3s", "do": "put", "key": "a", "value": "1",
                                    "via": "leader", "expect": "ok"})",
                                "", 1, &notes);
  CHECK(result.Passed());
  REQUIRE(notes.attempts.size() == 2);
  CHECK(notes.attempts[0].node != notes.leaders.at(0).node);
  CHECK(notes.attempts[1].node == notes.leaders.at(0).node);
}

TEST_CASE("engine: without via a follower's hint is followed") {
  Notes notes;
  const RunResult result =
      Play(R"({"at": "2s", "do": "put", "key": "a", "value": "1", "expect": "ok"})", "", 1, &notes);
  CHECK(result.Passed());
  CHECK(notes.attempts.back().node == notes.leaders.at(0).node);
}

TEST_CASE("engine: a call via a node that is down, or via nobody, is not served") {
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "all"},
              {"at": "3s", "do": "get", "key": "a", "via": "n0", "expect": "unavailable"},
              {"at": "4s", "do": "get", "key": "a", "via": "leader", "expect": "ok"})",
                                "");
  REQUIRE(result.expectations.size() == 2);
  std::size_t served = 0;
  for (const ExpectationResult& each : result.expectations) {
    served += each.held ? 1 : 0;
    if (each.held) CHECK(each.why == "the node is down");
    if (!each.held) CHECK(each.why == "there is no such node now");
  }
  CHECK(served == 1);
  CHECK_FALSE(result.Passed());
}

TEST_CASE("engine: a call still open at the end was not served") {
  const std::string down = R"({"at": "2s", "do": "crash", "node": ["n0", "n1"]},)";
  const RunResult wanted =
      Play(down + R"({"at": "9.9s", "do": "put", "key": "a", "value": "1", "expect": "ok"})", "");
  REQUIRE(wanted.expectations.size() == 1);
  CHECK_FALSE(wanted.expectations[0].held);
  CHECK(wanted.expectations[0].why == "the run ended");
  CHECK_FALSE(wanted.Passed());
  const RunResult feared = Play(
      down + R"({"at": "9.9s", "do": "put", "key": "a", "value": "1", "expect": "unavailable"})",
      "");
  CHECK(feared.Passed());
}

// --- Nodes that stop ----------------------------------------------------------------------------

TEST_CASE("engine: a node that lost everything stays out, the others go on") {
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "n0", "lose": "everything"},
              {"at": "3s", "do": "restart", "node": "n0"},
              {"at": "5s", "do": "put", "key": "a", "value": "1", "expect": "ok"})",
                                R"({"that": "out", "node": "n0", "by": "3.1s"},
              {"that": "out", "node": "n1", "at": "end"},
              {"that": "one_leader", "at": "end"})");
  CHECK(result.expectations[0].held);
  CHECK(result.expectations[0].why == "n0 out");
  CHECK_FALSE(result.expectations[1].held);
  CHECK(result.expectations[2].held);
  CHECK(result.expectations[3].held);
}

TEST_CASE("engine: a node whose disk fails halts, and a restart brings it back") {
  const RunResult result = Play(R"({"at": "2s", "do": "disk", "node": "n0", "sync_fails": 1},
              {"at": "3s", "do": "put", "key": "a", "value": "1", "expect": "ok"},
              {"at": "5s", "do": "disk", "node": "n0", "sync_fails": 0},
              {"at": "6s", "do": "restart", "node": "n0"})",
                                R"({"that": "halted", "node": "n0", "at": "4.9s"},
              {"that": "halted", "node": "n1", "at": "4.9s"},
              {"that": "role", "node": "n0", "is": ["follower", "leader"], "at": "end"},
              {"that": "value", "node": "n0", "key": "a", "value": "1", "at": "end"})");
  CHECK(result.expectations[0].held);
  CHECK(result.expectations[0].why == "n0 halted");
  CHECK_FALSE(result.expectations[1].held);
  CHECK(result.expectations[2].held);
  CHECK(result.expectations[3].held);
  CHECK(result.expectations[4].held);
}

TEST_CASE("engine: a call is held until it is answered, or its leader steps down") {
  const RunResult result = Play(R"({"at": "2s", "do": "crash", "node": "followers"},
              {"at": "2.01s", "do": "put", "key": "a", "value": "1", "within": "1s",
               "expect": "unavailable"})",
                                R"({"that": "calls_answered", "at": "2s"},
              {"that": "calls_answered", "node": "leader", "at": "2.05s"},
              {"that": "calls_answered", "node": "all", "at": "end"},
              {"that": "calls_answered", "within": "50ms", "at": "2.05s"},
              {"that": "calls_answered", "within": "10ms", "at": "2.05s"})");
  CHECK(result.expectations[0].held);
  CHECK_FALSE(result.expectations[1].held);
  CHECK(result.expectations[1].why.find(" has not answered 1 call, since 2.0") !=
        std::string::npos);
  CHECK(result.expectations[2].held);
  CHECK(result.expectations[3].held);
  CHECK_FALSE(result.expectations[4].held);
}

TEST_CASE("engine: without a majority nobody leads and nothing is served") {
  const RunResult result =
      Play(R"({"at": "2s", "do": "crash", "node": "followers"},
              {"at": "3s", "do": "put", "key": "a", "value": "1", "within": "2s",
               "expect": "unavailable"})",
           R"({"that": "no_leader", "by": "4s"}, {"that": "elections", "at_most": 1})");
  CHECK(result.Passed());
}

}  // namespace
}  // namespace drydock::sim
