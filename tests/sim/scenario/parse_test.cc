#include "sim/scenario/parse.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/base/random.h"
#include "sim/scenario/write.h"
#include "tests/sim/scenario/scenarios.h"

namespace drydock::sim {
namespace {

using nlohmann::ordered_json;

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  REQUIRE_MESSAGE(in.good(), path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> Accepted() {
  std::vector<std::string> texts;
  for (const auto& one : ordered_json::parse(ReadFile("tests/sim/scenario/accepted.json"))) {
    texts.push_back(one.dump());
  }
  return texts;
}

Scenario Parsed(const std::string& text) {
  const Result<Scenario> result = ParseScenario(text, "F");
  REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().text));
  return result.value();
}

// The keys of every object that the schema closes, by the name that the parser gives it.
std::set<std::string> KeysOf(const ordered_json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object["properties"].items()) keys.insert(key);
  return keys;
}

std::map<std::string, std::set<std::string>> SchemaKeys() {
  const auto schema = ordered_json::parse(ReadFile("scenarios/schema/scenario.schema.json"));
  const auto& definitions = schema["definitions"];
  std::map<std::string, std::set<std::string>> keys;
  keys["scenario"] = KeysOf(schema);
  for (const char* name : {"config", "network", "link", "workload", "mix", "pin"}) {
    keys[name] = KeysOf(definitions[name]);
  }
  keys["disk settings"] = KeysOf(definitions["disk"]);
  for (const auto& model : definitions["latency"]["oneOf"]) {
    if (!model.contains("properties")) continue;
    keys[model["properties"]["model"]["const"].get<std::string>()] = KeysOf(model);
  }
  for (const auto& [name, word] : {std::pair("event", "do"), std::pair("expect", "that")}) {
    for (const auto& branch : definitions[name]["allOf"]) {
      const auto value = branch["if"]["properties"][word]["const"].get<std::string>();
      keys[std::string(name) + " " + value] = KeysOf(branch["then"]);
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("every accepted scenario is written and read back as it was") {
  for (const std::string& text : Accepted()) {
    CAPTURE(text);
    const Scenario scenario = Parsed(text);
    const std::string written = WriteScenario(scenario);
    CAPTURE(written);
    CHECK(Parsed(written) == scenario);
  }
}

TEST_CASE("the parser and the schema know the same keys in every object") {
  std::map<std::string, std::set<std::string>> accepted;
  for (const AcceptedKeys& one : AllAcceptedKeys()) {
    accepted[one.object] = {one.keys.begin(), one.keys.end()};
  }
  const auto schema = SchemaKeys();
  for (const auto& one : accepted) {
    CAPTURE(one.first);
    REQUIRE(schema.contains(one.first));
    CHECK(schema.at(one.first) == one.second);
  }
  CHECK(schema.size() == accepted.size());
}

TEST_CASE("what a scenario leaves out has its documented default") {
  const Scenario scenario = Parsed(testing::Small(R"(, "workload": {"clients": 2})"));
  CHECK(scenario.config.segment_bytes == kScenarioSegmentBytes);
  CHECK(scenario.config.election_timeout_max == Duration::Milliseconds(300));
  CHECK(scenario.workload.put == scenario.workload.get);
  CHECK(scenario.workload.del == 0);
  CHECK(scenario.workload.deadline == Duration::Seconds(5));
  CHECK_FALSE(scenario.seed.has_value());
}

TEST_CASE("round-trip times of a matrix are halved and rounded down to a nanosecond") {
  const Scenario scenario = Parsed(testing::Small(
      R"(, "network": {"latency": {"model": "matrix", "kind": "rtt", "unit": "ms",
         "rows": [[null, 0.085, 0.000003], [1, null, 1e-1], [0, 2, null]]}})"));
  const auto& rows = std::get<MatrixLatency>(*scenario.network.latency).rows;
  CHECK(rows[0][1] == Duration::Nanoseconds(42500));
  CHECK(rows[0][2] == Duration::Nanoseconds(1));
  CHECK(rows[1][2] == Duration::Microseconds(50));
}

TEST_CASE("mistakes in later lines are told with line and column") {
  const Result<Scenario> result = ParseScenario(
      "{\n  \"version\": 1,\n  \"name\": \"a\", \"description\": \"é\", \"nodes\": 99\n}",
      "x/y.json");
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text ==
        "x/y.json:3:45: /nodes: expected a whole number from 1 to 15, found the number 99");
}

TEST_CASE("a scenario cut anywhere is an error in one line") {
  for (const std::string& text : Accepted()) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const Result<Scenario> result = ParseScenario(text.substr(0, size), "F");
      REQUIRE_FALSE(result.ok());
      REQUIRE(result.error().text.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("changed bytes and garbage never do worse than an error in one line") {
  std::uint64_t draw = 1;
  const auto next = [&](std::uint64_t bound) { return Reduce(Mix(++draw), bound); };
  const std::vector<std::string> texts = Accepted();
  for (int round = 0; round < 5000; ++round) {
    std::string text = texts[next(texts.size())];
    for (std::uint64_t i = 0; i <= next(3); ++i) {
      const char byte = next(2) == 0 ? "0\"{}[],:-e.ns$"[next(14)] : static_cast<char>(next(256));
      text[next(text.size())] = byte;
    }
    if (round % 10 == 0) {
      for (char& c : text) c = static_cast<char>(next(256));
    }
    const Result<Scenario> result = ParseScenario(text, "F");
    if (result.ok()) {
      REQUIRE(Parsed(WriteScenario(result.value())) == result.value());
    } else {
      REQUIRE(result.error().text.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("ten megabytes of garbage are refused unread") {
  const Result<Scenario> result = ParseScenario(std::string(10 << 20, '['), "big.json");
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().text == "big.json: 10485760 bytes; a file may have at most 4194304");
}

}  // namespace drydock::sim
