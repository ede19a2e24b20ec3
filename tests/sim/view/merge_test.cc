// The traces of real nodes as one.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/view/merge.h"
#include "sim/view/mermaid.h"
#include "sim/view/trace_file.h"

namespace drydock::sim {
namespace {

// What a process of a node wrote that started so long (ns) after some moment.
NamedTrace Process(const std::string& node, std::int64_t start, const std::string& events,
                   const std::string& cluster = "demo") {
  constexpr std::int64_t kSomeMoment = 1'795'430'000'000'000'000;
  return {node + ".jsonl", R"({"trace":1,"cluster":")" + cluster + R"(","node":")" + node +
                               R"(","unix_ns":)" + std::to_string(kSomeMoment + start) + "}\n" +
                               events};
}

std::string Line(int id, int t, const std::string& node, const std::string& rest) {
  return R"({"id":)" + std::to_string(id) + R"(,"t":)" + std::to_string(t) + R"(,"node":")" + node +
         R"(",)" + rest + "}\n";
}

std::string Started(const std::string& node) {
  return Line(1, 0, node, R"("event":"started","kept":0,"last":0,"term":0,"vote":null)");
}

// It leads term 1 from `t` on, and makes an entry 10 ns later.
std::string Leads(const std::string& node, int t) {
  return Started(node) + Line(2, t, node, R"("event":"term_and_vote","term":1,"vote":null)") +
         Line(3, t, node, R"("event":"role_changed","role":"leader","why":"election_won")") +
         Line(4, t + 10, node, R"("event":"appended","index":1,"term":1,"kind":"noop")");
}

std::string Follows(const std::string& node, int t) {
  return Started(node) + Line(2, t, node, R"("event":"appended","index":1,"term":1,"kind":"noop")");
}

TraceFile Merged(const std::vector<NamedTrace>& traces) {
  const Result<std::string> text = MergeTraces(traces);
  REQUIRE_MESSAGE(text.ok(), (text.ok() ? "" : text.error().text));
  Result<TraceFile> trace = ReadTrace(text.value());
  REQUIRE_MESSAGE(trace.ok(), (trace.ok() ? "" : trace.error().text));
  return std::move(trace.value());
}

std::string ErrorOf(const std::vector<NamedTrace>& traces) {
  const Result<std::string> text = MergeTraces(traces);
  return text.ok() ? "" : text.error().text;
}

// "n0 started 0", ...
std::vector<std::string> Told(const TraceFile& trace) {
  std::vector<std::string> told;
  for (const TraceLine& line : trace.lines) {
    told.push_back(line.node + " " + line.event + " " + std::to_string(line.time));
  }
  return told;
}

}  // namespace

TEST_CASE("merge: events of all nodes stand in the order of their clocks") {
  const TraceFile trace =
      Merged({Process("n1", 5, Follows("n1", 30)), Process("n0", 0, Leads("n0", 20))});
  CHECK(Told(trace) == std::vector<std::string>{"n0 started 0", "n1 started 5",
                                                "n0 term_and_vote 20", "n0 role_changed 20",
                                                "n0 appended 30", "n0 trace_ended 30",
                                                "n1 appended 35", "n1 trace_ended 35"});
  CHECK(trace.header.at("nodes") == 2);
  CHECK(trace.header.at("cluster") == "demo");
  CHECK(trace.header.at("unix_ns") == 1'795'430'000'000'000'000);
  CHECK(trace.header.at("notes").empty());
  for (std::size_t i = 0; i < trace.lines.size(); ++i) CHECK(trace.lines[i].id == i + 1);
}

TEST_CASE("merge: a node that was started again has several traces") {
  const TraceFile trace =
      Merged({Process("n0", 100, Started("n0")), Process("n0", 0, Leads("n0", 20))});
  const std::vector<std::string> told = Told(trace);
  REQUIRE(told.size() == 7);
  CHECK(told[4] == "n0 trace_ended 30");
  CHECK(told[5] == "n0 started 100");
  CHECK(told[6] == "n0 trace_ended 100");
}

