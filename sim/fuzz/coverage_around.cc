// The situations that messages, starts, ends of nodes and client calls tell of.
#include <algorithm>
#include <variant>

#include "core/storage/snapshot_format.h"
#include "sim/fuzz/coverage.h"
#include "sim/fuzz/plain_situations.h"

namespace drydock::sim {
namespace {

MessageType TypeOf(const Message& message) {
  return static_cast<MessageType>(message.body.index());
}

Asked AskedBy(const ClientOp& op) {
  if (std::holds_alternative<RegisterOp>(op)) return Asked::kRegister;
  if (std::holds_alternative<CompareAndSetOp>(op)) return Asked::kCas;
  const auto* get = std::get_if<GetOp>(&op);
  if (get == nullptr) return Asked::kWrite;
  if (get->mode == ReadMode::kStale) return Asked::kReadStale;
  if (get->any_node) return Asked::kReadAnywhere;
  return get->mode == ReadMode::kLease ? Asked::kReadLease : Asked::kRead;
}

std::size_t PlaceOf(std::string_view lose) {
  const auto found = std::find(kLoseNames.begin(), kLoseNames.end(), lose);
  return static_cast<std::size_t>(found - kLoseNames.begin());
}

bool Mentions(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

// --- Messages -----------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const trace::Sent& event) {
  const MessageBody& body = event.message->body;
  View& from = At(meta);
  if (const auto* vote = std::get_if<VoteResponse>(&body)) {
    if (vote->granted) Reach(table_.votes.At(from.standing));
  } else if (std::holds_alternative<TimeoutNow>(body)) {
    if (!from.handover.has_value()) return;
    ReachIf(++from.handover->bids > 1, Plain("transfer/bidden_again"));
  } else if (const auto* chunk = std::get_if<SnapshotChunk>(&body)) {
    SendsChunk(from, *event.message, *chunk);
  } else if (const auto* answer = std::get_if<SnapshotChunkResponse>(&body)) {
    AnswersChunk(from, event.message->to, *answer);
  }
}

void CoverageObserver::SendsChunk(View& from, const Message& message, const SnapshotChunk& chunk) {
  if (chunk.bytes.empty()) return;
  Outgoing& sent = from.outgoing[message.to.value()];
  const std::uint64_t behind = chunk.offset + chunk.bytes.size();
  const bool same = sent.index == chunk.meta.index;
  ReachIf(same && behind <= sent.behind, Plain("snapshot/chunk_sent_again"));
  sent.index = chunk.meta.index;
  sent.behind = behind;
}

void CoverageObserver::AnswersChunk(View& from, NodeId leader,
                                    const SnapshotChunkResponse& response) {
  if (!from.incoming.has_value() || response.installed || response.received == 0) return;
  if (from.incoming->index != response.index) return;
  ReachIf(!from.incoming->since_start, Plain("snapshot/resumed_after_restart"));
  ReachIf(from.incoming->from != leader, Plain("snapshot/resumed_from_another_leader"));
}

void CoverageObserver::On(const EventMeta& meta, const trace::Delivered& event) {
  View& node = At(meta);
  node.delivered = meta.id;
  node.type = TypeOf(*event.message);
  Reach(table_.received_by_role.At(node.type, node.role));
  Reach(table_.received_by_standing.At(node.type, node.standing));
  if (meta.cause < node.start) Reach(table_.from_before_restart.At(node.type));
  if (const auto* append = std::get_if<AppendRequest>(&event.message->body)) {
    GetsAppend(node, *append);
  } else if (const auto* chunk = std::get_if<SnapshotChunk>(&event.message->body)) {
    GetsChunk(node, event.message->from, *chunk);
  }
}

void CoverageObserver::GetsAppend(const View& to, const AppendRequest& request) {
  const Index last = request.previous_index + request.entries.size();
  const bool empty = request.entries.empty();
  ReachIf(request.probe, Plain("append/probe"));
  ReachIf(request.probe && empty, Plain("append/probe/empty"));
  ReachIf(!empty && last <= to.last(), Plain("append/nothing_new"));
  ReachIf(request.previous_index < to.last() && last > to.last(), Plain("append/overlapping"));
  ReachIf(!empty && request.previous_index < to.base, Plain("append/before_compacted"));
}

void CoverageObserver::GetsChunk(View& to, NodeId from, const SnapshotChunk& chunk) {
  ReachIf(chunk.meta.index <= to.commit, Plain("snapshot/not_needed"));
  if (chunk.bytes.empty() || chunk.meta.index <= to.commit) return;
  const bool another = to.incoming.has_value() && to.incoming->index != chunk.meta.index;
  ReachIf(another, Plain("snapshot/given_up_for_another"));
  to.incoming = Incoming{.index = chunk.meta.index, .from = from, .since_start = true};
}

void CoverageObserver::On(const EventMeta&, const trace::Dropped& event) {
  Reach(table_.lost.At(TypeOf(*event.message)));
}

void CoverageObserver::On(const EventMeta&, const trace::Duplicated& event) {
  Reach(table_.duplicated.At(TypeOf(*event.message)));
}

// --- Start --------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const trace::Started& event) {
  View& node = At(meta);
  Reach(event.incarnation == Incarnation(1) ? Plain("recovery/first_start")
                                            : Plain("recovery/restart"));
  ReachIf(!event.torn.empty(), Plain("recovery/torn_tail"));
  ReachIf(event.snapshot > Index(0), Plain("recovery/snapshot"));
  ReachIf(event.snapshot > Index(0) && event.last > event.snapshot,
          Plain("recovery/snapshot/log_continues"));
  ReachIf(event.vote == meta.node, Plain("recovery/vote_for_itself"));
  ReachIf(event.vote.has_value() && event.vote != meta.node, Plain("recovery/vote_for_another"));
  View fresh;
  if (event.incarnation > Incarnation(1)) {
    Recovers(node, event);
    fresh.configuration_index = node.configuration_index;
  }
  fresh.running = true;
  fresh.started = true;
  fresh.standing = node.standing;
  fresh.term = event.term;
  fresh.vote = event.vote;
  fresh.log = std::move(node.log);
  fresh.log.resize(std::max(event.kept, event.base).value());
  fresh.base = event.base;
  fresh.commit = fresh.applied = fresh.snapshot = event.snapshot;
  fresh.start = meta.id;
  fresh.led = std::move(node.led);
  fresh.incoming = node.incoming;
  if (fresh.incoming.has_value()) fresh.incoming->since_start = false;
  fresh.outgoing.resize(nodes_.size());
  node = std::move(fresh);
}

void CoverageObserver::Recovers(const View& before, const trace::Started& event) {
  const bool given_up = event.base > event.kept;
  ReachIf(given_up, Plain("recovery/log_given_up_for_snapshot"));
  ReachIf(!given_up && event.kept < before.last(), Plain("recovery/entries_lost"));
  ReachIf(event.kept > before.commit, Plain("recovery/uncommitted_entries"));
  ReachIf(event.term < before.term, Plain("recovery/term_forgotten"));
  ReachIf(before.vote.has_value() && event.vote != before.vote, Plain("recovery/vote_forgotten"));
  ReachIf(before.role == Role::kLeader, Plain("recovery/former_leader"));
  ReachIf(!before.founded, Plain("recovery/unfounded"));
}

void CoverageObserver::On(const EventMeta&, const trace::RefusedToStart& event) {
  const auto told = [&](std::string_view what) { return Mentions(event.error, what); };
  if (told("no store in this directory")) return Reach(Plain("refused_to_start/no_store"));
  if (told("input/output error")) return Reach(Plain("refused_to_start/disk_fails"));
  if (told("no space left")) return Reach(Plain("refused_to_start/disk_full"));
  if (event.error.starts_with("wal/")) return Reach(Plain("refused_to_start/log_damaged"));
  if (event.error.starts_with("snapshots/")) {
    return Reach(Plain("refused_to_start/snapshot_damaged"));
  }
  Reach(Plain("refused_to_start/identity_damaged"));
}

void CoverageObserver::On(const EventMeta& meta, const trace::Refounded&) {
  Reach(Plain("recovery/refounded"));
  View& node = At(meta);
  node.founded = false;
  node.led.clear();
}

// --- Crash and halt -----------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta& meta, const trace::Crashed& event) {
  View& node = At(meta);
  if (!node.running) return;  // it had halted, or was refused its start
  const std::size_t lose = PlaceOf(event.lose);
  Reach(table_.crashes_by_role.At(lose, node.role));
  Reach(table_.crashes_by_standing.At(node.standing));
  const bool ballot = node.term != node.durable_term || node.vote != node.durable_vote;
  ReachIf(node.suspended, Plain("crash/suspended"));
  ReachIf(node.durable < node.last(), Plain("crash/entries_not_durable"));
  ReachIf(ballot, Plain("crash/term_or_vote_not_durable"));
  ReachIf(node.commit < node.last(), Plain("crash/uncommitted_entries"));
  ReachIf(node.incoming.has_value() && node.incoming->since_start,
          Plain("crash/receiving_snapshot"));
  ReachIf(node.writing_snapshot, Plain("crash/writing_snapshot"));
  const bool target = std::any_of(nodes_.begin(), nodes_.end(), [&](const View& other) {
    return other.running && other.handover.has_value() && other.handover->target == *meta.node;
  });
  ReachIf(target, Plain("crash/transfer_target"));
  if (node.leads()) LosesLeadership(node, Loss::kCrashed);
  if (event.lose == "everything") node.incoming.reset();
  Stops(node);
}

