// Handing leadership over: thesis, section 3.10. The leader takes no new entries, brings the
// target's log up to its own, and bids it campaign at once. Until the target is seen to lead, or
// the deadline has come, nobody is told how it ended. A leader that still leads then serves on.
#include <tuple>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

// A peer that answered one of the last two heartbeats to all is there.
bool IsHeard(const Peer& peer, const Leader& leader) {
  return peer.active || peer.acked_round >= leader.round_of_all_before;
}

// After an attempt the preference rests for so many of the longest election timeouts.
constexpr int kPreferenceRest = 10;

}  // namespace

// --- What is asked of a leader ------------------------------------------------------------------

void Raft::HandleTransfer(CallId call, std::optional<NodeId> target, RaftOutput& out) {
  if (suspended_) return out.drops.push_back(call);
  std::optional<TransferOutcome> refusal = ReasonNotToTransfer(target);
  if (!refusal.has_value() && !target.has_value()) {
    target = BestSuccessor();
    if (!target.has_value()) refusal = TransferOutcome::kNoSuccessor;
  }
  if (!refusal.has_value()) return StartTransfer(call, *target, TransferCause::kAsked, out);
  out.trace.emplace_back(trace::TransferRefused{target, *refusal});
  out.transfers.push_back(
      {call, {.outcome = *refusal, .target = target, .leader = leader(), .term = term_}});
}

std::optional<TransferOutcome> Raft::ReasonNotToTransfer(std::optional<NodeId> target) const {
  const auto* leader = std::get_if<Leader>(&state_);
  if (leader == nullptr) return TransferOutcome::kNotLeader;
  if (transfer_.has_value()) return TransferOutcome::kUnderWay;
  if (target == id_) return TransferOutcome::kAlreadyLeader;
  if (target.has_value() && !configuration().IsMember(*target)) {
    return TransferOutcome::kUnknownTarget;
  }
  if (target.has_value() && !configuration().IsVoter(*target)) return TransferOutcome::kNotVoter;
  if (!configuration().founded() || commit_ < leader->term_start) return TransferOutcome::kNotReady;
  for (const Peer& peer : leader->peers) {
    if (peer.node == target && !peer.counts) return TransferOutcome::kNotReady;
  }
  return std::nullopt;
}

// Of the voters that answer and are to stay, the one with the longest log; of equals the most
// preferred, then the first.
std::optional<NodeId> Raft::BestSuccessor() const {
  const auto& leader = std::get<Leader>(state_);
  const Peer* best = nullptr;
  const auto worth = [&](const Peer& peer) {
    return std::tuple(peer.match, settings_.PriorityOf(peer.node));
  };
  for (const Peer& peer : leader.peers) {
    const bool stays = configuration().incoming().Contains(peer.node);
    if (!peer.counts || !IsHeard(peer, leader) || !stays) continue;
    if (best == nullptr || worth(peer) > worth(*best)) best = &peer;
  }
  return best == nullptr ? std::nullopt : std::optional(best->node);
}

// --- Its course ---------------------------------------------------------------------------------

void Raft::StartTransfer(std::optional<CallId> call, NodeId target, TransferCause cause,
                         RaftOutput& out) {
  DRYDOCK_CHECK(IsLeader() && !transfer_.has_value() && target != id_, term_, target);
  transfer_ = Transfer{.call = call, .target = target};
  out.trace.emplace_back(trace::TransferStarted{target, cause});
  Arm(TimerId::kTransfer, settings_.election_timeout_max, out);
}

// At the end of each step. The target must hold all of our log durably, or it could not win. That
// all of it is committed, too, lets every client that waits for an entry have its answer from us.
void Raft::SendTimeoutNow(RaftOutput& out) {
  if (!transfer_.has_value() || transfer_->bidden) return;
  const Peer* peer = FindPeer(transfer_->target);
  if (peer == nullptr || peer->match != log_.last() || commit_ != log_.last()) return;
  transfer_->bidden = true;
  GiveUpLease();
  SendNow(peer->node, TimeoutNow{log_.last(), log_.last_term()}, out);
}

