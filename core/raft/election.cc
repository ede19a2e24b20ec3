// Elections: paper, section 5.2; pre-vote and leader stickiness: thesis, sections 9.6 and 4.2.3.
#include <algorithm>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

std::optional<bool> VoteOf(const std::vector<std::pair<NodeId, bool>>& votes, NodeId node) {
  for (const auto& [voter, granted] : votes) {
    if (voter == node) return granted;
  }
  return std::nullopt;
}

// The first answer of a voter stands.
void NoteVote(std::vector<std::pair<NodeId, bool>>& votes, NodeId node, bool granted) {
  if (!VoteOf(votes, node).has_value()) votes.emplace_back(node, granted);
}

}  // namespace

// --- Timeouts -----------------------------------------------------------------------------------

// Drawn anew for each role, so that nodes that split a vote once do not split it for ever.
void Raft::DrawElectionTimeout() {
  const std::uint64_t ordinal = draws_++;
  const Duration spread = settings_.election_timeout_max - settings_.election_timeout_min;
  const auto span = static_cast<std::uint64_t>(spread.nanoseconds()) + 1;
  std::uint64_t offset = Reduce(Mix(seed_ + Mix(ordinal)), span);
  if (pins_ != nullptr) {
    if (const auto pin = pins_->find({0, ordinal}); pin != pins_->end()) {
      offset = std::min(pin->second, span - 1);
    }
  }
  election_timeout_ =
      settings_.election_timeout_min + Duration::Nanoseconds(static_cast<std::int64_t>(offset));
  // Whom others outrank waits until any of them could have asked for votes.
  if (IsOutranked()) election_timeout_ = election_timeout_ + spread + settings_.heartbeat_interval;
}

void Raft::ArmElection(RaftOutput& out) {
  Duration delay = election_timeout_;
  // Its own vote is one, too: it waits for what it may have promised before it was restarted.
  if (IsArmed(TimerId::kStickiness)) {
    delay = std::max(delay, timers_[TimerId::kStickiness] - now_);
  }
  Arm(TimerId::kElection, delay, out);
}

void Raft::ElectionTimeout(RaftOutput& out) {
  const RoleCause cause =
      role() == Role::kFollower ? RoleCause::kElectionTimeout : RoleCause::kNoVotesInTime;
  if (!MayCampaign() || disk_ == DiskWatch::kStalled) return ArmElection(out);
  if (settings_.pre_vote) return BecomePreCandidate(cause, out);
  BecomeCandidate(cause, out);
}

bool Raft::LeaderIsAlive() const {
  return IsArmed(TimerId::kStickiness) || (settings_.check_quorum && IsLeader());
}

// --- Roles --------------------------------------------------------------------------------------

// What the old role still owes to others.
void Raft::LeaveRole(RaftOutput& out) {
  if (auto* follower = std::get_if<Follower>(&state_)) {
    for (const auto& [call, message] : follower->held) out.drops.push_back(call);
    follower->held.clear();
  }
  ++stay_;
  DropQuestions(out);
  AnswerChange(ChangeOutcome::kUnknown, "the leader lost its leadership before it was done", out);
  Disarm(TimerId::kHeartbeat);
  Disarm(TimerId::kCheckQuorum);
  Disarm(TimerId::kSnapshot);
  Disarm(TimerId::kReadIndex);
  Disarm(TimerId::kLease);
}

void Raft::BecomeFollower(std::optional<NodeId> leader, RoleCause cause, RaftOutput& out) {
  const bool was_follower = role() == Role::kFollower;
  // A term alone is no reason to wait longer (paper, figure 2): who campaigns in vain again and
  // again would keep from it who could win. Only a leader has no election timer.
  const bool timer_runs_on = cause == RoleCause::kHigherTerm && !IsLeader();
  LeaveRole(out);
  state_ = Follower{.leader = leader, .held = {}};
  if (was_follower && timer_runs_on) return;
  out.trace.emplace_back(trace::RoleChanged{Role::kFollower, cause, leader});
  if (timer_runs_on) return;
  DrawElectionTimeout();
  ArmElection(out);
}

