#include "sim/fuzz/scenario_targets.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

Scenario Parse(std::uint32_t nodes, const std::string& members) {
  const std::string text = R"({"version": 1, "name": "some", "until": "5s", "nodes": )" +
                           std::to_string(nodes) + ", " + members + "}";
  const Result<Scenario> scenario = ParseScenario(text, "some.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

TEST_CASE("the nodes behind one that goes move up, wherever they are named") {
  const Scenario scenario = Parse(4, R"(
    "founders": 3, "config": {"priorities": {"n1": 5, "n2": 7}},
    "node_config": {"n3": {"priorities": {"n3": 9}}},
    "network": {"links": [{"from": "n2", "to": ["n1", "n3"], "loss": 0.5},
                          {"from": "n1", "to": "n0", "loss": 0.5}]},
    "events": [{"at": "1s", "do": "crash", "node": ["n1", "n3"]},
               {"at": "2s", "do": "transfer_leader", "to": "n2"},
               {"at": "3s", "do": "restart", "node": "all"}],
    "expect": [{"that": "role", "node": "n3", "is": ["leader"]}],
    "pins": [{"stream": "n3", "decision": "election_timeout", "ordinal": 0, "value": "1s"},
             {"stream": "n2>n3", "decision": "loss", "ordinal": 1, "value": true},
             {"stream": "d1", "decision": "sync_lies", "ordinal": 2, "value": true},
             {"stream": "c0>n2", "decision": "loss", "ordinal": 3, "value": true}])");
  const Scenario expected = Parse(3, R"(
    "founders": 2, "config": {"priorities": {"n1": 7}},
    "node_config": {"n2": {"priorities": {"n2": 9}}},
    "network": {"links": [{"from": "n1", "to": "n2", "loss": 0.5}]},
    "events": [{"at": "1s", "do": "crash", "node": ["n2"]},
               {"at": "2s", "do": "transfer_leader", "to": "n1"},
               {"at": "3s", "do": "restart", "node": "all"}],
    "expect": [{"that": "role", "node": "n2", "is": ["leader"]}],
    "pins": [{"stream": "n2", "decision": "election_timeout", "ordinal": 0, "value": "1s"},
             {"stream": "n1>n2", "decision": "loss", "ordinal": 1, "value": true},
             {"stream": "c0>n1", "decision": "loss", "ordinal": 3, "value": true}])");
  CHECK(WithoutNode(scenario, NodeId(1)) == expected);
}

TEST_CASE("what was done to a node alone goes with it, and what asks for it by a name") {
  const Scenario scenario = Parse(3, R"(
    "events": [{"at": "1s", "do": "crash", "node": "n1", "as": "old"},
               {"at": "1s", "do": "partition", "groups": ["n1", ["n0", "n2"]]},
               {"at": "1s", "do": "get", "key": "k", "via": "n1"},
               {"at": "2s", "do": "restart", "node": "$old"},
               {"at": "3s", "do": "heal"}],
    "expect": [{"that": "new_leader", "not": "$old"}, {"that": "halted", "node": "n1"}])");
  CHECK(WithoutNode(scenario, NodeId(1)) == Parse(2, R"("events": [{"at": "3s", "do": "heal"}])"));
}

TEST_CASE("a matrix of latencies loses a row and a column") {
  const auto matrix = [](const std::string& rows) {
    return R"("network": {"latency": {"model": "matrix", "kind": "one_way", "unit": "ms", "rows": )" +
           rows + "}}";
  };
  const Scenario scenario = Parse(3, matrix("[[null, 1, 2], [3, null, 4], [5, 6, null]]"));
  CHECK(WithoutNode(scenario, NodeId(1)) == Parse(2, matrix("[[null, 2], [5, null]]")));
}

}  // namespace
}  // namespace drydock::sim
