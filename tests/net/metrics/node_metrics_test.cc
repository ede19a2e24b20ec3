#include "net/metrics/node_metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "net/disk/disk_worker.h"
#include "net/metrics/process_figures.h"

namespace drydock::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

NodeMetricsOptions ThreeNodes() {
  return {.self = NodeId(0), .peers = {NodeId(1), NodeId(2)}, .cluster = "demo", .version = "1.2"};
}

// Reads the text format back: "name{labels}" to its value.
std::map<std::string, double> Parse(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.rfind(' ');
    samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return samples;
}

class Node {
 public:
  double operator[](const std::string& name) const {
    const auto samples = Parse(metrics.Text());
    const auto found = samples.find(name);
    REQUIRE_MESSAGE(found != samples.end(), name);
    return found->second;
  }
  bool Has(const std::string& name) const { return Parse(metrics.Text()).contains(name); }
  void Becomes(Role role, RoleCause cause, std::optional<NodeId> leader = std::nullopt) {
    metrics.Observe(trace::RoleChanged{role, cause, leader});
  }

  NodeMetrics metrics{ThreeNodes()};
};

DiskResult Written(std::uint64_t bytes, std::chrono::nanoseconds took) {
  return {.done = {Ticket(1), std::nullopt}, .took = took, .bytes = bytes, .synced = true};
}

}  // namespace

TEST_CASE("metrics: every family has a help text and a type, and nothing is malformed") {
  const std::string text = Node().metrics.Text();
  const std::regex sample(
      R"([a-z_]+(\{[A-Za-z_]+="[^"]*"(,[A-Za-z_]+="[^"]*")*\})? [-+0-9.eEInf]+)");
  std::set<std::string> helped;
  std::set<std::string> typed;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, name;
    words >> hash >> kind >> name;
    if (hash != "#") {
      CHECK_MESSAGE(std::regex_match(line, sample), line);
      continue;
    }
    CHECK_MESSAGE((kind == "HELP" ? helped : typed).insert(name).second, line);
    if (kind == "HELP") CHECK_MESSAGE(line.ends_with('.'), line);
  }
  CHECK(helped == typed);
  CHECK(helped.size() > 40);
  CHECK(text.ends_with('\n'));
}