void Raft::BecomePreCandidate(RoleCause cause, RaftOutput& out) {
  LeaveRole(out);
  Disarm(TimerId::kStickiness);
  state_ = PreCandidate{.votes = {{id_, true}}};
  out.trace.emplace_back(trace::RoleChanged{Role::kPreCandidate, cause, std::nullopt});
  DrawElectionTimeout();
  ArmElection(out);
  Campaign(PreVoteRequest{Next(term_), log_.last(), log_.last_term()}, false, out);
  CountPreVotes(out);
}

void Raft::BecomeCandidate(RoleCause cause, RaftOutput& out) {
  LeaveRole(out);
  Disarm(TimerId::kStickiness);
  term_ = Next(term_);
  vote_ = id_;
  RecordTermAndVote(out);
  state_ = Candidate{.votes = {}, .own_vote = lsn_};
  out.trace.emplace_back(trace::RoleChanged{Role::kCandidate, cause, std::nullopt});
  DrawElectionTimeout();
  ArmElection(out);
  // A request that left before our own vote is durable could gather votes for a term in which we,
  // after a crash, vote for somebody else.
  const bool transfer = cause == RoleCause::kTransfer;
  Campaign(VoteRequest{log_.last(), log_.last_term(), transfer}, true, out);
}

void Raft::Campaign(const MessageBody& request, bool when_durable, RaftOutput& out) {
  for (const Member& member : configuration().members()) {
    if (member.node == id_ || !configuration().IsVoter(member.node)) continue;
    if (when_durable) {
      SendWhenDurable(member.node, MessageBody(request));
    } else {
      SendNow(member.node, MessageBody(request), out);
    }
  }
}

void Raft::BecomeLeader(RaftOutput& out) {
  LeaveRole(out);
  Disarm(TimerId::kElection);
  Disarm(TimerId::kStickiness);
  Leader leader;
  for (const Member& member : configuration().members()) {
    if (member.node == id_) continue;
    Peer peer{.node = member.node, .in_flight = {}};
    peer.next = Next(log_.last());
    leader.peers.push_back(std::move(peer));
  }
  for (Index i = Next(commit_); i <= log_.last(); i = Next(i)) {
    leader.uncommitted_bytes += Cost(log_.At(i));
  }
  leader.term_start = Next(log_.last());
  state_ = std::move(leader);
  out.trace.emplace_back(trace::RoleChanged{Role::kLeader, RoleCause::kElectionWon, id_});
  NoteStores();
  NoteLeader(id_, out);
  if (settings_.check_quorum) Arm(TimerId::kCheckQuorum, settings_.election_timeout_max, out);
  if (IsOutranked() && !IsArmed(TimerId::kPreference)) {
    Arm(TimerId::kPreference, settings_.election_timeout_max, out);
  }
  // Only an entry of its own term lets a leader commit what its predecessors left (paper, 5.4.2).
  Propose(EntryKind::kNoop, Bytes(), out);
  Broadcast(out);
  Send(out);
}

// --- Pre-votes ----------------------------------------------------------------------------------

bool Raft::IsLogUpToDate(Index last_index, Term last_term) const {  // paper, section 5.4.1
  if (last_term != log_.last_term()) return last_term > log_.last_term();
  return last_index >= log_.last();
}

void Raft::HandlePreVoteRequest(CallId call, const Message& message, RaftOutput& out) {
  const auto& request = std::get<PreVoteRequest>(message.body);
  bool granted = false;
  if (LeaderIsAlive()) {
    Refuse(RefusalReason::kLeaderIsAlive, message.from, out);
  } else if (request.next_term <= term_) {
    Refuse(RefusalReason::kOldTerm, message.from, out);
  } else if (!IsLogUpToDate(request.last_index, request.last_term)) {
    Refuse(RefusalReason::kLogBehind, message.from, out);
  } else {
    granted = true;
  }
  ReplyNow(call, message.from, PreVoteResponse{request.next_term, granted}, out);
}

void Raft::HandlePreVoteResponse(const Message& message, RaftOutput& out) {
  const auto& response = std::get<PreVoteResponse>(message.body);
  auto* candidate = std::get_if<PreCandidate>(&state_);
  if (candidate == nullptr || response.next_term != Next(term_)) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  NoteVote(candidate->votes, message.from, response.granted);
  CountPreVotes(out);
}

