// Folds the text of traces and compares the rebuilt nodes with the true ones after every event.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "core/text/names.h"
#include "core/text/protocol_json.h"
#include "sim/check/invariants.h"
#include "sim/cluster/sim_cluster.h"
#include "sim/engine/director.h"
#include "sim/scenario/parse.h"
#include "sim/trace/trace_writer.h"
#include "tests/sim/trace/trace_fold.h"

namespace drydock::sim {
namespace {

using testing::FoldedEntry;
using testing::FoldedNode;
using testing::Json;
using testing::TraceFold;

Json JsonOf(const Configuration& configuration) {
  std::string text;
  JsonWriter out(text);
  out.BeginObject();
  WriteConfiguration(out, configuration);
  out.EndObject();
  return Json::parse(text);
}

class FoldedRun {
 public:
  FoldedRun(const Scenario& scenario, std::uint64_t seed)
      : scenario_(scenario),
        writer_(text_, scenario, seed),
        invariants_(scenario.nodes),
        cluster_(scenario, seed, bus_),
        director_(scenario, cluster_),
        fold_(scenario.nodes) {
    bus_.AddObserver(&invariants_);
    bus_.AddObserver(&writer_);
  }

  void Run() {
    const std::int64_t until = scenario_.until.nanoseconds();
    cluster_.Start();
    Compare();
    while (!failed_) {
      const std::int64_t event = cluster_.NextEventTime();
      const std::int64_t moment = director_.NextMoment();
      if (std::min(event, moment) > until) break;
      if (moment <= event) {
        cluster_.SetNow(moment);
        director_.ActAt(moment);
      } else {
        cluster_.RunNextEvent();
        director_.OnEvent(cluster_.Time());
      }
      Compare();
    }
    CHECK_FALSE(invariants_.violation().has_value());
    CHECK(cluster_.events() > 100);
  }
  // How often each event was in the trace; "kind:part" and the like for what is in them.
  const std::map<std::string, std::uint64_t>& seen() const { return seen_; }

 private:
  void Compare() {
    FoldNewText();
    for (std::uint32_t i = 0; i < scenario_.nodes && !failed_; ++i) {
      const std::optional<Node>& node = cluster_.node(NodeId(i)).node;
      const std::string problem = node.has_value() ? DifferenceTo(i, *node) : "";
      failed_ = !problem.empty() || node.has_value() != fold_.node(i).started;
      INFO("n" << i << " at trace event " << bus_.last() << ": " << problem);
      REQUIRE_FALSE(failed_);
    }
  }

  void FoldNewText() {
    REQUIRE(writer_.Flush());
    std::istringstream lines(text_.str());
    text_.str("");
    for (std::string line; std::getline(lines, line);) {
      const Json json = Json::parse(line);
      if (json.contains("trace")) continue;
      ++seen_[json.at("event").get<std::string>()];
      if (json.contains("kind")) ++seen_["kind:" + json.at("kind").get<std::string>()];
      if (json.contains("duplicate") && json.at("duplicate") == true) ++seen_["duplicate"];
      if (json.contains("outcome")) ++seen_["outcome:" + json.at("outcome").get<std::string>()];
      fold_.Add(json);
    }
  }

  // Logs and maps are compared when something of them has changed.
  std::string DifferenceTo(std::uint32_t number, const Node& node) {
    const FoldedNode& folded = fold_.node(number);
    const Raft& raft = node.raft();
    const Json vote = raft.vote().has_value() ? Json(NameOf(*raft.vote())) : Json();
    if (folded.term != raft.term().value()) return "term";
    if (folded.vote != vote) return "vote";
    if (folded.role != NameOf(raft.role())) return "role";
    if (folded.commit != raft.commit().value()) return "commit";
    if (folded.applied != node.applied().value()) return "applied";
    if (folded.durable != raft.durable_index().value()) return "durable index";
    if (folded.log.size() != raft.log().last().value()) return "last index";
    if (folded.configuration_index != raft.configuration_index().value()) return "configuration";
    Versions& versions = compared_[number];
    if (versions.log != folded.log_version) {
      versions.log = folded.log_version;
      if (folded.configuration != JsonOf(raft.configuration())) return "configuration";
      if (!SameLog(folded, raft.log())) return "log";
    }
    if (versions.map != folded.map_version) {
      versions.map = folded.map_version;
      if (folded.map != MapOf(node)) return "map";
    }
    return "";
  }

