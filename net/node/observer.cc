#include "net/node/observer.h"

#include <utility>
#include <variant>

#include "core/storage/snapshot_format.h"

namespace drydock::net {

void Observer::StartIn(Term term) {
  log_.StartIn(term);
  election_times_.StartIn(term);
}

void Observer::Event(TimePoint now, const TraceEvent& event) {
  log_.Event(unix_zero_ + now.nanoseconds(), event);
  if (trace_ != nullptr) trace_->Write(now, event);
  lead_times_.Observe(event, now);
  election_times_.Observe(event, now);
  metrics_.Observe(event);
  if (const auto* role = std::get_if<trace::RoleChanged>(&event)) {
    leads_ = role->role == Role::kLeader;
    if (leads_) ++elections_won_;
  } else if (const auto* stopped = std::get_if<trace::Halted>(&event)) {
    halted_ = stopped->reason;
    health_.Halt(stopped->reason);
  } else if (std::holds_alternative<trace::SnapshotSaved>(event)) {
    metrics_.SnapshotSaved(std::chrono::nanoseconds((now - snapshot_begun_).nanoseconds()));
  }
}

// A snapshot has no event that begins it, but a file that does.
void Observer::Submitted(TimePoint now, const DiskOp& op) {
  const auto* create = std::get_if<CreateDurably>(&op.action);
  if (create != nullptr && create->path == kWritingPath) snapshot_begun_ = now;
}

void Observer::Heard(NodeId node, TimePoint now) {
  Peer& peer = peers_[node];
  peer.heard = now;
  if (std::exchange(peer.reachable, true)) return;
  log_.Info("peer_reachable", {{"peer", node}});
}

void Observer::Unreachable(NodeId node, const std::string& why) {
  metrics_.PeerFailed(node);
  if (!std::exchange(peers_[node].reachable, false)) return;
  log_.Warning("peer_unreachable", {{"peer", node}, {"why", why}});
}

void Observer::Asked(const CallTable::OpenCall& call) {
  const bool reads = call.kind == OperationKind::kGet || call.kind == OperationKind::kStaleGet;
  if (leads_ && !reads) metrics_.Proposed();
}

void Observer::Answered(TimePoint now, const CallTable::OpenCall& call, Outcome outcome) {
  metrics_.Answered(call.kind, outcome, std::chrono::nanoseconds((now - call.asked).nanoseconds()));
}

std::vector<FollowerFigures> Observer::FollowersOf(const Raft& raft, TimePoint now) const {
  std::vector<FollowerFigures> followers;
  if (raft.leadership() == nullptr) return followers;
  for (const drydock::Peer& peer : raft.leadership()->peers) {
    const std::optional<TimePoint> heard = LastHeard(peer.node);
    FollowerFigures& figures = followers.emplace_back(FollowerFigures{peer.node, peer.match, {}});
    if (heard.has_value()) figures.silence = std::chrono::nanoseconds((now - *heard).nanoseconds());
  }
  return followers;
}

void Observer::ShowHealth(const Node& node) {
  const Raft& raft = node.raft();
  health_.Beat(Health::Clock::now());
  health_.Show(raft.configuration().founded(), raft.leader().has_value(), raft.suspended());
}

void Observer::Show(const Node& node, TimePoint now, std::uint64_t open_calls,
                    std::uint64_t log_bytes) {
  const Raft& raft = node.raft();
  const StoredSnapshot* snapshot = node.snapshot();
  metrics_.Set({.term = raft.term(),
                .commit = raft.commit(),
                .applied = node.applied(),
                .last = raft.log().last(),
                .durable = raft.durable_index(),
                .is_leader = raft.IsLeader(),
                .has_leader = raft.leader().has_value(),
                .suspended = raft.suspended(),
                .open_calls = open_calls,
                .uncommitted_bytes = raft.uncommitted_bytes(),
                .sessions = node.kv().session_count(),
                .keys = node.kv().size(),
                .log_bytes = log_bytes,
                .log_base = raft.log().base(),
                .snapshot = snapshot == nullptr ? Index(0) : snapshot->meta.index,
                .snapshot_bytes = snapshot == nullptr ? 0 : snapshot->meta.bytes,
                .followers = FollowersOf(raft, now)});
}

void Observer::Flush() {
  if (trace_ == nullptr) return;
  trace_->Flush();
  if (trace_->failure().empty()) return;
  log_.Error("trace_ended", {{"why", trace_->failure()}});
  trace_.reset();
}

std::optional<TimePoint> Observer::LastHeard(NodeId node) const {
  const auto peer = peers_.find(node);
  return peer == peers_.end() ? std::nullopt : peer->second.heard;
}

}  // namespace drydock::net