void Raft::EndTransfer(TransferOutcome outcome, RaftOutput& out) {
  const Transfer ended = *transfer_;
  transfer_.reset();
  Disarm(TimerId::kTransfer);
  out.trace.emplace_back(trace::TransferEnded{ended.target, outcome, leader()});
  if (!ended.call.has_value()) return;
  out.transfers.push_back(
      {*ended.call,
       {.outcome = outcome, .target = ended.target, .leader = leader(), .term = term_}});
}

// The node falls silent: nobody is told.
void Raft::DropTransfer(RaftOutput& out) {
  if (!transfer_.has_value()) return;
  if (transfer_->call.has_value()) out.drops.push_back(*transfer_->call);
  transfer_.reset();
  Disarm(TimerId::kTransfer);
}

// The target may yet campaign; that would be an election like any other.
void Raft::TransferDeadline(RaftOutput& out) {
  EndTransfer(IsLeader() ? TransferOutcome::kFailed : TransferOutcome::kUnknown, out);
}

// Somebody leads our term. As long as we still led, that was no news.
void Raft::NoteLeader(NodeId leader, RaftOutput& out) {
  if (!transfer_.has_value()) return;
  if (leader == id_) return EndTransfer(TransferOutcome::kFailed, out);
  const bool done = leader == transfer_->target;
  EndTransfer(done ? TransferOutcome::kDone : TransferOutcome::kOvertaken, out);
}

// --- The target ---------------------------------------------------------------------------------

// No pre-vote: the leader itself wants the election.
void Raft::HandleTimeoutNow(CallId call, const Message& message, RaftOutput& out) {
  const auto& request = std::get<TimeoutNow>(message.body);
  Follow(message.from, out);
  std::optional<RefusalReason> refusal;
  if (!configuration().IsVoter(id_)) {
    refusal = RefusalReason::kNotVoter;
  } else if (durable_index_ < request.last_index ||
             !log_.Matches(request.last_index, request.last_term)) {
    refusal = RefusalReason::kNotCaughtUp;
  }
  if (refusal.has_value()) Refuse(*refusal, message.from, out);
  ReplyNow(call, message.from, TimeoutNowResponse{!refusal.has_value()}, out);
  if (!refusal.has_value()) BecomeCandidate(RoleCause::kTransfer, out);
}

// A refusal is no end: the next heartbeat is followed by another bid.
void Raft::HandleTimeoutNowResponse(const Message& message, RaftOutput& out) {
  Peer* peer = FindPeer(message.from);
  if (peer == nullptr) return Refuse(RefusalReason::kStaleResponse, message.from, out);
  peer->active = true;
}

// --- Priorities (docs/decisions/0010) -----------------------------------------------------------

bool Raft::IsOutranked() const {
  if (settings_.priorities.empty()) return false;
  for (const Member& member : configuration().members()) {
    if (!configuration().IsVoter(member.node)) continue;
    if (settings_.PriorityOf(member.node) > settings_.PriorityOf(id_)) return true;
  }
  return false;
}

// The most preferred voter above us that answers and was sent all that is committed.
std::optional<NodeId> Raft::PreferredPeer() const {
  const auto& leader = std::get<Leader>(state_);
  std::optional<NodeId> best;
  for (const Peer& peer : leader.peers) {
    if (!peer.counts || peer.probing || !configuration().IsVoter(peer.node)) continue;
    if (peer.next <= commit_ || !IsHeard(peer, leader)) continue;
    if (settings_.PriorityOf(peer.node) <= settings_.PriorityOf(best.value_or(id_))) continue;
    best = peer.node;
  }
  return best;
}

// A voter that was fit twice in a row is handed the leadership. Whether that succeeds or not, the
// timer then rests, in whatever role: a node that keeps failing is not preferred again and again.
void Raft::ConsiderPreference(RaftOutput& out) {
  Leader* leader = AsLeader();
  if (leader == nullptr) return;
  const std::optional<NodeId> fit = PreferredPeer();
  const bool steady = fit.has_value() && fit == leader->preferred;
  leader->preferred = fit;
  const auto longest = settings_.election_timeout_max.nanoseconds();
  if (!steady || ReasonNotToTransfer(fit).has_value()) {
    return Arm(TimerId::kPreference, settings_.election_timeout_max, out);
  }
  Arm(TimerId::kPreference, Duration::Nanoseconds(longest * kPreferenceRest), out);
  StartTransfer(std::nullopt, *fit, TransferCause::kPriority, out);
}

}  // namespace drydock
