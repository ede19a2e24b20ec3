// The series behind NodeMetrics, each under a name of its own, so that counting one takes no
// lookup. Included by the sources of NodeMetrics only: it brings the headers of prometheus-cpp.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/text/names.h"
#include "net/metrics/node_metrics.h"

namespace drydock::net {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;

inline constexpr std::array<std::string_view, kOperationKinds> kOperationKindNames = {
    "put", "get", "delete", "cas", "register", "get_stale"};

// A histogram of durations. Those of prometheus-cpp take a lock and search their buckets from the
// lower end; the hot ones see some ten thousand durations a second, so that is cheap enough.
class Durations {
 public:
  explicit Durations(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Add(std::chrono::nanoseconds took) {
    histogram_.Observe(std::chrono::duration<double>(took).count());
  }

 private:
  prometheus::Histogram& histogram_;
};

// Roles and elections. Changes of role are rare, so their causes may cost a lookup.
struct RoleSeries {
  explicit RoleSeries(prometheus::Registry& registry);

  Gauge& has_leader;
  Gauge& is_leader;
  Counter& leader_changes;
  Gauge& halted;
  Gauge& suspended;
  Gauge& term;
  Counter& pre_votes;
  Counter& elections;
  Counter& won;
  Family<Counter>& lost;
  Family<Counter>& leaderships_lost;
  Family<Counter>& transfers;
};

struct LogSeries {
  explicit LogSeries(prometheus::Registry& registry);

  Gauge& committed;
  Gauge& applied;
  Gauge& pending;
  Gauge& last;
  Gauge& base;
  Gauge& durable;
  Gauge& uncommitted_bytes;
  Counter& proposed;
  Counter& failed;
  Counter& duplicates;
  Counter& truncations;
  Counter& reads;
};

// Of a leader; only while it leads.
class FollowerSeries {
 public:
  explicit FollowerSeries(prometheus::Registry& registry);
  // Shows these followers and no others.
  void Set(const std::vector<FollowerFigures>& followers);

 private:
  struct Shown {
    Gauge* match = nullptr;
    Gauge* silence = nullptr;
  };

  Family<Gauge>& match_;
  Family<Gauge>& silence_;
  std::map<NodeId, Shown> shown_;
};

struct PeerSeries {
  NodeId node;
  Durations round_trips;
  Counter& failures;
  Counter& lost;  // the leader started over with it
  Counter& snapshots;
};

class NetworkSeries {
 public:
  explicit NetworkSeries(prometheus::Registry& registry);
  // Those of this peer, made if there are none yet; valid until the next call.
  PeerSeries& Of(NodeId node);
  Counter& held() { return held_; }
  Counter& Refused(RefusalReason reason) { return *refused_[static_cast<std::size_t>(reason)]; }

 private:
  Family<prometheus::Histogram>& round_trips_;
  Family<Counter>& failures_;
  Family<Counter>& lost_;
  Family<Counter>& snapshots_;
  Counter& held_;
  std::vector<PeerSeries> peers_;
  std::array<Counter*, kRefusalReasonNames.size()> refused_{};
};

class ClientSeries {
 public:
  explicit ClientSeries(prometheus::Registry& registry);
  Counter& Answered(OperationKind kind, Outcome outcome) {
    return *requests_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(outcome)];
  }
  Counter& Dropped(OperationKind kind) {
    return *requests_[static_cast<std::size_t>(kind)][kOutcomeNames.size()];
  }
  Durations& Times(OperationKind kind) { return times_[static_cast<std::size_t>(kind)]; }

 private:
  // For each operation: by outcome, and a last one for "dropped".
  using Endings = std::array<Counter*, kOutcomeNames.size() + 1>;

  std::array<Endings, kOperationKinds> requests_{};
  std::vector<Durations> times_;  // by kind
};

struct StoreSeries {
  explicit StoreSeries(prometheus::Registry& registry);

  Gauge& open_calls;
  Gauge& keys;
  Gauge& sessions;
  Gauge& log_bytes;
  Durations syncs;
  Durations segments;
  Counter& written_bytes;
  Counter& failures;
};

struct SnapshotSeries {
  explicit SnapshotSeries(prometheus::Registry& registry);

  Gauge& index;
  Gauge& bytes;
  Durations saves;
  Durations syncs;
  Counter& installed;
  Counter& installed_bytes;
};

struct NodeMetrics::Series {
  explicit Series(const NodeMetricsOptions& options);

  const NodeId self;
  Role role = Role::kFollower;
  std::optional<NodeId> leader;

  prometheus::Registry registry;
  RoleSeries roles{registry};
  LogSeries log{registry};
  FollowerSeries followers{registry};
  NetworkSeries network{registry};
  ClientSeries clients{registry};
  StoreSeries store{registry};
  SnapshotSeries snapshots{registry};
};

}  // namespace drydock::net