TEST_CASE("metrics: docs/operations.md tells of every family, and of none that is not there") {
  std::ifstream file("docs/operations.md");
  REQUIRE(file);
  const std::string docs((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::set<std::string> told;
  const std::regex name("`(drydock_[a-z_]+)(\\{[A-Za-z_,]*\\})?`");
  for (std::sregex_iterator one(docs.begin(), docs.end(), name), end; one != end; ++one) {
    told.insert((*one)[1]);
  }
  Node node;
  NodeFigures leads{.is_leader = true, .followers = {{NodeId(1), Index(1), std::nullopt}}};
  node.metrics.Set(leads);
  std::set<std::string> there;
  std::istringstream lines(node.metrics.Text());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash, kind, family;
    words >> hash >> kind >> family;
    if (kind == "TYPE" && family.starts_with("drydock_")) there.insert(family);
  }
  for (const std::string& family : there) CHECK_MESSAGE(told.contains(family), family);
  told.erase("drydock_server");  // the beginning of some names
  for (const std::string& family : told) CHECK_MESSAGE(there.contains(family), family);
}

TEST_CASE("metrics: snapshots saved, offered and installed are counted, and their disk apart") {
  Node node;
  node.metrics.Set({.log_base = Index(60), .snapshot = Index(64), .snapshot_bytes = 5000});
  CHECK(node["drydock_server_log_base_index"] == 60);
  CHECK(node["drydock_snap_index"] == 64);
  CHECK(node["drydock_snap_bytes"] == 5000);
  node.metrics.SnapshotSaved(milliseconds(30));
  CHECK(node["drydock_snap_save_total_duration_seconds_count"] == 1);
  CHECK(node["drydock_snap_save_total_duration_seconds_bucket{le=\"0.04\"}"] == 1);
  node.metrics.Observe(trace::SnapshotOffered{NodeId(2), Index(64)});
  CHECK(node["drydock_network_snapshot_sends_total{To=\"n2\"}"] == 1);
  CHECK(node["drydock_network_snapshot_sends_total{To=\"n1\"}"] == 0);
  node.metrics.Observe(trace::SnapshotInstalled{Index(90), Term(2), 7000, 1, false});
  CHECK(node["drydock_network_snapshot_receive_success_total"] == 1);
  CHECK(node["drydock_network_snapshot_receive_bytes_total"] == 7000);
  CHECK(node["drydock_server_proposals_applied_total"] == 90);
  DiskResult chunk = Written(300, milliseconds(2));
  chunk.lane = Lane::kBulk;
  node.metrics.DiskDone(chunk);
  chunk.synced = false;  // a file made, renamed, read or removed
  node.metrics.DiskDone(chunk);
  CHECK(node["drydock_snap_fsync_duration_seconds_count"] == 1);
  CHECK(node["drydock_disk_wal_fsync_duration_seconds_count"] == 0);
  CHECK(node["drydock_disk_wal_segment_duration_seconds_count"] == 0);
  CHECK(node["drydock_disk_wal_write_bytes_total"] == 0);
}

TEST_CASE("metrics: an election that is won, and a leadership that is lost, tell their causes") {
  Node node;
  node.Becomes(Role::kPreCandidate, RoleCause::kElectionTimeout);
  CHECK(node["drydock_server_has_leader"] == 0);
  node.Becomes(Role::kCandidate, RoleCause::kPreVoteWon);
  node.metrics.Observe(trace::TermAndVote{Term(7), NodeId(0)});
  node.Becomes(Role::kLeader, RoleCause::kElectionWon);
  CHECK(node["drydock_prevotes_started_total"] == 1);
  CHECK(node["drydock_elections_started_total"] == 1);
  CHECK(node["drydock_elections_won_total"] == 1);
  CHECK(node["drydock_server_is_leader"] == 1);
  CHECK(node["drydock_server_has_leader"] == 1);
  CHECK(node["drydock_server_leader_changes_seen_total"] == 1);
  CHECK(node["drydock_server_term"] == 7);
  CHECK(node["drydock_leaderships_lost_total{cause=\"quorum_lost\"}"] == 0);

  node.Becomes(Role::kFollower, RoleCause::kQuorumLost);
  CHECK(node["drydock_leaderships_lost_total{cause=\"quorum_lost\"}"] == 1);
  CHECK(node["drydock_elections_lost_total{cause=\"no_votes_in_time\"}"] == 0);
  CHECK(node["drydock_server_is_leader"] == 0);
  CHECK(node["drydock_server_has_leader"] == 0);
  node.metrics.Observe(trace::LeaderKnown{NodeId(2)});
  CHECK(node["drydock_server_has_leader"] == 1);
  CHECK(node["drydock_server_leader_changes_seen_total"] == 2);
  node.metrics.Observe(trace::LeaderKnown{NodeId(2)});
  CHECK(node["drydock_server_leader_changes_seen_total"] == 2);
}

TEST_CASE("metrics: a lost election is counted by its cause, also one that was rarely seen") {
  Node node;
  node.Becomes(Role::kCandidate, RoleCause::kPreVoteWon);
  node.Becomes(Role::kPreCandidate, RoleCause::kNoVotesInTime);
  node.Becomes(Role::kCandidate, RoleCause::kPreVoteWon);
  node.Becomes(Role::kFollower, RoleCause::kSuspended);
  CHECK(node["drydock_elections_started_total"] == 2);
  CHECK(node["drydock_elections_lost_total{cause=\"no_votes_in_time\"}"] == 1);
  CHECK(node["drydock_elections_lost_total{cause=\"suspended\"}"] == 1);
  CHECK(node["drydock_server_suspended"] == 1);
  node.Becomes(Role::kFollower, RoleCause::kResumed);
  CHECK(node["drydock_server_suspended"] == 0);
}

TEST_CASE("metrics: the log's progress, reads and refusals are counted from the events") {
  Node node;
  node.metrics.Observe(trace::Committed{Index(41)});
  node.metrics.Observe(trace::Committed{Index(1234567890123)});
  node.metrics.Observe(trace::Applied{Index(40), Outcome::kOk, false});
  node.metrics.Observe(trace::Applied{Index(41), Outcome::kOk, true});
  node.metrics.Observe(trace::Durable{Index(50), Term(1), std::nullopt});
  node.metrics.Observe(trace::Truncated{Index(42)});
  node.metrics.Observe(trace::ReadConfirmed{Index(41), 17});
  node.metrics.Observe(trace::Refused{RefusalReason::kHalted, NodeId(99)});
  node.metrics.Observe(trace::PeerLost{NodeId(2)});
  node.metrics.Observe(trace::AppendHeld{NodeId(2), 5});
  CHECK(node["drydock_server_proposals_committed_total"] == 1234567890123);
  CHECK(node["drydock_server_proposals_applied_total"] == 41);
  CHECK(node["drydock_server_duplicates_total"] == 1);
  CHECK(node["drydock_server_durable_index"] == 50);
  CHECK(node["drydock_server_log_truncations_total"] == 1);
  CHECK(node["drydock_server_read_indexes_total"] == 17);
  CHECK(node["drydock_refusals_total{reason=\"halted\"}"] == 1);
  CHECK(node["drydock_refusals_total{reason=\"malformed\"}"] == 0);
  CHECK(node["drydock_network_peer_lost_total{To=\"n2\"}"] == 1);
  CHECK(node["drydock_network_appends_held_total"] == 1);
  CHECK(node["drydock_server_halted"] == 0);
  node.metrics.Observe(trace::Halted{"no space left"});
  CHECK(node["drydock_server_halted"] == 1);
}

TEST_CASE("metrics: synced writes, new segments and failures of the disk are told apart") {
  Node node;
  node.metrics.DiskDone(Written(4096, microseconds(90)));
  node.metrics.DiskDone(Written(8192, milliseconds(3)));
  node.metrics.DiskDone({.done = {Ticket(2), std::nullopt}, .took = milliseconds(20)});
  node.metrics.DiskDone({.done = {Ticket(3), "wal/1: no space"}, .bytes = 4096});
  const std::string fsync = "drydock_disk_wal_fsync_duration_seconds";
  CHECK(node[fsync + "_count"] == 2);
  CHECK(node[fsync + "_sum"] == doctest::Approx(0.00309));
  CHECK(node[fsync + "_bucket{le=\"0.0001\"}"] == 1);
  CHECK(node[fsync + "_bucket{le=\"+Inf\"}"] == 2);
  CHECK(node["drydock_disk_wal_write_bytes_total"] == 12288);
  CHECK(node["drydock_disk_wal_segment_duration_seconds_count"] == 1);
  CHECK(node["drydock_disk_failures_total"] == 1);
}

TEST_CASE("metrics: peers have series from the start, and a new one gets its own") {
  Node node;
  CHECK(node["drydock_network_peer_round_trip_time_seconds_count{To=\"n1\"}"] == 0);
  node.metrics.RoundTrip(NodeId(1), microseconds(150));
  node.metrics.PeerFailed(NodeId(2));
  node.metrics.PeerFailed(NodeId(7));
  CHECK(node["drydock_network_peer_round_trip_time_seconds_count{To=\"n1\"}"] == 1);
  CHECK(node["drydock_network_peer_round_trip_time_seconds_bucket{To=\"n1\",le=\"0.0002\"}"] == 1);
  CHECK(node["drydock_network_peer_sent_failures_total{To=\"n1\"}"] == 0);
  CHECK(node["drydock_network_peer_sent_failures_total{To=\"n2\"}"] == 1);
  CHECK(node["drydock_network_peer_sent_failures_total{To=\"n7\"}"] == 1);
}

TEST_CASE(
    "metrics: clients' calls are counted by operation and outcome, failures of the store "
    "apart") {
  Node node;
  const auto count = [&node](const std::string& operation, const std::string& outcome) {
    return node["drydock_client_requests_total{operation=\"" + operation + "\",outcome=\"" +
                outcome + "\"}"];
  };
  node.metrics.Proposed();
  node.metrics.Answered(KindOf(PutOp{}), Outcome::kOk, milliseconds(1));
  node.metrics.Answered(KindOf(CompareAndSetOp{}), Outcome::kCompareFailed, milliseconds(1));
  node.metrics.Answered(KindOf(GetOp{}), Outcome::kUnknown, milliseconds(1));
  node.metrics.Answered(KindOf(GetOp{.mode = ReadMode::kStale}), Outcome::kOk, milliseconds(1));
  node.metrics.Answered(KindOf(DeleteOp{}), Outcome::kNotLeader, milliseconds(1));
  CHECK(node["drydock_server_proposals_failed_total"] == 0);
  node.metrics.Answered(KindOf(PutOp{}), Outcome::kUnknown, milliseconds(900));
  node.metrics.Answered(KindOf(RegisterOp{}), Outcome::kBusy, milliseconds(1));
  node.metrics.Dropped(OperationKind::kDelete);
  CHECK(node["drydock_server_proposals_total"] == 1);
  CHECK(count("put", "ok") == 1);
  CHECK(count("put", "unknown") == 1);
  CHECK(count("cas", "compare_failed") == 1);
  CHECK(count("get", "unknown") == 1);
  CHECK(count("get_stale", "ok") == 1);
  CHECK(count("delete", "not_leader") == 1);
  CHECK(count("delete", "dropped") == 1);
  CHECK(count("register", "busy") == 1);
  CHECK(node["drydock_server_proposals_failed_total"] == 3);
  CHECK(node["drydock_client_request_duration_seconds_count{operation=\"put\"}"] == 2);
}

TEST_CASE("metrics: what a leader knows of its followers is shown while it leads, and no longer") {
  Node node;
  NodeFigures figures{.term = Term(3),
                      .commit = Index(10),
                      .applied = Index(9),
                      .last = Index(14),
                      .durable = Index(12),
                      .is_leader = true,
                      .has_leader = true,
                      .open_calls = 6,
                      .uncommitted_bytes = 1024,
                      .sessions = 2,
                      .keys = 5,
                      .log_bytes = 1 << 20};
  figures.followers = {{NodeId(1), Index(13), milliseconds(20)},
                       {NodeId(2), Index(), std::nullopt}};
  node.metrics.Set(figures);
  CHECK(node["drydock_server_term"] == 3);
  CHECK(node["drydock_server_last_index"] == 14);
  CHECK(node["drydock_server_proposals_pending"] == 4);
  CHECK(node["drydock_server_uncommitted_bytes"] == 1024);
  CHECK(node["drydock_server_open_calls"] == 6);
  CHECK(node["drydock_kv_keys"] == 5);
  CHECK(node["drydock_kv_sessions"] == 2);
  CHECK(node["drydock_disk_wal_bytes"] == 1 << 20);
  CHECK(node["drydock_server_follower_match_index{To=\"n1\"}"] == 13);
  CHECK(node["drydock_server_follower_silence_seconds{To=\"n1\"}"] == doctest::Approx(0.02));
  CHECK(node.metrics.Text().find("drydock_server_follower_silence_seconds{To=\"n2\"} +Inf") !=
        std::string::npos);

  figures.is_leader = false;
  figures.followers.clear();
  node.metrics.Set(figures);
  CHECK(node["drydock_server_proposals_pending"] == 0);
  CHECK_FALSE(node.Has("drydock_server_follower_match_index{To=\"n1\"}"));
  CHECK_FALSE(node.Has("drydock_server_follower_silence_seconds{To=\"n2\"}"));
}

TEST_CASE("metrics: the version, the node and the process tell of themselves") {
  Node node;
  CHECK(node["drydock_build_info{version=\"1.2\"}"] == 1);
  const std::string text = node.metrics.Text();
  CHECK(text.find("drydock_server_id{") != std::string::npos);
  CHECK(text.find("server_id=\"n0\"") != std::string::npos);
  const ProcessFigures process = ReadProcessFigures();
  CHECK(process.resident_bytes > 1 << 20);
  CHECK(process.virtual_bytes >= process.resident_bytes);
  CHECK(process.threads >= 1);
  CHECK(process.open_fds >= 3);
  CHECK(process.max_fds > process.open_fds);
  using Seconds = std::chrono::duration<double>;
  const double now = Seconds(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(process.start_time > now - 86400);
  CHECK(process.start_time < now + 2);
  CHECK(node["process_resident_memory_bytes"] > 1 << 20);
  CHECK(text.find("# TYPE process_cpu_seconds_total counter") != std::string::npos);
}

TEST_CASE("metrics: any thread may read while the loop counts") {
  NodeMetrics metrics(ThreeNodes());
  std::atomic<bool> stop = false;
  std::thread reader([&] {
    while (!stop) {
      if (metrics.Text().empty()) break;
    }
  });
  constexpr std::uint64_t kEvents = 20000;
  for (std::uint64_t i = 1; i <= kEvents; ++i) {
    metrics.Observe(trace::Committed{Index(i)});
    metrics.Answered(OperationKind::kPut, Outcome::kOk, microseconds(i % 1000));
    metrics.RoundTrip(NodeId(1 + i % 2), microseconds(i % 1000));
    if (i % 100 == 0) {
      NodeFigures figures{.is_leader = i % 200 == 0};
      if (figures.is_leader) figures.followers = {{NodeId(1), Index(i), milliseconds(1)}};
      metrics.Set(figures);
    }
  }
  stop = true;
  reader.join();
  const auto samples = Parse(metrics.Text());
  CHECK(samples.at("drydock_client_requests_total{operation=\"put\",outcome=\"ok\"}") == kEvents);
  CHECK(samples.at("drydock_network_peer_round_trip_time_seconds_count{To=\"n1\"}") == kEvents / 2);
}

}  // namespace drydock::net