void Raft::CountPreVotes(RaftOutput& out) {
  const Votes& votes = std::get<PreCandidate>(state_).votes;
  const VoteOutcome outcome =
      configuration().Outcome([&](NodeId node) { return VoteOf(votes, node); });
  if (outcome == VoteOutcome::kWon) return BecomeCandidate(RoleCause::kPreVoteWon, out);
  // A lost one stays a pre-candidate and asks again after its timeout: nothing is disturbed by it.
}

// --- Votes --------------------------------------------------------------------------------------

void Raft::HandleVoteRequest(CallId call, const Message& message, RaftOutput& out) {
  const auto& request = std::get<VoteRequest>(message.body);
  // A campaign that the leader bade is no disturbance (thesis, section 4.2.3). A promise holds in
  // any term: another message may have brought us the candidate's term before.
  const bool protects = message.term > term_ || (message.term == term_ && HasPromised());
  if (LeaderIsAlive() && protects && !request.transfer) {
    Refuse(RefusalReason::kLeaderIsAlive, message.from, out);
    return ReplyNow(call, message.from, VoteResponse{false}, out);
  }
  // Who is no member by our configuration, or one with another store, was removed, or added by
  // entries that it has and we lack. The former must not move our term (thesis, section 4.2.3).
  const Member* member = configuration().FindMember(message.from);
  if ((member == nullptr || !IsSender(*member, message)) &&
      !IsLogUpToDate(request.last_index, request.last_term)) {
    Refuse(RefusalReason::kLogBehind, message.from, out);
    return ReplyNow(call, message.from, VoteResponse{false}, out);
  }
  if (!KeepUpWithTerm(message, out)) {
    Refuse(RefusalReason::kOldTerm, message.from, out);
    return ReplyNow(call, message.from, VoteResponse{false}, out);
  }
  if (vote_.has_value() ? *vote_ != message.from : leader().has_value()) {
    Refuse(RefusalReason::kAlreadyVoted, message.from, out);
    return ReplyNow(call, message.from, VoteResponse{false}, out);
  }
  if (!IsLogUpToDate(request.last_index, request.last_term)) {
    Refuse(RefusalReason::kLogBehind, message.from, out);
    return ReplyNow(call, message.from, VoteResponse{false}, out);
  }
  if (!vote_.has_value()) {
    vote_ = message.from;
    RecordTermAndVote(out);
  }
  if (role() != Role::kFollower) BecomeFollower(std::nullopt, RoleCause::kVotedForAnother, out);
  ArmElection(out);
  ReplyWhenDurable(call, message.from, VoteResponse{true});
  ReleaseHeld(out);  // a vote repeated may be durable already
}

void Raft::HandleVoteResponse(const Message& message, RaftOutput& out) {
  auto* candidate = std::get_if<Candidate>(&state_);
  if (candidate == nullptr) return Refuse(RefusalReason::kStaleResponse, message.from, out);
  NoteVote(candidate->votes, message.from, std::get<VoteResponse>(message.body).granted);
  CountVotes(out);
}

void Raft::CountVotes(RaftOutput& out) {
  auto& candidate = std::get<Candidate>(state_);
  if (durable_lsn_ >= candidate.own_vote) NoteVote(candidate.votes, id_, true);
  const VoteOutcome outcome =
      configuration().Outcome([&](NodeId node) { return VoteOf(candidate.votes, node); });
  if (outcome == VoteOutcome::kWon) return BecomeLeader(out);
  if (outcome == VoteOutcome::kLost) BecomeFollower(std::nullopt, RoleCause::kElectionLost, out);
}

// --- Check-quorum (thesis, section 6.2) ---------------------------------------------------------

// A leader that a quorum has not answered for an election timeout steps down: it can commit
// nothing, and whoever can may not be voted for while it is heard.
void Raft::CheckQuorum(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  const VoteOutcome outcome = configuration().Outcome([&](NodeId node) -> std::optional<bool> {
    if (node == id_) return true;
    const Peer* peer = FindPeer(node);
    return peer != nullptr && peer->active;
  });
  if (outcome != VoteOutcome::kWon) {
    return BecomeFollower(std::nullopt, RoleCause::kQuorumLost, out);
  }
  for (Peer& peer : leader.peers) peer.active = false;
  Arm(TimerId::kCheckQuorum, settings_.election_timeout_max, out);
}

}  // namespace drydock
