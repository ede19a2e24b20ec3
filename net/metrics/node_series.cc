#include "net/metrics/node_series.h"

#include <algorithm>
#include <limits>
#include <string>

namespace drydock::net {
namespace {

using prometheus::Histogram;

Family<Counter>& Counters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
Counter& OneCounter(prometheus::Registry& registry, const char* name, const char* help) {
  return Counters(registry, name, help).Add({});
}
Family<Gauge>& Gauges(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}
Gauge& OneGauge(prometheus::Registry& registry, const char* name, const char* help) {
  return Gauges(registry, name, help).Add({});
}
Family<Histogram>& Histograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

// Bounds in seconds, each double the one before: from what a good disk or network needs to where
// somebody should be woken.
Histogram::BucketBoundaries Doubling(double first, int count) {
  Histogram::BucketBoundaries bounds;
  for (int i = 0; i < count; ++i, first *= 2) bounds.push_back(first);
  return bounds;
}
Durations OneHistogram(prometheus::Registry& registry, const char* name, const char* help,
                       const Histogram::BucketBoundaries& bounds) {
  return Durations(Histograms(registry, name, help).Add({}, bounds));
}

const Histogram::BucketBoundaries& CallBounds() {
  static const auto bounds = Doubling(0.0001, 15);  // 100 us to 1.6 s
  return bounds;
}

}  // namespace

RoleSeries::RoleSeries(prometheus::Registry& registry)
    : has_leader(OneGauge(registry, "drydock_server_has_leader",
                          "1 if this node leads or knows who does, else 0.")),
      is_leader(OneGauge(registry, "drydock_server_is_leader", "1 if this node leads, else 0.")),
      leader_changes(OneCounter(registry, "drydock_server_leader_changes_seen_total",
                                "How often this node learnt of a new leader.")),
      halted(OneGauge(registry, "drydock_server_halted",
                      "1 if this node has stopped itself for good, else 0.")),
      suspended(
          OneGauge(registry, "drydock_server_suspended", "1 if this node is suspended, else 0.")),
      term(OneGauge(registry, "drydock_server_term", "Current term of this node.")),
      pre_votes(OneCounter(registry, "drydock_prevotes_started_total",
                           "How often this node asked whether an election could be won.")),
      elections(OneCounter(registry, "drydock_elections_started_total",
                           "Elections that this node started.")),
      won(OneCounter(registry, "drydock_elections_won_total", "Elections that this node won.")),
      lost(Counters(registry, "drydock_elections_lost_total",
                    "Elections that this node started and did not win, by cause.")),
      leaderships_lost(Counters(registry, "drydock_leaderships_lost_total",
                                "How often this node ceased to lead, by cause.")),
      transfers(Counters(registry, "drydock_leadership_transfers_total",
                         "Transfers of leadership that this node began and that ended.")) {
  // A series that begins with its first event hides that event from rate() and increase().
  for (const RoleCause cause : {RoleCause::kElectionLost, RoleCause::kNoVotesInTime,
                                RoleCause::kHigherTerm, RoleCause::kLeaderAppeared}) {
    lost.Add({{"cause", std::string(NameOf(cause))}});
  }
  for (const RoleCause cause : {RoleCause::kHigherTerm, RoleCause::kQuorumLost,
                                RoleCause::kSuspended, RoleCause::kDiskStalled}) {
    leaderships_lost.Add({{"cause", std::string(NameOf(cause))}});
  }
  for (const TransferOutcome outcome : {TransferOutcome::kDone, TransferOutcome::kFailed,
                                        TransferOutcome::kOvertaken, TransferOutcome::kUnknown}) {
    transfers.Add({{"outcome", std::string(NameOf(outcome))}});
  }
}

LogSeries::LogSeries(prometheus::Registry& registry)
    : committed(OneGauge(registry, "drydock_server_proposals_committed_total",
                         "Index of the last log entry known to be committed.")),
      applied(OneGauge(registry, "drydock_server_proposals_applied_total",
                       "Index of the last log entry applied to the key-value map.")),
      pending(OneGauge(registry, "drydock_server_proposals_pending",
                       "Log entries of this leader that are not committed yet; else 0.")),
      last(OneGauge(registry, "drydock_server_last_index",
                    "Index of the last entry of this node's log.")),
      base(OneGauge(registry, "drydock_server_log_base_index",
                    "Index of the last entry that this node's log has no more: a snapshot holds "
                    "it.")),
      durable(OneGauge(registry, "drydock_server_durable_index",
                       "Index of the last log entry that is durable on this node's disk.")),
      uncommitted_bytes(OneGauge(registry, "drydock_server_uncommitted_bytes",
                                 "Bytes of this leader's entries not committed yet; else 0.")),
      proposed(OneCounter(registry, "drydock_server_proposals_total",
                          "Writes of clients that were given to this node.")),
      failed(OneCounter(registry, "drydock_server_proposals_failed_total",
                        "Writes of clients that ended as busy, not ready, dropped or with "
                        "unknown outcome.")),
      duplicates(OneCounter(registry, "drydock_server_duplicates_total",
                            "Applied retries of writes that had been applied before.")),
      truncations(OneCounter(registry, "drydock_server_log_truncations_total",
                             "How often log entries gave way to those of a leader.")),
      reads(OneCounter(registry, "drydock_server_read_indexes_total",
                       "Linearizable reads that a quorum confirmed.")) {}

FollowerSeries::FollowerSeries(prometheus::Registry& registry)
    : match_(Gauges(registry, "drydock_server_follower_match_index",
                    "Index up to which a follower's durable log is this leader's.")),
      silence_(Gauges(registry, "drydock_server_follower_silence_seconds",
                      "Seconds since this leader heard a follower; +Inf: not since the start.")) {}

// What a former leader knew of its followers is nobody's knowledge any more: no series is better
// than one that stands still.
void FollowerSeries::Set(const std::vector<FollowerFigures>& followers) {
  std::erase_if(shown_, [&](const auto& one) {
    const auto& [node, gauges] = one;
    if (std::ranges::find(followers, node, &FollowerFigures::node) != followers.end()) return false;
    match_.Remove(gauges.match);
    silence_.Remove(gauges.silence);
    return true;
  });
  for (const FollowerFigures& one : followers) {
    auto [place, is_new] = shown_.try_emplace(one.node);
    Shown& gauges = place->second;
    const prometheus::Labels to = {{"To", NameOf(one.node)}};
    if (is_new) gauges = {&match_.Add(to), &silence_.Add(to)};
    gauges.match->Set(static_cast<double>(one.match.value()));
    gauges.silence->Set(one.silence.has_value()
                            ? std::chrono::duration<double>(*one.silence).count()
                            : std::numeric_limits<double>::infinity());
  }
}

NetworkSeries::NetworkSeries(prometheus::Registry& registry)
    : round_trips_(Histograms(registry, "drydock_network_peer_round_trip_time_seconds",
                              "Seconds from a call to a peer to its answer; that of an append "
                              "comes once the peer has it on disk.")),
      failures_(Counters(registry, "drydock_network_peer_sent_failures_total",
                         "Calls to a peer that came to nothing.")),
      lost_(Counters(registry, "drydock_network_peer_lost_total",
                     "How often this leader started over with a follower, because what it had "
                     "sent did not arrive.")),
      snapshots_(Counters(registry, "drydock_network_snapshot_sends_total",
                          "How often this leader began to send its snapshot to a peer.")),
      held_(OneCounter(registry, "drydock_network_appends_held_total",
                       "Appends that arrived before their predecessor and waited.")) {
  auto& family = Counters(registry, "drydock_refusals_total",
                          "What was refused or ignored, by reason; most are everyday life.");
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = &family.Add({{"reason", std::string(kRefusalReasonNames[i])}});
  }
}