  static bool SameLog(const FoldedNode& folded, const Log& log) {
    for (std::uint64_t i = log.base().value(); i < folded.log.size(); ++i) {
      const FoldedEntry& mine = folded.log[i];
      const Entry& entry = log.At(Index(i + 1));
      if (mine.term != entry.term.value() || mine.kind != NameOf(entry.kind)) return false;
      if (entry.kind == EntryKind::kConfiguration) {
        const auto configuration = Configuration::Decode(entry.payload.view());
        if (mine.configuration != JsonOf(*configuration)) return false;
      } else if (mine.payload != entry.payload.view()) {
        return false;
      }
    }
    return true;
  }

  static std::map<std::string, std::string> MapOf(const Node& node) {
    std::map<std::string, std::string> map;
    node.kv().ForEach([&map](std::string_view key, const Bytes& value) {
      map[std::string(key)] = std::string(value.view());
    });
    return map;
  }

  struct Versions {
    std::uint64_t log = 0, map = 0;
  };

  const Scenario& scenario_;
  std::ostringstream text_;
  TraceWriter writer_;
  TraceBus bus_;
  Invariants invariants_;
  SimCluster cluster_;
  Director director_;
  TraceFold fold_;
  std::map<std::uint32_t, Versions> compared_;
  std::map<std::string, std::uint64_t> seen_;
  bool failed_ = false;
};

// Runs the scenario with some seeds; each of `must_see` must happen in at least one of them.
void FoldAll(const std::string& members, const std::set<std::string>& must_see) {
  const Result<Scenario> scenario =
      ParseScenario("{\"version\": 1, \"name\": \"fold\", " + members + "}", "fold.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  std::map<std::string, std::uint64_t> seen;
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    FoldedRun run(scenario.value(), seed);
    run.Run();
    for (const auto& [event, count] : run.seen()) seen[event] += count;
  }
  for (const std::string& event : must_see) {
    CAPTURE(event);
    CHECK(seen[event] > 0);
  }
}

const std::string kMixedWorkload =
    R"("workload": {"clients": 3, "start": "600ms", "think_time": "20ms", "keys": 4, "value_bytes": [0, 40],
        "mix": {"put": 3, "get": 1, "delete": 1, "cas": 3}, "attempt_timeout": "200ms"})";

TEST_CASE("nodes are rebuilt from the trace through crashes that lose what was not synced") {
  FoldAll(R"("nodes": 5, "until": "6s", "disk": {"fsync": {"model": "uniform", "min": "1ms",
              "max": "8ms"}},
            "events": [{"at": "2s", "do": "crash", "node": "leader", "as": "old"},
                       {"at": "3s", "do": "restart", "node": "$old"},
                       {"at": "3.5s", "do": "crash", "node": "all", "for": "300ms"},
                       {"at": "4.8s", "do": "crash", "node": "follower", "for": "200ms",
                        "lose": "nothing"}], )" +
              kMixedWorkload,
          {"crashed", "started", "applied", "role_changed", "kind:configuration", "dropped"});
}

TEST_CASE("nodes are rebuilt from the trace through partitions that truncate logs") {
  FoldAll(R"("nodes": 5, "until": "6s", "network": {"loss": 0.02, "duplicate": 0.05,
              "reorder": 0.1, "stale": 0.5},
            "events": [{"at": "1.5s", "do": "partition", "groups": ["leader", "followers"],
                        "for": "1s"},
                       {"at": "1.51s", "do": "put", "key": "lost", "value": "1", "via": "leader"},
                       {"at": "3s", "do": "partition", "groups": [["leader", "n0"], "alive"],
                        "one_way": true, "for": "900ms"},
                       {"at": "4.2s", "do": "partition", "groups": ["minority", "majority"],
                        "flap": "150ms", "for": "1s"}], )" +
              kMixedWorkload,
          {"truncated", "duplicated", "refused", "dropped", "peer_lost", "append_held"});
}