TEST_CASE("merge: a clock that was set back while its node was down mixes no two processes") {
  const TraceFile trace =
      Merged({Process("n0", 0, Leads("n0", 5'000'000)), Process("n0", 10, Follows("n0", 7))});
  const std::vector<std::string> told = Told(trace);
  CHECK(told[4] == "n0 trace_ended 5000010");
  CHECK(told[5] == "n0 started 5000010");
  CHECK(trace.header.at("notes").at(0) ==
        "The clock of n0 was set back by at least 5.000 ms while it was down.");
}

TEST_CASE("merge: clocks that contradict what the nodes did are named") {
  const TraceFile trace =
      Merged({Process("n0", 0, Leads("n0", 3'000'000)), Process("n1", 0, Follows("n1", 1'000'010)),
              Process("n2", 0, Follows("n2", 3'000'010))});
  REQUIRE(trace.header.at("notes").size() == 1);
  CHECK(trace.header.at("notes").at(0) ==
        "The clock of n1 was behind that of n0 by at least 2.000 ms: it has entry 1 of term 1 "
        "before its leader made it.");
}

TEST_CASE("merge: the end of a leader's trace comes before the next election in a diagram") {
  const TraceFile trace =
      Merged({Process("n0", 0, Leads("n0", 20)), Process("n1", 0, Leads("n1", 90))});
  const std::string text = Mermaid(trace, {.last = 100});
  const std::size_t end = text.find("n0 trace ended");
  const std::size_t next = text.find("n1 role changed");
  REQUIRE(end != std::string::npos);
  REQUIRE(next != std::string::npos);
  CHECK(end < next);
}

TEST_CASE("merge: a trace that its process was killed in is shown to its last whole line") {
  const TraceFile trace = Merged({Process("n0", 0, Leads("n0", 20) + "{\"id\":5,\"t\":4")});
  CHECK(Told(trace).back() == "n0 trace_ended 30");
}

TEST_CASE("merge: the trace of a simulated run stays as it is, and goes with no other") {
  const std::string simulated = "{\"trace\":1,\"nodes\":3}\n{\"end\":1}\n";
  const Result<std::string> alone = MergeTraces({{"run.jsonl", simulated}});
  REQUIRE(alone.ok());
  CHECK(alone.value() == simulated);
  CHECK(ErrorOf({Process("n0", 0, Started("n0")), {"run.jsonl", simulated}})
            .starts_with("run.jsonl: this is the trace of a simulated run"));
}

TEST_CASE("merge: what does not belong together is refused, with its name") {
  const NamedTrace n0 = Process("n0", 0, Started("n0"));
  CHECK(ErrorOf({n0, {"x.jsonl", "hello"}}).starts_with("x.jsonl: line 1: this is no trace"));
  CHECK(ErrorOf({n0, Process("n1", 0, Started("n1"), "other")}) ==
        "n1.jsonl: it is of cluster \"other\", and n0.jsonl of \"demo\"");
  CHECK(ErrorOf({n0, n0}) ==
        "n0.jsonl: it is of the same process of n0 as n0.jsonl; give one of them");
  CHECK(ErrorOf({Process("n0", 0, Started("n1"))}) == "n0.jsonl: event 1 is not one of n0");
  CHECK(ErrorOf({{"a", "{\"trace\":1,\"unix_ns\":5}\n"}}).starts_with("a: line 1: expected the"));
  CHECK(ErrorOf({{"a", "{\"trace\":1,\"node\":\"n12345678901\",\"unix_ns\":5}\n"}})
            .starts_with("a: line 1: expected the"));
  CHECK(ErrorOf({{"a", "{\"trace\":1,\"node\":\"n0\",\"unix_ns\":-5}\n"}})
            .starts_with("a: line 1: expected the"));
}

}  // namespace drydock::sim