// At most some thirty: a search through them is a handful of comparisons.
PeerSeries& NetworkSeries::Of(NodeId node) {
  const auto found = std::ranges::find(peers_, node, &PeerSeries::node);
  if (found != peers_.end()) return *found;
  const prometheus::Labels to = {{"To", NameOf(node)}};
  peers_.push_back({node, Durations(round_trips_.Add(to, CallBounds())), failures_.Add(to),
                    lost_.Add(to), snapshots_.Add(to)});
  return peers_.back();
}

ClientSeries::ClientSeries(prometheus::Registry& registry) {
  auto& counts = Counters(registry, "drydock_client_requests_total",
                          "Calls of clients that ended, by operation and outcome.");
  auto& times = Histograms(registry, "drydock_client_request_duration_seconds",
                           "Seconds from a client's call to its answer, by operation.");
  for (std::size_t kind = 0; kind < kOperationKinds; ++kind) {
    const std::string operation(kOperationKindNames[kind]);
    for (std::size_t i = 0; i < requests_[kind].size(); ++i) {
      const std::string outcome(i < kOutcomeNames.size() ? kOutcomeNames[i] : "dropped");
      requests_[kind][i] = &counts.Add({{"operation", operation}, {"outcome", outcome}});
    }
    times_.emplace_back(times.Add({{"operation", operation}}, CallBounds()));
  }
}