TEST_CASE("nodes are rebuilt from the trace through suspensions, pauses and clocks that jump") {
  FoldAll(R"("nodes": 3, "until": "6s",
            "events": [{"at": "1.5s", "do": "suspend", "node": "leader", "as": "old"},
                       {"at": "2.5s", "do": "resume", "node": "$old"},
                       {"at": "3s", "do": "pause", "node": "leader", "for": "700ms"},
                       {"at": "4s", "do": "suspend", "node": "follower", "for": "300ms"},
                       {"at": "5s", "do": "set_clock", "node": "n1", "rate": 1.2, "jump": "2s"}], )" +
              kMixedWorkload,
          {"role_changed", "refused", "read_confirmed", "timer_fired", "leader_known"});
}

TEST_CASE("nodes are rebuilt from the trace through disks that fail, lie, tear and are wiped") {
  FoldAll(R"("nodes": 5, "until": "6s", "config": {"segment_bytes": 1048576},
            "events": [{"at": "1.5s", "do": "disk", "node": "n0", "sync_fails": 0.05},
                       {"at": "2s", "do": "disk", "node": "n1", "torn": 1, "sync_lies": 0.5},
                       {"at": "3s", "do": "crash", "node": "n1", "for": "300ms"},
                       {"at": "3.5s", "do": "crash", "node": "n2"},
                       {"at": "3.6s", "do": "corrupt", "node": "n2", "offset": 520},
                       {"at": "3.7s", "do": "restart", "node": "n2"},
                       {"at": "4.5s", "do": "restart", "node": "n0"},
                       {"at": "5s", "do": "crash", "node": "n3", "lose": "everything"}], )" +
              kMixedWorkload,
          {"halted", "crashed", "refused_to_start", "disk_submitted", "disk_finished"});
}

TEST_CASE("nodes are rebuilt from the trace while members come, go and are wiped") {
  FoldAll(R"("nodes": 5, "founders": 3, "until": "6s",
            "events": [{"at": "1.5s", "do": "add", "node": ["n3", "n4"]},
                       {"at": "2s", "do": "partition", "groups": ["leader", "followers"],
                        "for": "1s"},
                       {"at": "2.01s", "do": "remove", "node": "n4", "via": "leader"},
                       {"at": "3.2s", "do": "crash", "node": "n2", "lose": "everything"},
                       {"at": "3.5s", "do": "remove", "node": "n2"},
                       {"at": "4s", "do": "wipe", "node": "n2"},
                       {"at": "4.2s", "do": "restart", "node": "n2"},
                       {"at": "4.5s", "do": "add", "node": "n2"}], )" +
              kMixedWorkload,
          {"truncated", "crashed", "started", "kind:configuration", "role_changed"});
}

TEST_CASE("values in parts and repeated requests are rebuilt from the trace") {
  FoldAll(R"("nodes": 3, "until": "6s", "config": {"max_piece_bytes": 1000},
            "network": {"client_latency": {"model": "uniform", "min": "1ms", "max": "150ms"}},
            "events": [{"at": "1s", "do": "put", "key": "large", "value_bytes": 9000},
                       {"at": "2s", "do": "crash", "node": "leader", "for": "300ms"},
                       {"at": "3.2s", "do": "crash", "node": "all", "for": "300ms"}],
            "workload": {"clients": 4, "start": "600ms", "keys": 3, "value_bytes": [900, 3500],
              "mix": {"put": 3, "delete": 1, "cas": 2}, "attempt_timeout": "100ms",
              "think_time": "30ms"})",
          {"kind:part", "kind:last_part", "kind:command", "duplicate", "outcome:compare_failed"});
}

TEST_CASE("nodes are rebuilt from the trace though their logs are compacted") {
  FoldAll(R"("nodes": 5, "until": "8s", "config": {"snapshot_every": 40,
              "snapshot_margin_bytes": 600, "snapshot_chunk_bytes": 64, "segment_bytes": 1048576},
            "events": [{"at": "1s", "do": "crash", "node": "follower", "as": "late"},
                       {"at": "3s", "do": "restart", "node": "$late"},
                       {"at": "3.5s", "do": "crash", "node": "all", "for": "200ms"},
                       {"at": "5s", "do": "partition", "groups": ["leader", "followers"],
                        "for": "1s"},
                       {"at": "5.01s", "do": "put", "key": "lost", "value": "1", "via": "leader"}],
            )" +
              kMixedWorkload,
          {"snapshot_saved", "snapshot_offered", "snapshot_installed", "compacted"});
}

}  // namespace
}  // namespace drydock::sim
