// The forms in which a trace is shown: read back, as a Mermaid diagram, for ShiViz, for Perfetto.
#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>

#include "sim/report/report.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "sim/trace/trace_writer.h"
#include "sim/view/mermaid.h"
#include "sim/view/perfetto.h"
#include "sim/view/shiviz.h"
#include "sim/view/trace_file.h"
#include "tests/sim/scenario/scenarios.h"

namespace drydock::sim {
namespace {

// Three nodes for ten seconds; the leader is cut off, a client writes what looks like a diagram.
std::string TraceOf(const std::string& events) {
  const Result<Scenario> scenario =
      ParseScenario(testing::Small(R"(, "events": [)" + events + "]"), "test");
  REQUIRE_MESSAGE(scenario.ok(), (scenario.ok() ? "" : scenario.error().text));
  std::ostringstream out;
  {
    TraceWriter writer(out, scenario.value(), 1, Sentences::kYes);
    Story story(0);
    const RunResult result = Run(scenario.value(), {.seed = 1, .observers = {&story, &writer}});
    writer.End(TraceEnd({.scenario = scenario.value(),
                         .result = result,
                         .story = story.lines(),
                         .chain = {},
                         .replay = "",
                         .wall_ns = 0}));
  }
  return out.str();
}

const std::string& CutOff() {
  static const std::string trace =
      TraceOf(R"({"at": "2s", "do": "partition", "groups": ["leader", "followers"], "for": "2s"},
                 {"at": "5s", "do": "put", "key": "a;b", "value": "<x> #1\n->>n0"})");
  return trace;
}

TraceFile Read(const std::string& text) {
  Result<TraceFile> trace = ReadTrace(text);
  REQUIRE_MESSAGE(trace.ok(), (trace.ok() ? "" : trace.error().text));
  return std::move(trace.value());
}

std::string ErrorOf(const std::string& text) {
  const Result<TraceFile> trace = ReadTrace(text);
  return trace.ok() ? "" : trace.error().text;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

// --- Reading ------------------------------------------------------------------------------------

TEST_CASE("view: a trace is read to its verdict") {
  const TraceFile trace = Read(CutOff());
  REQUIRE(trace.end.has_value());
  CHECK(trace.end->at("passed") == true);
  CHECK(trace.end->at("events") == trace.lines.size());
  CHECK(trace.end->at("story").size() > 3);
  CHECK(WordsOf(trace.lines.front()) == TextOf(trace.lines.front().fields, "says"));
}

TEST_CASE("view: a fault tells whom it concerns, which links it cuts, and what it ends") {
  const TraceFile trace = Read(CutOff());
  std::uint64_t partition = 0;
  std::uint64_t ended = 0;
  for (const TraceLine& line : trace.lines) {
    if (TextOf(line.fields, "kind") == "partition") {
      partition = line.id;
      CHECK(line.fields.at("links").size() == 4);  // one of three, both ways
    }
    if (TextOf(line.fields, "kind") == "mend") ended = NumberOf(line.fields, "ends");
  }
  CHECK(partition != 0);
  CHECK(ended == partition);
}

TEST_CASE("view: what is no trace, or not all of one, is refused with its line") {
  CHECK(ErrorOf("") == "line 1: the file is empty");
  CHECK(ErrorOf("hello\n").starts_with("line 1: this is no trace"));
  CHECK(ErrorOf("{\"version\":1}\n").starts_with("line 1: this is no trace"));
  CHECK(ErrorOf("{\"trace\":2}\n").starts_with("line 1: this program reads version 1"));
  const std::string header = LinesOf(CutOff()).front() + "\n";
  CHECK(ErrorOf(header + "{\"id\":1}\n").starts_with("line 2: expected an event"));
  CHECK(ErrorOf(header + R"({"id":2,"t":0,"event":"x"})") == "line 2: expected event 1, found 2");
  CHECK(ErrorOf(header + R"({"id":1,"t":0,"event":"x","cause":1})") ==
        "line 2: its cause does not come before it");
  CHECK(ErrorOf(header + "{\"id\":1,\"t").find("cut off in the middle") != std::string::npos);
  CHECK(ErrorOf(header).find("cut short") != std::string::npos);
}

TEST_CASE("view: every cut of a trace gives an error, never a crash") {
  const std::string& whole = CutOff();
  for (std::size_t size = 0; size + 1 < whole.size(); size += 1 + whole.size() / 300) {
    CHECK(!ErrorOf(whole.substr(0, size)).empty());
  }
}

TEST_CASE("view: a trace of a real node ends where its process did") {
  const std::string real = R"({"trace":1,"cluster":"demo","node":"n0","unix_ns":17})"
                           "\n"
                           R"({"id":7,"t":5,"node":"n0","event":"committed","commit":4})"
                           "\n{\"id\":8,";
  const TraceFile trace = Read(real);
  CHECK(trace.OfRealNode());
  REQUIRE(trace.lines.size() == 1);
  CHECK(WordsOf(trace.lines[0]) == "n0 committed, commit 4");
}

// --- Mermaid ------------------------------------------------------------------------------------

TEST_CASE("mermaid: the last messages up to a time, lost ones with the reason") {
  const TraceFile trace = Read(CutOff());
  const std::string text = Mermaid(trace, {.last = 10, .until = 2'100'000'000});
  CHECK(text.starts_with("sequenceDiagram\n  participant n0\n  participant n1\n"));
  std::size_t messages = 0;
  for (const std::string& line : LinesOf(text)) {
    messages += std::regex_match(line, std::regex("  n[0-2]-(x|>>)n[0-2]: .*")) ? 1 : 0;
  }
  CHECK(messages == 10);
  CHECK(text.find("(lost: partition)") != std::string::npos);
}

TEST_CASE("mermaid: no text of a user can be taken for a part of the diagram") {
  const std::string text = Mermaid(Read(CutOff()), {.last = 1000000});
  for (const std::string& line : LinesOf(text)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string words = std::regex_replace(line.substr(colon), std::regex("#[0-9]+;"), "");
    CHECK_MESSAGE(words.find_first_of("#;<>") == std::string::npos, line);
  }
}

// --- ShiViz -------------------------------------------------------------------------------------

TEST_CASE("shiviz: clocks count each host from 1 on, and a delivery knows its sending") {
  const TraceFile trace = Read(CutOff());
  const std::vector<std::string> lines = LinesOf(Shiviz(trace));
  REQUIRE(lines.size() > 100);
  CHECK(lines[0] == R"((?<event>.*)\n(?<host>\S*) (?<clock>{.*}))");
  CHECK(lines[1].empty());
  std::map<std::string, std::map<std::string, std::uint64_t>> last;
  for (std::size_t i = 3; i < lines.size(); i += 2) {
    const std::size_t space = lines[i].find(' ');
    const std::string host = lines[i].substr(0, space);
    const auto clock =
        nlohmann::json::parse(lines[i].substr(space)).get<std::map<std::string, std::uint64_t>>();
    CHECK(clock.at(host) == last[host][host] + 1);
    for (const auto& [other, count] : last[host]) CHECK(clock.at(other) >= count);
    for (const auto& [other, count] : clock) {
      if (other != host) CHECK(count <= last[other][other]);
    }
    last[host] = clock;
  }
  CHECK(last.size() == 4);  // three nodes and who put
  CHECK(last["n0"].size() >= 3);
}

// --- Perfetto -----------------------------------------------------------------------------------

TEST_CASE("perfetto: roles follow each other without a gap, and each arrow that ends has begun") {
  const TraceFile trace = Read(CutOff());
  const nlohmann::json events = nlohmann::json::parse(Perfetto(trace)).at("traceEvents");
  std::map<std::uint64_t, bool> begun;
  std::map<std::uint64_t, std::string> open;
  std::size_t leads = 0;
  for (const nlohmann::json& event : events) {
    const std::string phase = event.at("ph");
    if (phase == "s") begun[event.at("id")] = true;
    if (phase == "f") CHECK(begun[event.at("id")]);
    if (phase == "b") open[event.at("id")] = event.at("name");
    if (phase == "e") CHECK(open[event.at("id")] == event.at("name"));
    if (phase == "X" && event.at("name").get<std::string>().starts_with("leader, term")) ++leads;
  }
  CHECK(leads >= 2);
  CHECK(!open.empty());
}

}  // namespace drydock::sim