StoreSeries::StoreSeries(prometheus::Registry& registry)
    : open_calls(OneGauge(registry, "drydock_server_open_calls",
                          "Calls of clients and peers that wait for their answer.")),
      keys(OneGauge(registry, "drydock_kv_keys", "Keys in this node's key-value map.")),
      sessions(
          OneGauge(registry, "drydock_kv_sessions", "Client sessions that this node remembers.")),
      log_bytes(OneGauge(registry, "drydock_disk_wal_bytes",
                         "Bytes of the write-ahead log on this node's disk.")),
      syncs(OneHistogram(registry, "drydock_disk_wal_fsync_duration_seconds",
                         "Seconds to write one batch of the log and make it durable.",
                         Doubling(0.00005, 16))),  // 50 us to 1.6 s
      segments(OneHistogram(registry, "drydock_disk_wal_segment_duration_seconds",
                            "Seconds to create a new segment of the log.",
                            Doubling(0.0005, 14))),  // 0.5 ms to 4 s
      written_bytes(OneCounter(registry, "drydock_disk_wal_write_bytes_total",
                               "Bytes of the log that were made durable.")),
      failures(OneCounter(registry, "drydock_disk_failures_total",
                          "Operations of the disk that failed; one stops the node.")) {}

SnapshotSeries::SnapshotSeries(prometheus::Registry& registry)
    : index(OneGauge(registry, "drydock_snap_index",
                     "Index of the last entry that this node's newest snapshot holds.")),
      bytes(OneGauge(registry, "drydock_snap_bytes", "Bytes of state in that snapshot.")),
      saves(OneHistogram(registry, "drydock_snap_save_total_duration_seconds",
                         "Seconds to write a snapshot, beside the node's other work.",
                         Doubling(0.01, 16))),  // 10 ms to 5 min
      syncs(OneHistogram(registry, "drydock_snap_fsync_duration_seconds",
                         "Seconds to write one chunk of a snapshot, own or received, and make it "
                         "durable.",
                         Doubling(0.0005, 14))),  // 0.5 ms to 4 s
      installed(OneCounter(registry, "drydock_network_snapshot_receive_success_total",
                           "Snapshots of a leader that took the place of this node's state.")),
      installed_bytes(OneCounter(registry, "drydock_network_snapshot_receive_bytes_total",
                                 "Bytes of state in those snapshots.")) {}

NodeMetrics::Series::Series(const NodeMetricsOptions& options) : self(options.self) {
  Gauges(registry, "drydock_build_info", "1; tells the version of the program.")
      .Add({{"version", options.version}})
      .Set(1);
  Gauges(registry, "drydock_server_id", "1; tells the node and its cluster.")
      .Add({{"server_id", NameOf(options.self)}, {"cluster", options.cluster}})
      .Set(1);
  for (const NodeId peer : options.peers) network.Of(peer);
}

}  // namespace drydock::net
