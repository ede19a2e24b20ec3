#include "core/raft/raft.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/overloaded.h"

namespace drydock {
namespace {

// No cluster counts this far: such a term comes from garbage, and adopting it would end elections.
constexpr Term kLastPlausibleTerm(std::uint64_t{1} << 56);

}  // namespace

Raft::Raft(RaftStart start, TimePoint now)
    : id_(start.id),
      store_(start.store),
      incarnation_(start.incarnation),
      settings_(start.settings),
      seed_(start.seed),
      pins_(std::move(start.pins)),
      term_(start.term),
      vote_(start.vote),
      log_(std::move(start.log)),
      lsn_(start.lsn),
      durable_index_(log_.last()),
      durable_ballot_(term_, vote_),
      now_(now),
      vote_promise_(start.vote_promise) {
  configurations_.emplace_back(Index(0), std::move(start.configuration));
  if (start.snapshot.has_value()) {
    NoteSnapshot(*start.snapshot);
    commit_ = snapshot_->index;
    configurations_.back() = {snapshot_->configuration_index, snapshot_->configuration};
  }
  for (Index index = log_.first(); index <= log_.last(); index = Next(index)) {
    const Entry& entry = log_.At(index);
    // Those that the snapshot knows are in it, the last of them in force.
    if (entry.kind != EntryKind::kConfiguration || index <= commit_) continue;
    std::optional<Configuration> found = Configuration::Decode(entry.payload.view());
    DRYDOCK_CHECK(found.has_value(), index);
    configurations_.emplace_back(index, std::move(*found));
  }
  DrawElectionTimeout();
  timers_.Set(TimerId::kElection, now_ + election_timeout_);
  if (vote_promise_ == Duration() || incarnation_ == Incarnation(1)) return;
  // What was promised before the restart is forgotten; by then it is over (thesis, section 6.4.1).
  timers_.Set(TimerId::kStickiness, now_ + vote_promise_);
  timers_.Set(TimerId::kElection, now_ + std::max(election_timeout_, vote_promise_));
}

std::optional<NodeId> Raft::leader() const {
  if (IsLeader()) return id_;
  const auto* follower = std::get_if<Follower>(&state_);
  return follower == nullptr ? std::nullopt : follower->leader;
}

std::uint64_t Raft::uncommitted_bytes() const {
  const auto* leader = std::get_if<Leader>(&state_);
  return leader == nullptr ? 0 : leader->uncommitted_bytes;
}

std::uint64_t Raft::waiting_reads() const {
  std::uint64_t count = 0;
  if (const auto* leader = std::get_if<Leader>(&state_)) {
    for (const ReadBatch& batch : leader->reads) count += batch.count;
  } else if (const auto* follower = std::get_if<Follower>(&state_)) {
    count = follower->reads.asked + follower->reads.waiting;
  }
  return count;
}

// --- Timers -------------------------------------------------------------------------------------

void Raft::Arm(TimerId timer, Duration delay, RaftOutput& out) {
  const TimePoint deadline = now_ + delay;
  timers_.Set(timer, deadline);
  out.trace.emplace_back(trace::TimerArmed{timer, deadline});
}

void Raft::Disarm(TimerId timer) {
  timers_.Set(timer, TimePoint::Max());
}

bool Raft::IsArmed(TimerId timer) const {
  return timers_.IsArmed(timer);
}

// The one place that compares the clock.
void Raft::AdvanceTo(TimePoint now, RaftOutput& out) {
  DRYDOCK_CHECK(now >= now_, now.nanoseconds(), now_.nanoseconds());
  now_ = now;
  if (NextDeadline() > now_) return;  // as in most steps
  for (std::size_t i = 0; i < kTimerCount; ++i) {
    const auto timer = static_cast<TimerId>(i);
    if (timers_[timer] > now_) continue;
    Disarm(timer);
    out.trace.emplace_back(trace::TimerFired{timer});
    Fire(timer, out);
  }
}

void Raft::Fire(TimerId timer, RaftOutput& out) {
  switch (timer) {
    case TimerId::kElection:
      return ElectionTimeout(out);
    case TimerId::kStickiness:
      return;  // being disarmed is all it means
    case TimerId::kHeartbeat:
      return Broadcast(out);
    case TimerId::kCheckQuorum:
      return CheckQuorum(out);
    case TimerId::kResume:
      return Resume(out);
    case TimerId::kTransfer:
      return TransferDeadline(out);
    case TimerId::kPreference:
      return ConsiderPreference(out);
    case TimerId::kDisk:
      return DiskIsLate(out);
    case TimerId::kCatchUp:
      return CatchUpTimeout(out);
    case TimerId::kSnapshot:
      return CheckInstallations(out);
    case TimerId::kReadIndex:
      return LeaderIsSilent(out);
    case TimerId::kLease:
      return;  // being disarmed is all it means
  }
}

// --- Messages in --------------------------------------------------------------------------------

bool Raft::IsSender(const Member& member, const Message& message) {
  return member.node == message.from &&
         (member.store == StoreId(0) || member.store == message.store);
}

// Who means the node that had our number before us goes by an old configuration, or by that of
// another cluster. Answers may come so from members that lag behind; and who has no log answers, so
// that the others tell that they know it by another store.
bool Raft::IsForAnotherStore(const Message& message) const {
  return IsRequest(message.body) && message.addressee != StoreId(0) &&
         message.addressee != store_ && log_.last() > Index(0);
}

// Members talk to us with the store that they are known by; others only if they must be heard.
bool Raft::Admit(const Message& message, RaftOutput& out) {
  if (message.term > kLastPlausibleTerm) {
    Refuse(RefusalReason::kMalformed, message.from, out);
    return false;
  }
  if (message.to != id_) {
    Refuse(RefusalReason::kWrongAddressee, message.from, out);
    return false;
  }
  const Member* member = configuration().FindMember(message.from);
  Peer* peer = FindPeer(message.from);
  const bool known = member != nullptr || peer != nullptr;
  if (message.from == id_ || (!known && !AdmitStranger(message))) {
    Refuse(RefusalReason::kUnknownSender, message.from, out);
    return false;
  }
  // Who was removed and added again since our configuration has another store, and knows ours.
  const auto bound_anew = [&] { return message.addressee == store_ && AdmitStranger(message); };
  if (message.store == StoreId(0) ||
      (member != nullptr && !IsSender(*member, message) && !bound_anew())) {
    Refuse(RefusalReason::kWrongStore, message.from, out);
    return false;
  }
  if (IsForAnotherStore(message)) {
    Refuse(RefusalReason::kWrongAddressee, message.from, out);
    return false;
  }
  if (peer != nullptr) {
    if (peer->store != StoreId(0) && peer->store != message.store) {
      Refuse(RefusalReason::kWrongStore, message.from, out);
      return false;
    }
    peer->store = message.store;
  }
  return true;
}

// Paper, figure 2, "rules for all servers". Gives false when the message is of an older term.
// A request for a vote moves our term only if we would consider it at all, so that a node that
// merely lost sight of the leader cannot depose it (thesis, section 4.2.3).
bool Raft::KeepUpWithTerm(const Message& message, RaftOutput& out) {
  if (message.term < term_) return false;
  if (message.term == term_) return true;
  AdoptTerm(message.term, out);
  BecomeFollower(std::nullopt, RoleCause::kHigherTerm, out);
  return true;
}

void Raft::AdoptTerm(Term term, RaftOutput& out) {
  DRYDOCK_CHECK(term > term_, term, term_);
  term_ = term;
  vote_ = std::nullopt;
  RecordTermAndVote(out);
}

void Raft::RecordTermAndVote(RaftOutput& out) {
  lsn_ = Next(lsn_);
  out.mutations.emplace_back(StoreTermAndVote{term_, vote_});
  ballots_.emplace_back(lsn_, std::pair(term_, vote_));
  out.trace.emplace_back(trace::TermAndVote{term_, vote_});
}

void Raft::HandleRequest(CallId call, Message&& message, RaftOutput& out) {
  if (suspended_) return RefuseAndDrop(RefusalReason::kSuspended, message.from, call, out);
  if (!Admit(message, out)) return out.drops.push_back(call);
  if (std::holds_alternative<PreVoteRequest>(message.body)) {
    return HandlePreVoteRequest(call, message, out);
  }
  if (std::holds_alternative<VoteRequest>(message.body)) {
    return HandleVoteRequest(call, message, out);
  }
  if (!KeepUpWithTerm(message, out)) return ReplyToOldTerm(call, message, out);
  if (std::holds_alternative<AppendRequest>(message.body)) {
    HandleAppendRequest(call, std::move(message), out);
  } else if (std::holds_alternative<Heartbeat>(message.body)) {
    HandleHeartbeat(call, message, out);
  } else if (std::holds_alternative<CommitNotice>(message.body)) {
    HandleCommitNotice(call, message, out);
  } else if (std::holds_alternative<TimeoutNow>(message.body)) {
    HandleTimeoutNow(call, message, out);
  } else if (std::holds_alternative<SnapshotChunk>(message.body)) {
    HandleSnapshotChunk(call, message, out);
  } else if (std::holds_alternative<ReadIndexRequest>(message.body)) {
    HandleReadIndexRequest(call, message, out);
  } else {
    RefuseAndDrop(RefusalReason::kMalformed, message.from, call, out);
  }
}

// Tells a leader of an older term that its time is over.
void Raft::ReplyToOldTerm(CallId call, const Message& message, RaftOutput& out) {
  Refuse(RefusalReason::kOldTerm, message.from, out);
  std::visit(
      Overloaded{
          [&](const AppendRequest& request) {
            ReplyNow(call, message.from,
                     AppendResponse{.responder = incarnation_, .sequence = request.sequence}, out);
          },
          [&](const Heartbeat& request) {
            ReplyNow(call, message.from,
                     HeartbeatResponse{.responder = incarnation_, .round = request.round}, out);
          },
          [&](const CommitNotice&) { ReplyNow(call, message.from, CommitNoticeResponse{}, out); },
          [&](const TimeoutNow&) { ReplyNow(call, message.from, TimeoutNowResponse{}, out); },
          [&](const SnapshotChunk& request) {
            ReplyToChunk(call, message.from, request.meta.index, 0, false, out);
          },
          [&](const SnapshotChunkResponse&) { out.drops.push_back(call); },
          [&](const ReadIndexRequest& request) {
            ReplyNow(call, message.from,
                     ReadIndexResponse{.asker = request.asker, .number = request.number}, out);
          },
          [&](const ReadIndexResponse&) { out.drops.push_back(call); },
          [&](const PreVoteRequest&) { DRYDOCK_CHECK(false); },
          [&](const VoteRequest&) { DRYDOCK_CHECK(false); },
          [&](const PreVoteResponse&) { out.drops.push_back(call); },
          [&](const VoteResponse&) { out.drops.push_back(call); },
          [&](const AppendResponse&) { out.drops.push_back(call); },
          [&](const HeartbeatResponse&) { out.drops.push_back(call); },
          [&](const CommitNoticeResponse&) { out.drops.push_back(call); },
          [&](const TimeoutNowResponse&) { out.drops.push_back(call); }},
      message.body);
}

void Raft::HandleResponse(const Message& message, RaftOutput& out) {
  if (suspended_) return Refuse(RefusalReason::kSuspended, message.from, out);
  if (!Admit(message, out)) return;
  // A pre-vote comes from a voter that may be behind our term and stays there.
  const bool any_term = std::holds_alternative<PreVoteResponse>(message.body);
  if (!KeepUpWithTerm(message, out) && !any_term) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  const auto malformed = [&] { Refuse(RefusalReason::kMalformed, message.from, out); };
  std::visit(
      Overloaded{[&](const PreVoteResponse&) { HandlePreVoteResponse(message, out); },
                 [&](const VoteResponse&) { HandleVoteResponse(message, out); },
                 [&](const AppendResponse&) { HandleAppendResponse(message, out); },
                 [&](const HeartbeatResponse&) { HandleHeartbeatResponse(message, out); },
                 [&](const CommitNoticeResponse&) { HandleCommitNoticeResponse(message, out); },
                 [&](const TimeoutNowResponse&) { HandleTimeoutNowResponse(message, out); },
                 [&](const SnapshotChunkResponse&) { HandleSnapshotChunkResponse(message, out); },
                 [&](const ReadIndexResponse&) { HandleReadIndexResponse(message, out); },
                 [&](const PreVoteRequest&) { malformed(); },
                 [&](const VoteRequest&) { malformed(); },
                 [&](const AppendRequest&) { malformed(); }, [&](const Heartbeat&) { malformed(); },
                 [&](const CommitNotice&) { malformed(); }, [&](const TimeoutNow&) { malformed(); },
                 [&](const SnapshotChunk&) { malformed(); },
                 [&](const ReadIndexRequest&) { malformed(); }},
      message.body);
}

void Raft::Refuse(RefusalReason reason, NodeId peer, RaftOutput& out) const {
  out.trace.emplace_back(trace::Refused{reason, peer});
}

void Raft::RefuseAndDrop(RefusalReason reason, NodeId peer, CallId call, RaftOutput& out) const {
  Refuse(reason, peer, out);
  out.drops.push_back(call);
}

// --- Messages out -------------------------------------------------------------------------------

Message Raft::Compose(NodeId to, MessageBody&& body) const {
  return Message{.from = id_,
                 .to = to,
                 .store = store_,
                 .term = term_,
                 .body = std::move(body),
                 .addressee = StoreKnownOf(to)};
}

// Of a member, or of one that was removed just now and is told so.
StoreId Raft::StoreKnownOf(NodeId node) const {
  const StoreId bound = configuration().StoreOf(node);
  const Leader* leader = leadership();
  if (bound != StoreId(0) || leader == nullptr || configuration().IsMember(node)) return bound;
  const auto peer = std::find_if(leader->peers.begin(), leader->peers.end(),
                                 [&](const Peer& other) { return other.node == node; });
  return peer == leader->peers.end() ? bound : peer->store;
}

void Raft::SendNow(NodeId to, MessageBody&& body, RaftOutput& out) const {
  out.messages.push_back(Compose(to, std::move(body)));
}

void Raft::SendWhenDurable(NodeId to, MessageBody&& body) {
  held_.push_back({lsn_, Compose(to, std::move(body))});
}

void Raft::ReplyNow(CallId call, NodeId to, MessageBody&& body, RaftOutput& out) const {
  out.replies.push_back({call, Compose(to, std::move(body))});
}

// The reply tells of state up to the newest mutation, so it waits for that one. It stays true
// though the node goes on to a later term meanwhile: it is then like a reply long on its way.
void Raft::ReplyWhenDurable(CallId call, NodeId to, MessageBody&& body) {
  held_.push_back({lsn_, PeerReply{call, Compose(to, std::move(body))}});
  ++held_replies_;
}

void Raft::ReleaseHeld(RaftOutput& out) {
  for (; !held_.empty() && held_.front().lsn <= durable_lsn_; held_.pop_front()) {
    auto& what = held_.front().what;
    if (auto* message = std::get_if<Message>(&what)) {
      if (!suspended_) out.messages.push_back(std::move(*message));
      continue;
    }
    --held_replies_;
    if (suspended_) {
      out.drops.push_back(std::get<PeerReply>(what).call);
    } else {
      out.replies.push_back(std::move(std::get<PeerReply>(what)));
    }
  }
}

void Raft::HandleDurable(Lsn lsn, RaftOutput& out) {
  DRYDOCK_CHECK(lsn > durable_lsn_ && lsn <= lsn_, lsn, durable_lsn_, lsn_);
  durable_lsn_ = lsn;
  disk_ = DiskWatch::kWell;
  Disarm(TimerId::kDisk);
  NoteDurable(out);
  ReleaseHeld(out);
  if (std::holds_alternative<Candidate>(state_)) CountVotes(out);
  if (IsLeader()) AdvanceCommit(out);
}

void Raft::DropHeld(RaftOutput& out) {
  DropChange(out);
  for (const Held& held : held_) {
    if (const auto* reply = std::get_if<PeerReply>(&held.what)) out.drops.push_back(reply->call);
  }
  held_.clear();
  held_replies_ = 0;
  DropTransfer(out);
  DropQuestions(out);
  if (auto* follower = std::get_if<Follower>(&state_)) {
    for (const auto& [call, message] : follower->held) out.drops.push_back(call);
    follower->held.clear();
  }
}

std::uint64_t Raft::open_calls() const {
  const auto* follower = std::get_if<Follower>(&state_);
  const auto* leader = std::get_if<Leader>(&state_);
  const bool transfers = transfer_.has_value() && transfer_->call.has_value();
  const bool changes = leader != nullptr && leader->change.has_value();
  return held_replies_ + (follower == nullptr ? 0 : follower->held.size()) + (transfers ? 1 : 0) +
         (changes ? 1 : 0) + (leader == nullptr ? 0 : leader->questions);
}

// --- Suspension ---------------------------------------------------------------------------------

void Raft::Suspend(Duration length, RaftOutput& out) {
  DropChange(out);
  if (!suspended_) BecomeFollower(std::nullopt, RoleCause::kSuspended, out);
  suspended_ = true;
  DropTransfer(out);
  // Silence takes no promise back.
  const TimePoint promised = timers_[TimerId::kStickiness];
  timers_.Clear();
  if (vote_promise_ > Duration()) timers_.Set(TimerId::kStickiness, promised);
  Arm(TimerId::kResume, length, out);
}

void Raft::Resume(RaftOutput& out) {
  if (!suspended_) return;
  suspended_ = false;
  Disarm(TimerId::kResume);
  BecomeFollower(std::nullopt, RoleCause::kResumed, out);
}

}  // namespace drydock