void CoverageObserver::On(const EventMeta& meta, const trace::DiskSubmitted& event) {
  if (event.op->lane != Lane::kBulk) return;
  const auto* create = std::get_if<CreateDurably>(&event.op->action);
  if (create != nullptr && create->path == kWritingPath) At(meta).writing_snapshot = true;
}

void CoverageObserver::On(const EventMeta& meta, const drydock::trace::Halted& event) {
  View& node = At(meta);
  const bool snapshot = Mentions(event.reason, "snapshots/");
  const bool full = Mentions(event.reason, "no space left");
  const bool fails = Mentions(event.reason, "input/output error");
  ReachIf(full && !snapshot, Plain("halted/log/disk_full"));
  ReachIf(full && snapshot, Plain("halted/snapshot/disk_full"));
  ReachIf(fails && !snapshot, Plain("halted/log/sync_fails"));
  ReachIf(fails && snapshot, Plain("halted/snapshot/sync_fails"));
  ReachIf(!full && !fails && snapshot, Plain("halted/snapshot/damaged"));
  Reach(table_.halted.At(node.role));
  if (node.leads()) LosesLeadership(node, Loss::kHalted);
  Stops(node);
}

void CoverageObserver::Stops(View& node) {
  node.running = false;
  node.suspended = false;
  node.handover.reset();
  node.writing_snapshot = false;
  for (Outgoing& sent : node.outgoing) sent = {};
  const auto running = static_cast<std::size_t>(
      std::count_if(nodes_.begin(), nodes_.end(), [](const View& view) { return view.running; }));
  ReachIf(running * 2 <= nodes_.size(), Plain("cluster/no_majority_runs"));
  ReachIf(running == 0, Plain("cluster/nobody_runs"));
}

