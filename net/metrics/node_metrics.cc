#include "net/metrics/node_metrics.h"

#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>
#include <variant>

#include "net/disk/disk_worker.h"
#include "net/metrics/node_series.h"
#include "net/metrics/process_figures.h"

namespace drydock::net {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

bool IsWrite(OperationKind kind) {
  return kind != OperationKind::kGet && kind != OperationKind::kStaleGet;
}

// Refusals that are the client's own doing, or a hint where to ask, are no failures of the store.
bool IsFailure(Outcome outcome) {
  return outcome == Outcome::kNotReady || outcome == Outcome::kBusy || outcome == Outcome::kUnknown;
}

double Number(Index index) {
  return static_cast<double>(index.value());
}

void AddFamily(std::vector<MetricFamily>& families, const char* name, const char* help,
               MetricType type, double value) {
  prometheus::ClientMetric metric;
  metric.gauge.value = value;
  metric.counter.value = value;
  families.push_back({name, help, type, {metric}});
}

// The names are those that all of Prometheus' libraries use.
void AddProcess(std::vector<MetricFamily>& families) {
  const ProcessFigures now = ReadProcessFigures();
  const auto gauge = [&families](const char* name, const char* help, auto value) {
    AddFamily(families, name, help, MetricType::Gauge, static_cast<double>(value));
  };
  AddFamily(families, "process_cpu_seconds_total", "Seconds of CPU time spent, user and system.",
            MetricType::Counter, now.cpu_seconds);
  gauge("process_resident_memory_bytes", "Bytes of memory in use (resident).", now.resident_bytes);
  gauge("process_virtual_memory_bytes", "Bytes of virtual memory.", now.virtual_bytes);
  gauge("process_open_fds", "Open file descriptors.", now.open_fds);
  gauge("process_max_fds", "File descriptors that may be open at once.", now.max_fds);
  gauge("process_threads", "Threads of the process.", now.threads);
  gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
        now.start_time);
}

}  // namespace

OperationKind KindOf(const ClientOp& op) {
  const auto* get = std::get_if<GetOp>(&op);
  if (get != nullptr && get->mode == ReadMode::kStale) return OperationKind::kStaleGet;
  static_assert(std::variant_size_v<ClientOp> + 1 == kOperationKinds);
  return static_cast<OperationKind>(op.index());
}

// One overload for each event; a new event without one does not compile.
struct NodeMetrics::Observer {
  Series& s;

  void operator()(const trace::RoleChanged& event) {
    if (event.role == Role::kPreCandidate) s.roles.pre_votes.Increment();
    if (event.role == Role::kCandidate) s.roles.elections.Increment();
    if (event.role == Role::kLeader) s.roles.won.Increment();
    if (s.role == Role::kCandidate && event.role != Role::kLeader) {
      s.roles.lost.Add(Cause(event.cause)).Increment();
    }
    if (s.role == Role::kLeader) s.roles.leaderships_lost.Add(Cause(event.cause)).Increment();
    if (event.cause == RoleCause::kSuspended) s.roles.suspended.Set(1);
    if (event.cause == RoleCause::kResumed) s.roles.suspended.Set(0);
    s.role = event.role;
    s.roles.is_leader.Set(event.role == Role::kLeader ? 1 : 0);
    SetLeader(event.role == Role::kLeader ? s.self : event.leader);
  }
  void operator()(const trace::LeaderKnown& event) { SetLeader(event.leader); }
  void operator()(const trace::TermAndVote& event) {
    s.roles.term.Set(static_cast<double>(event.term.value()));
  }
  void operator()(const trace::Committed& event) { s.log.committed.Set(Number(event.commit)); }
  void operator()(const trace::Applied& event) {
    s.log.applied.Set(Number(event.index));
    if (event.duplicate) s.log.duplicates.Increment();
  }
  void operator()(const trace::Durable& event) { s.log.durable.Set(Number(event.last)); }
  void operator()(const trace::Truncated&) { s.log.truncations.Increment(); }
  void operator()(const trace::Refused& event) { s.network.Refused(event.reason).Increment(); }
  void operator()(const trace::AppendHeld&) { s.network.held().Increment(); }
  void operator()(const trace::PeerLost& event) { s.network.Of(event.peer).lost.Increment(); }
  void operator()(const trace::ReadConfirmed& event) {
    s.log.reads.Increment(static_cast<double>(event.count));
  }
  void operator()(const trace::ReadIndexLearnt& event) {
    s.log.reads.Increment(static_cast<double>(event.count));
  }
  void operator()(const trace::ReadsGivenUp&) {}  // refused, and counted as such
  void operator()(const trace::ReadUnderLease&) { s.log.reads.Increment(); }
  void operator()(const trace::Halted&) { s.roles.halted.Set(1); }
  // Told by gauges, or nothing to count.
  void operator()(const trace::Appended&) {}
  void operator()(const trace::ConfigurationInForce&) {}
  void operator()(const trace::TimerArmed&) {}
  void operator()(const trace::TimerFired&) {}
  void operator()(const trace::TransferStarted&) {}
  void operator()(const trace::TransferRefused&) {}
  void operator()(const trace::ChangeAnswered&) {}
  void operator()(const trace::TransferEnded& event) {
    s.roles.transfers.Add({{"outcome", std::string(NameOf(event.outcome))}}).Increment();
  }
  void operator()(const trace::SnapshotSaved&) {}  // told with how long it took
  void operator()(const trace::Compacted&) {}
  void operator()(const trace::SnapshotOffered& event) {
    s.network.Of(event.peer).snapshots.Increment();
  }
  void operator()(const trace::SnapshotInstalled& event) {
    s.snapshots.installed.Increment();
    s.snapshots.installed_bytes.Increment(static_cast<double>(event.bytes));
    s.log.applied.Set(Number(event.index));
  }

