// The lines of a trace: valid, numbered, in a stable order, and the same every time.
#include <doctest/doctest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/kv/command.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "sim/trace/trace_writer.h"
#include "tests/sim/trace/trace_fold.h"

namespace drydock::sim {
namespace {

using testing::BytesOf;
using testing::Json;

Scenario Stormy() {
  const Result<Scenario> scenario = ParseScenario(
      R"({"version": 1, "name": "stormy", "nodes": 5, "until": "4s",
          "network": {"loss": 0.01, "duplicate": 0.02, "reorder": 0.05},
          "events": [{"at": "1s", "do": "put", "key": "k\u0000\"\u00e9", "value": "v"},
                     {"at": "1.2s", "do": "crash", "node": "leader", "for": "500ms"},
                     {"at": "2.5s", "do": "partition", "groups": ["leader", "followers"],
                      "for": "500ms"}],
          "expect": [{"that": "one_leader"}],
          "workload": {"clients": 2, "start": "600ms", "think_time": "10ms", "mix": {"put": 1, "get": 1, "delete": 1, "cas": 1}}})",
      "stormy.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

struct Written {
  std::string text;
  RunResult result;
};

Written WriteRun(const Scenario& scenario, std::uint64_t seed) {
  std::ostringstream out;
  Written written;
  {
    TraceWriter writer(out, scenario, seed);
    written.result = Run(scenario, {.seed = seed, .observers = {&writer}});
  }
  written.text = out.str();
  return written;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The keys with those of an append's entries left out: which of them there are depends on the kind.
std::string ShapeOf(const Json& line) {
  std::string shape;
  for (const auto& [key, value] : line.items()) {
    if (key == "node" || key == "cause") continue;
    shape += key + " ";
  }
  return shape;
}

TEST_CASE("every line is an event with its number, time and an earlier cause") {
  const Written written = WriteRun(Stormy(), 7);
  const std::vector<std::string> lines = LinesOf(written.text);
  REQUIRE(lines.size() == written.result.trace_events + 1);
  CHECK(lines[0] == R"({"trace":1,"scenario":"stormy","seed":7,"nodes":5,"until":4000000000})");
  std::int64_t time = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    CAPTURE(lines[i]);
    const Json line = Json::parse(lines[i]);
    REQUIRE(line.dump() == lines[i]);  // no blanks, and nothing escaped that need not be
    REQUIRE(line.at("id").get<std::uint64_t>() == i);
    REQUIRE(line.at("t").get<std::int64_t>() >= time);
    time = line.at("t").get<std::int64_t>();
    if (line.contains("cause")) {
      REQUIRE(line.at("cause").get<std::uint64_t>() >= 1);
      REQUIRE(line.at("cause").get<std::uint64_t>() < i);
      REQUIRE(line.back() == line.at("cause"));
    }
  }
  CHECK(time <= 4000000000);
}

TEST_CASE("events of one name and type have the same keys in the same order") {
  std::map<std::string, std::string> shapes;
  for (const std::string& text : LinesOf(WriteRun(Stormy(), 3).text)) {
    const Json line = Json::parse(text);
    if (line.contains("trace")) continue;
    std::string name = line.at("event").get<std::string>();
    for (const char* key : {"type", "kind", "op", "action"}) {
      if (name == "delivered" || name == "dropped" || name == "duplicated") continue;
      if (line.contains(key)) name += " " + line.at(key).get<std::string>();
    }
    CAPTURE(text);
    const auto [found, first] = shapes.emplace(name, ShapeOf(line));
    REQUIRE(found->second == ShapeOf(line));
  }
  CHECK(shapes.size() > 30);
  CHECK(shapes["appended noop"] == "id t event index term kind ");
  CHECK(shapes["sent heartbeat"] == "id t event from to type term store commit round ");
  CHECK(shapes["delivered"] == "id t event from to type term ");
}

TEST_CASE("the same scenario and seed give the same bytes, another seed gives others") {
  const Written once = WriteRun(Stormy(), 11);
  CHECK(once.text == WriteRun(Stormy(), 11).text);
  CHECK(once.text != WriteRun(Stormy(), 12).text);
}

TEST_CASE("writing a trace changes nothing about the run") {
  const Written written = WriteRun(Stormy(), 5);
  const RunResult silent = Run(Stormy(), {.seed = 5});
  CHECK(written.result.hash == silent.hash);
  CHECK(written.result.trace_events == silent.trace_events);
}

// --- Single events ------------------------------------------------------------------------------

const EventMeta kMeta{.id = 12, .cause = 9, .time = 1500000, .node = NodeId(0)};

Entry CommandEntry(const ClientRequest& request) {
  return {.term = Term(3), .kind = EntryKind::kCommand, .payload = Bytes(EncodeCommand(request))};
}

TEST_CASE("a command is told with what it does") {
  const ClientRequest request{.session = SessionId(4),
                              .sequence = 2,
                              .first_unanswered = 1,
                              .op = CompareAndSetOp{Bytes("k"), std::nullopt, Bytes("a\n\"b")}};
  const TraceEvent event = drydock::trace::Appended{Index(7), CommandEntry(request)};
  CHECK(LineOf(kMeta, event) ==
        R"({"id":12,"t":1500000,"node":"n0","event":"appended","index":7,"term":3,)"
        R"("kind":"command","command":{"session":4,"sequence":2,"first_unanswered":1,)"
        R"("op":"cas","key":"k","expected":null,"value":"a\n\"b"},"cause":9})");
}

TEST_CASE("keys and values of any bytes come back from the trace") {
  const std::vector<std::string> all = {"",
                                        "plain",
                                        std::string("\0\x01\x1f\x7f", 4),
                                        "\xc3\xa9\xf0\x9f\x98\x80",
                                        "\xff\xfe",
                                        "\xc3",
                                        "\xed\xa0\x80",
                                        "\xc0\xaf",
                                        "\xf5",
                                        "\xf4\x90\x80\x80"};
  for (const std::string& bytes : all) {
    CAPTURE(bytes);
    const ClientRequest request{.op = PutOp{Bytes(bytes), Bytes(bytes + "\x80")}};
    const TraceEvent event = drydock::trace::Appended{Index(7), CommandEntry(request)};
    const Json line = Json::parse(LineOf(kMeta, event));
    CHECK(BytesOf(line.at("command").at("key")) == bytes);
    CHECK(BytesOf(line.at("command").at("value")) == bytes + "\x80");
  }
}

TEST_CASE("what is no command is told as its bytes") {
  const Entry garbage{.term = Term(1), .kind = EntryKind::kCommand, .payload = Bytes("\xff")};
  const TraceEvent event = drydock::trace::Appended{Index(1), garbage};
  CHECK(LineOf({.id = 1, .time = 0, .node = NodeId(2)}, event) ==
        R"({"id":1,"t":0,"node":"n2","event":"appended","index":1,"term":1,"kind":"command",)"
        R"("payload":{"hex":"ff"}})");
}

TEST_CASE("an event of no node and without a cause has neither key") {
  const SimEvent event = trace::Fault{"crash of n1 \xff"};
  CHECK(LineOf({.id = 1, .time = 5}, event) ==
        R"({"id":1,"t":5,"event":"fault","what":"crash of n1 \ufffd","kind":"note"})");
}

TEST_CASE("a stream that takes nothing is noticed") {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  TraceWriter writer(out, Stormy(), 1);
  CHECK_FALSE(writer.Flush());
}

}  // namespace
}  // namespace drydock::sim