// --- Clients ------------------------------------------------------------------------------------

void CoverageObserver::On(const EventMeta&, const trace::Called& event) {
  calls_[event.operation] = OpenCall{.asked = AskedBy(event.request->op), .attempts = {}};
}

void CoverageObserver::On(const EventMeta&, const trace::Attempted& event) {
  OpenCall& call = calls_[event.operation];
  call.attempts.push_back(event.call);
  attempts_[event.call] = call.asked;
}

void CoverageObserver::On(const EventMeta& meta, const trace::Arrived&) {
  const View& node = At(meta);
  if (!node.running) return;
  ReachIf(node.leads() && node.handover.has_value(), Plain("transfer/call_waits"));
  ReachIf(node.leads() && IsSucceeded(node), Plain("client/old_leader_is_asked"));
}

void CoverageObserver::On(const EventMeta& meta, const trace::Replied& event) {
  const auto attempt = attempts_.find(event.call);
  if (attempt == attempts_.end()) return;  // an operator's, or the client has given up
  Reach(table_.replies.At(attempt->second, event.answer->outcome, At(meta).leads()));
}

void CoverageObserver::On(const EventMeta&, const trace::Answered& event) {
  const auto call = calls_.find(event.operation);
  if (call == calls_.end()) return;
  Reach(table_.answers.At(event.outcome, call->second.attempts.size() > 1));
  for (const CallId attempt : call->second.attempts) attempts_.erase(attempt);
  calls_.erase(call);
}

}  // namespace drydock::sim
