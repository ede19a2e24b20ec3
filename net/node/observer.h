// Everybody who wants to know what the node does: its log, its trace, its metrics, its health, and
// what its status tells.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/node/node.h"
#include "core/protocol/trace_event.h"
#include "net/disk/disk_worker.h"
#include "net/http/health.h"
#include "net/log/event_log.h"
#include "net/log/trace_file.h"
#include "net/metrics/node_metrics.h"
#include "net/runtime/call_table.h"
#include "net/runtime/election_times.h"
#include "net/runtime/lead_times.h"

namespace drydock::net {

// Of the loop's thread, but for what metrics() and health() say themselves.
class Observer {
 public:
  Observer(EventLog& log, const NodeMetricsOptions& options) : log_(log), metrics_(options) {}
  // The term that the node starts in.
  void StartIn(Term term);
  void WriteTraceTo(std::unique_ptr<TraceFile> trace) { trace_ = std::move(trace); }

  // What the time of day is at `now`: to be told now and then, as clocks are set.
  void SetTimeOfDay(std::int64_t unix_ns, TimePoint now) {
    unix_zero_ = unix_ns - now.nanoseconds();
  }
  void Event(TimePoint now, const TraceEvent& event);
  // A peer has sent a request, or answered one.
  void Heard(NodeId peer, TimePoint now);
  void RoundTrip(NodeId peer, std::chrono::nanoseconds took) { metrics_.RoundTrip(peer, took); }
  void Unreachable(NodeId peer, const std::string& why);
  void Asked(const CallTable::OpenCall& call);
  void Dropped(const CallTable::OpenCall& call) { metrics_.Dropped(call.kind); }
  void Answered(TimePoint now, const CallTable::OpenCall& call, Outcome outcome);
  // The node's disk was asked to do it.
  void Submitted(TimePoint now, const DiskOp& op);
  void DiskDone(const DiskResult& result) { metrics_.DiskDone(result); }

  // After each step: is it well, and do clients get answers?
  void ShowHealth(const Node& node);
  // Now and then: what the node looks like, for those who watch it from other threads.
  void Show(const Node& node, TimePoint now, std::uint64_t open_calls, std::uint64_t log_bytes);
  // Writes the events of the step to the trace, so that it tells what a process did until it was
  // killed.
  void Flush();

  std::optional<TimePoint> LastHeard(NodeId peer) const;
  std::uint64_t elections_won() const { return elections_won_; }
  // Why the node stopped itself; empty: it has not.
  const std::string& halted() const { return halted_; }
  LeadTimes& lead_times() { return lead_times_; }
  const ElectionTimes& election_times() const { return election_times_; }
  NodeMetrics& metrics() { return metrics_; }
  Health& health() { return health_; }
  // Clients get answers here: the node leads or knows who does, and nothing keeps it silent.
  bool IsReady() const { return !ReasonNotReady(health_.View(Health::Clock::now())).has_value(); }

 private:
  struct Peer {
    std::optional<TimePoint> heard;
    bool reachable = true;  // as far as the log was told
  };

  std::vector<FollowerFigures> FollowersOf(const Raft& raft, TimePoint now) const;

  EventLog& log_;
  std::int64_t unix_zero_ = 0;  // the time of day at zero of the steady clock
  std::unique_ptr<TraceFile> trace_;
  LeadTimes lead_times_;
  ElectionTimes election_times_;
  NodeMetrics metrics_;
  Health health_;
  std::map<NodeId, Peer> peers_;
  bool leads_ = false;
  std::uint64_t elections_won_ = 0;
  std::string halted_;
  TimePoint snapshot_begun_;  // of the one being written
};

}  // namespace drydock::net
