#include "net/log/trace_file.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

using nlohmann::json;

std::vector<json> LinesOf(const std::string& path) {
  std::vector<json> lines;
  std::istringstream text(ReadWhole(path));
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

Recovered OneEntry() {
  Recovered recovered{.node = NodeId(2), .store = StoreId(7), .incarnation = Incarnation(3)};
  recovered.term = Term(4);
  recovered.log.Append(Entry{Term(4), EntryKind::kNoop, {}});
  return recovered;
}

}  // namespace

TEST_CASE("a trace begins with the state that the node starts from, and goes on event by event") {
  const TemporaryDirectory directory;
  const std::string path = directory / "trace.jsonl";
  const TimePoint start = TimePoint::FromNanoseconds(1000);
  {
    auto trace = TraceFile::Open(path, "demo", OneEntry(), start, 99);
    REQUIRE(trace.ok());
    trace.value()->Write(TimePoint::FromNanoseconds(1250), trace::Committed{Index(1)});
  }
  const std::vector<json> lines = LinesOf(path);
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == json::parse(R"({"trace":1,"cluster":"demo","node":"n2","unix_ns":99})"));
  CHECK(lines[1]["event"] == "started");
  CHECK(lines[1]["incarnation"] == 3);
  CHECK(lines[1]["last"] == 1);
  CHECK(lines[2]["event"] == "appended");
  CHECK(lines[3]["event"] == "durable");
  CHECK(lines[4] == json::parse(R"({"id":4,"t":250,"node":"n2","event":"committed","commit":1})"));
}

TEST_CASE("a trace of a node that starts from a snapshot has the entries behind it") {
  const TemporaryDirectory directory;
  const std::string path = directory / "trace.jsonl";
  Recovered recovered = OneEntry();
  recovered.log = Log(Index(40), Term(3));
  recovered.log.Append(Entry{Term(4), EntryKind::kNoop, {}});
  recovered.snapshot.emplace();
  recovered.snapshot->stored.meta.index = Index(41);
  { REQUIRE(TraceFile::Open(path, "demo", recovered, {}, 99).ok()); }
  const std::vector<json> lines = LinesOf(path);
  REQUIRE(lines.size() == 4);
  CHECK(lines[1]["snapshot"] == 41);
  CHECK(lines[1]["base"] == 40);
  CHECK(lines[2]["event"] == "appended");
  CHECK(lines[2]["index"] == 41);
  CHECK(lines[3]["last"] == 41);
}

TEST_CASE("a trace that cannot be written says where, and one that breaks keeps the reason") {
  const TemporaryDirectory directory;
  const auto missing = TraceFile::Open(directory / "no/trace", "demo", OneEntry(), {}, 0);
  REQUIRE_FALSE(missing.ok());
  CHECK(Contains(missing.error().text, "no/trace: No such file or directory"));
  auto full = TraceFile::Open("/dev/full", "demo", OneEntry(), {}, 0);
  REQUIRE(full.ok());
  full.value()->Flush();
  CHECK(Contains(full.value()->failure(), "/dev/full: No space left on device"));
}

}  // namespace drydock::net
