// Linearizable reads without a log entry: ReadIndex (thesis, section 6.4), batched. Reads that come
// while a round is under way share the next one.
#include <algorithm>
#include <vector>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {

void Raft::Read() {
  Leader& leader = std::get<Leader>(state_);
  if (leader.reads.empty() || leader.reads.back().round <= leader.round) {
    leader.reads.push_back({.round = leader.round + 1, .index = Index(0), .count = 0});
  }
  ReadBatch& batch = leader.reads.back();
  // Until our first entry is committed, we may not know of all that our predecessors committed;
  // waiting for that entry covers it (thesis, section 6.4, step 1).
  batch.index = std::max(commit_, leader.term_start);
  ++batch.count;
}

// At the end of a step, so that all reads of the step share a round.
void Raft::AskForReads(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  const bool reads_wait = !leader.reads.empty() && leader.reads.front().round > leader.round;
  if (!reads_wait && !leader.question_waits) return;
  AskQuorum(out);
  ConfirmReads(out);  // a single voter is a quorum
}

// No more voters than are needed, for each message costs more than a read does: those who answered
// the newest round, so that who is slow or gone is not asked again after the next heartbeat. That
// one goes to all at its own time, and confirms what the others left open.
void Raft::AskQuorum(RaftOutput& out) {
  NextRound();
  std::vector<Peer*> order;
  for (Peer& peer : std::get<Leader>(state_).peers) {
    if (configuration().IsVoter(peer.node)) order.push_back(&peer);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Peer* a, const Peer* b) { return a->acked_round > b->acked_round; });
  std::vector<NodeId> asked{id_};
  for (Peer* peer : order) {
    const VoteOutcome outcome = configuration().Outcome([&](NodeId node) {
      return std::optional(std::find(asked.begin(), asked.end(), node) != asked.end());
    });
    if (outcome == VoteOutcome::kWon) return;
    SendHeartbeat(*peer, out);
    asked.push_back(peer->node);
  }
}

void Raft::ConfirmReads(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  if (leader.reads.empty() && leader.questions == 0) return;
  using Round = Strong<struct RoundTag, std::uint64_t>;
  const Round confirmed = configuration().Reached<Round>([&](NodeId node) {
    if (node == id_) return Round(leader.round);
    const Peer* peer = FindPeer(node);
    return Round(peer == nullptr ? 0 : peer->acked_round);
  });
  for (; !leader.reads.empty() && leader.reads.front().round <= confirmed.value();
       leader.reads.pop_front()) {
    const ReadBatch& batch = leader.reads.front();
    out.reads.push_back({batch.index, batch.count});
    out.trace.emplace_back(trace::ReadConfirmed{batch.index, batch.count});
  }
  if (leader.questions > 0) AnswerQuestions(confirmed.value(), out);
}

}  // namespace drydock