 private:
  static prometheus::Labels Cause(RoleCause cause) {
    return {{"cause", std::string(NameOf(cause))}};
  }
  void SetLeader(std::optional<NodeId> leader) {
    if (leader.has_value() && leader != s.leader) s.roles.leader_changes.Increment();
    s.leader = leader;
    s.roles.has_leader.Set(leader.has_value() ? 1 : 0);
  }
};

NodeMetrics::NodeMetrics(const NodeMetricsOptions& options)
    : series_(std::make_unique<Series>(options)) {}
NodeMetrics::~NodeMetrics() = default;

void NodeMetrics::Observe(const TraceEvent& event) {
  std::visit(Observer{*series_}, event);
}

void NodeMetrics::DiskDone(const DiskResult& result) {
  if (result.done.error.has_value()) {
    series_->store.failures.Increment();
  } else if (result.lane == Lane::kBulk) {
    if (result.synced) series_->snapshots.syncs.Add(result.took);
  } else if (result.synced) {
    series_->store.syncs.Add(result.took);
    series_->store.written_bytes.Increment(static_cast<double>(result.bytes));
  } else {
    series_->store.segments.Add(result.took);
  }
}

void NodeMetrics::SnapshotSaved(std::chrono::nanoseconds took) {
  series_->snapshots.saves.Add(took);
}

void NodeMetrics::RoundTrip(NodeId peer, std::chrono::nanoseconds took) {
  series_->network.Of(peer).round_trips.Add(took);
}

void NodeMetrics::PeerFailed(NodeId peer) {
  series_->network.Of(peer).failures.Increment();
}

void NodeMetrics::Proposed() {
  series_->log.proposed.Increment();
}

void NodeMetrics::Answered(OperationKind kind, Outcome outcome, std::chrono::nanoseconds took) {
  series_->clients.Answered(kind, outcome).Increment();
  series_->clients.Times(kind).Add(took);
  if (IsWrite(kind) && IsFailure(outcome)) series_->log.failed.Increment();
}

void NodeMetrics::Dropped(OperationKind kind) {
  series_->clients.Dropped(kind).Increment();
  if (IsWrite(kind)) series_->log.failed.Increment();
}

void NodeMetrics::Set(const NodeFigures& now) {
  Series& s = *series_;
  s.roles.term.Set(static_cast<double>(now.term.value()));
  s.log.committed.Set(Number(now.commit));
  s.log.applied.Set(Number(now.applied));
  s.log.last.Set(Number(now.last));
  s.log.durable.Set(Number(now.durable));
  s.roles.is_leader.Set(now.is_leader ? 1 : 0);
  s.roles.has_leader.Set(now.has_leader ? 1 : 0);
  s.roles.suspended.Set(now.suspended ? 1 : 0);
  s.log.pending.Set(now.is_leader ? static_cast<double>(now.last - now.commit) : 0);
  s.log.uncommitted_bytes.Set(static_cast<double>(now.uncommitted_bytes));
  s.store.open_calls.Set(static_cast<double>(now.open_calls));
  s.store.sessions.Set(static_cast<double>(now.sessions));
  s.store.keys.Set(static_cast<double>(now.keys));
  s.store.log_bytes.Set(static_cast<double>(now.log_bytes));
  s.log.base.Set(Number(now.log_base));
  s.snapshots.index.Set(Number(now.snapshot));
  s.snapshots.bytes.Set(static_cast<double>(now.snapshot_bytes));
  s.followers.Set(now.followers);
}

std::string NodeMetrics::Text() const {
  std::vector<MetricFamily> families = series_->registry.Collect();
  AddProcess(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace drydock::net
