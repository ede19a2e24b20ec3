// Linearizable reads at a node that does not lead (thesis, section 6.4): it asks the leader how far
// it must have applied. One question is under way at a time; reads that come meanwhile share the
// next one.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

// A question that was sent so often, a heartbeat interval apart, is given up.
constexpr std::uint64_t kMaxTimes = 10;

}  // namespace

// --- The follower's side ------------------------------------------------------------------------

void Raft::ReadThroughLeader() {
  auto& follower = std::get<Follower>(state_);
  DRYDOCK_CHECK(follower.leader.has_value(), term_);
  ++follower.reads.waiting;
}

// At the end of a step, so that all reads of the step share a question.
void Raft::AskLeader(RaftOutput& out) {
  auto* follower = std::get_if<Follower>(&state_);
  if (follower == nullptr || follower->reads.waiting == 0 || follower->reads.asked > 0) return;
  follower->reads = {.asked = follower->reads.waiting, .number = ++questions_};
  SendQuestion(out);
}

// Under the same number each time: whatever the leader answers, it was asked after these reads had
// come.
void Raft::SendQuestion(RaftOutput& out) {
  auto& follower = std::get<Follower>(state_);
  ++follower.reads.times;
  SendNow(*follower.leader, ReadIndexRequest{incarnation_, follower.reads.number}, out);
  Arm(TimerId::kReadIndex, settings_.heartbeat_interval, out);
}

// The question or the answer is lost, or the leader cannot say yet. A leader that is gone is
// noticed by the election timer, which ends these reads as well.
void Raft::LeaderIsSilent(RaftOutput& out) {
  auto& follower = std::get<Follower>(state_);
  if (follower.reads.times < kMaxTimes) return SendQuestion(out);
  const std::uint64_t count = follower.reads.asked + follower.reads.waiting;
  follower.reads = {};
  out.reads.push_back({.index = Index(0), .count = count, .given_up = true});
  out.trace.emplace_back(trace::ReadsGivenUp{*follower.leader, count});
}

void Raft::HandleReadIndexResponse(const Message& message, RaftOutput& out) {
  const auto& response = std::get<ReadIndexResponse>(message.body);
  auto* follower = std::get_if<Follower>(&state_);
  const bool ours = follower != nullptr && follower->leader == message.from &&
                    follower->reads.asked > 0 && response.asker == incarnation_ &&
                    response.number == follower->reads.number;
  if (!ours) return Refuse(RefusalReason::kStaleResponse, message.from, out);
  if (!response.confirmed) return;  // asked again when the timer fires
  const std::uint64_t count = std::exchange(follower->reads.asked, 0);
  Disarm(TimerId::kReadIndex);
  out.reads.push_back({.index = response.index, .count = count});
  out.trace.emplace_back(trace::ReadIndexLearnt{message.from, response.index, count});
  // The leader says that it is committed; our log may be behind.
  CommitTo(std::min(response.index, follower->match), out);
}

// --- The leader's side --------------------------------------------------------------------------

// A question counts as a read: it needs the answers of a quorum to a round of heartbeats that
// begins after it came. Until an entry of our own term is committed, we may not know of all that
// our predecessors committed.
void Raft::HandleReadIndexRequest(CallId call, const Message& message, RaftOutput& out) {
  const auto& request = std::get<ReadIndexRequest>(message.body);
  Leader* leader = AsLeader();
  Peer* peer = FindPeer(message.from);
  if (peer == nullptr || commit_ < leader->term_start) {
    Refuse(RefusalReason::kNoReadIndex, message.from, out);
    return ReplyNow(call, message.from,
                    ReadIndexResponse{.asker = request.asker, .number = request.number}, out);
  }
  if (peer->question.has_value() && peer->question->asker == request.asker &&
      peer->question->number == request.number) {
    // Asked again, it keeps its round: or slow answers of the quorum would never be enough.
    out.drops.push_back(std::exchange(peer->question->call, call));
    return;
  }
  DropQuestion(*peer, out);
  peer->question = ReadQuestion{.call = call,
                                .asker = request.asker,
                                .number = request.number,
                                .round = leader->round + 1,
                                .index = commit_};
  ++leader->questions;
  leader->question_waits = true;
}

void Raft::AnswerQuestions(std::uint64_t confirmed_round, RaftOutput& out) {
  auto& leader = std::get<Leader>(state_);
  for (Peer& peer : leader.peers) {
    if (!peer.question.has_value() || peer.question->round > confirmed_round) continue;
    const ReadQuestion question = *std::exchange(peer.question, std::nullopt);
    --leader.questions;
    ReplyNow(question.call, peer.node,
             ReadIndexResponse{.asker = question.asker,
                               .number = question.number,
                               .confirmed = true,
                               .index = question.index},
             out);
  }
}

void Raft::DropQuestion(Peer& peer, RaftOutput& out) {
  if (!peer.question.has_value()) return;
  out.drops.push_back(peer.question->call);
  peer.question.reset();
  --std::get<Leader>(state_).questions;
}

// Who asked finds out by the term, or asks again.
void Raft::DropQuestions(RaftOutput& out) {
  Leader* leader = AsLeader();
  if (leader == nullptr || leader->questions == 0) return;
  for (Peer& peer : leader->peers) DropQuestion(peer, out);
}

}  // namespace drydock
