// What a follower does with its leader's messages: paper, figure 2, "AppendEntries RPC".
#include <algorithm>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {

// The sender leads our term; there is at most one such node.
Follower& Raft::Follow(NodeId leader, RaftOutput& out) {
  DRYDOCK_CHECK(!IsLeader(), term_, leader, id_);  // two leaders in one term
  auto* follower = std::get_if<Follower>(&state_);
  if (follower == nullptr) {
    BecomeFollower(leader, RoleCause::kLeaderAppeared, out);
    follower = &std::get<Follower>(state_);
  } else if (!follower->leader.has_value()) {
    follower->leader = leader;
    out.trace.emplace_back(trace::LeaderKnown{leader});
  }
  DRYDOCK_CHECK(follower->leader == leader, term_, leader, *follower->leader);
  ArmElection(out);
  if (settings_.check_quorum) HoldVotesBack(out);
  NoteLeader(leader, out);
  return *follower;
}

void Raft::HandleHeartbeat(CallId call, const Message& message, RaftOutput& out) {
  const auto& request = std::get<Heartbeat>(message.body);
  const Follower& follower = Follow(message.from, out);
  // Only entries known to be the leader's may be committed by its word.
  CommitTo(std::min(request.commit, follower.match), out);
  ReplyNow(call, message.from,
           HeartbeatResponse{.responder = incarnation_,
                             .round = request.round,
                             .next_sequence = follower.next_sequence,
                             .match = std::min(follower.match, durable_index_),
                             .received = follower.match,
                             .promise = VotePromise()},
           out);
}

void Raft::HandleCommitNotice(CallId call, const Message& message, RaftOutput& out) {
  const Follower& follower = Follow(message.from, out);
  CommitTo(std::min(std::get<CommitNotice>(message.body).commit, follower.match), out);
  ReplyNow(call, message.from, CommitNoticeResponse{}, out);
}

// --- Appends ------------------------------------------------------------------------------------

// What no correct leader sends. Everything a later CHECK relies on is tested here.
bool Raft::IsWellFormed(const AppendRequest& request, Term sender_term) const {
  Term newest = request.previous_term;
  if (request.previous_index == Index(0) && newest != Term(0)) return false;
  for (const Entry& entry : request.entries) {
    if (entry.term < newest || entry.term == Term(0) || entry.term > sender_term) return false;
    if (entry.kind == EntryKind::kConfiguration &&
        !Configuration::Decode(entry.payload.view()).has_value()) {
      return false;
    }
    newest = entry.term;
  }
  return newest <= sender_term && (request.probe || request.receiver != Incarnation(0));
}

void Raft::HandleAppendRequest(CallId call, Message&& message, RaftOutput& out) {
  const auto& request = std::get<AppendRequest>(message.body);
  if (!IsWellFormed(request, message.term)) {
    return RefuseAndDrop(RefusalReason::kMalformed, message.from, call, out);
  }
  Follow(message.from, out);
  if (request.receiver != Incarnation(0) && request.receiver != incarnation_) {
    Refuse(RefusalReason::kOtherIncarnation, message.from, out);
    return ReplyNow(call, message.from,
                    AppendResponse{.responder = incarnation_, .sequence = request.sequence}, out);
  }
  if (!IsAppendInOrder(call, message, out)) return;
  ProcessAppend(call, message, out);
  ProcessHeld(out);
}

// Appends are processed in the order of their sequence. An early one waits for its predecessor
// instead of being refused: links may reorder, and refusing would cost a round trip each.
bool Raft::IsAppendInOrder(CallId call, Message& message, RaftOutput& out) {
  auto& follower = std::get<Follower>(state_);
  const auto& request = std::get<AppendRequest>(message.body);
  const std::uint64_t sequence = request.sequence;
  if (sequence < follower.next_sequence) {
    RefuseAndDrop(RefusalReason::kDuplicate, message.from, call, out);
    return false;
  }
  if (request.probe || sequence == follower.next_sequence) return true;
  if (sequence - follower.next_sequence > settings_.max_inflight_appends) {
    RefuseAndDrop(RefusalReason::kSequenceAhead, message.from, call, out);
    return false;
  }
  const auto at = std::find_if(follower.held.begin(), follower.held.end(), [&](const auto& held) {
    return std::get<AppendRequest>(held.second.body).sequence >= sequence;
  });
  if (at != follower.held.end() && std::get<AppendRequest>(at->second.body).sequence == sequence) {
    RefuseAndDrop(RefusalReason::kDuplicate, message.from, call, out);
    return false;
  }
  out.trace.emplace_back(trace::AppendHeld{message.from, sequence});
  follower.held.insert(at, {call, std::move(message)});
  return false;
}

void Raft::ProcessHeld(RaftOutput& out) {
  for (;;) {
    auto& follower = std::get<Follower>(state_);
    if (follower.held.empty()) return;
    const auto sequence = std::get<AppendRequest>(follower.held.front().second.body).sequence;
    if (sequence > follower.next_sequence) return;
    const auto [call, message] = std::move(follower.held.front());
    follower.held.erase(follower.held.begin());
    if (sequence == follower.next_sequence) {
      ProcessAppend(call, message, out);
    } else {
      RefuseAndDrop(RefusalReason::kDuplicate, message.from, call, out);
    }
  }
}

void Raft::ProcessAppend(CallId call, const Message& message, RaftOutput& out) {
  auto& follower = std::get<Follower>(state_);
  const auto& request = std::get<AppendRequest>(message.body);
  follower.next_sequence = request.sequence + 1;
  AppendResponse response{.responder = incarnation_, .sequence = request.sequence};
  if (!log_.Matches(request.previous_index, request.previous_term)) {
    // The leader can skip everything of newer terms than ours at once (paper, end of 5.3).
    Refuse(RefusalReason::kLogMismatch, message.from, out);
    response.hint =
        log_.LastNotAfter(std::min(request.previous_index, log_.last()), request.previous_term);
    response.hint_term = log_.TermAt(response.hint);
    return ReplyNow(call, message.from, response, out);
  }
  MergeEntries(request, out);
  const Index last = request.previous_index + request.entries.size();
  follower.match = std::max(follower.match, last);
  CommitTo(std::min(request.commit, last), out);
  response.accepted = true;
  response.match = last;
  ReplyWhenDurable(call, message.from, response);
  ReleaseHeld(out);
}

// Entries that are there already stay; the first that differs cuts off the rest of our log.
void Raft::MergeEntries(const AppendRequest& request, RaftOutput& out) {
  Index index = request.previous_index;
  for (const Entry& entry : request.entries) {
    index = Next(index);
    if (index <= log_.base()) continue;  // committed, so it is the same
    if (log_.Contains(index)) {
      if (log_.TermAt(index) == entry.term) continue;
      DRYDOCK_CHECK(index > commit_, index, commit_, log_.TermAt(index), entry.term);
      TruncateAfter(Previous(index), out);
    }
    AppendEntry(entry, out);
  }
}

}  // namespace drydock
