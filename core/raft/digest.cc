// The part of a node's state that decides its future: two equal digests behave alike.
#include "core/protocol/digest.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

std::uint64_t HashOf(const std::vector<NodeId>& nodes, Permutation permutation) {
  std::uint64_t sum = nodes.size();
  for (const NodeId node : nodes) sum += Mix(Renamed(node, permutation).value());
  return sum;
}

void AddChange(Hasher& hasher, const PendingChange& change, Permutation permutation) {
  for (const auto* nodes : {&change.change.add, &change.change.add_learners, &change.change.promote,
                            &change.change.demote, &change.change.remove}) {
    hasher.Add(HashOf(*nodes, permutation));
  }
  hasher.Add(change.proposed);
  hasher.Add(change.round);
  hasher.Add(change.round_end);
  hasher.Add(std::uint64_t{change.slow});
  hasher.Add(change.progress);
  hasher.Add(change.idle);
}

std::uint64_t HashOf(const Peer& peer, Permutation permutation) {
  Hasher hasher;
  hasher.Add(Renamed(peer.node, permutation));
  hasher.Add(peer.incarnation);
  hasher.Add((peer.counts ? 1u : 0u) | (peer.active ? 2u : 0u) | (peer.probing ? 4u : 0u) |
             (peer.notice_under_way ? 8u : 0u) | (peer.store != StoreId(0) ? 16u : 0u));
  hasher.Add(peer.match);
  hasher.Add(peer.next);
  hasher.Add(peer.next_sequence);
  hasher.Add(peer.acked_round);
  hasher.Add(peer.commit_told);
  hasher.Add(static_cast<std::uint64_t>(peer.promise.nanoseconds()));
  if (peer.question.has_value()) {
    hasher.Add(peer.question->round);
    hasher.Add(peer.question->index);
  }
  for (const InFlight& sent : peer.in_flight) {
    hasher.Add(sent.sequence);
    hasher.Add(sent.previous);
    hasher.Add(sent.last);
    hasher.Add(sent.round);
  }
  if (peer.installation.has_value()) {
    const Installation& installation = *peer.installation;
    hasher.Add(installation.snapshot->index);
    hasher.Add(installation.offset);
    hasher.Add(static_cast<std::uint64_t>(installation.stage) * 2 + installation.answered);
    hasher.Add(std::uint64_t{installation.unanswered});
    hasher.Add(std::uint64_t{installation.silent});
    hasher.Add(installation.lacked);
  }
  return hasher.Finish();
}

std::uint64_t HashOf(const std::vector<std::pair<NodeId, bool>>& votes, Permutation permutation) {
  std::uint64_t sum = votes.size();
  for (const auto& [node, granted] : votes) {
    sum += Mix(Renamed(node, permutation).value(), granted ? 1 : 0);
  }
  return sum;
}

}  // namespace

void Raft::AddTo(Hasher& hasher, Permutation permutation) const {
  hasher.Add(Renamed(id_, permutation));
  hasher.Add(incarnation_);
  hasher.Add(term_);
  AddNode(hasher, vote_, permutation);
  hasher.Add(commit_);
  hasher.Add(durable_index_);
  hasher.Add(std::uint64_t{suspended_});
  hasher.Add(static_cast<std::uint64_t>(disk_));
  AddNode(hasher, transfer_.has_value() ? std::optional(transfer_->target) : std::nullopt,
          permutation);
  hasher.Add(log_.last());
  auto known = configurations_.begin();
  for (Index i = log_.first(); i <= log_.last(); i = Next(i)) {
    while (known != configurations_.end() && known->first < i) ++known;
    const bool is_known = known != configurations_.end() && known->first == i;
    AddEntry(hasher, log_.At(i), permutation, is_known ? &known->second : nullptr);
  }
  if (snapshot_ != nullptr) {
    hasher.Add(log_.base());
    hasher.Add(snapshot_->index);
  }
  // When a timer runs out is time, whether it runs is not.
  for (std::size_t i = 0; i < kTimerCount; ++i) {
    hasher.Add(std::uint64_t{IsArmed(static_cast<TimerId>(i))});
  }
  for (const auto& [lsn, index] : writes_) {
    hasher.Add(lsn.value() - durable_lsn_.value());
    hasher.Add(index);
  }
  // Messages that leave together go to several nodes, in the order of their names.
  std::uint64_t held_messages = 0;
  for (const Held& held : held_) {
    const auto* message = std::get_if<Message>(&held.what);
    const auto* reply = std::get_if<PeerReply>(&held.what);
    held_messages += Mix(held.lsn.value() - durable_lsn_.value(),
                         DigestOf(message != nullptr ? *message : reply->message, permutation));
  }
  hasher.Add(held_messages);
  hasher.Add(durable_ballot_.first);
  AddNode(hasher, durable_ballot_.second, permutation);
  AddRoleTo(hasher, permutation);
}

void Raft::AddRoleTo(Hasher& hasher, Permutation permutation) const {
  hasher.Add(std::uint64_t{state_.index()});
  if (const auto* follower = std::get_if<Follower>(&state_)) {
    AddNode(hasher, follower->leader, permutation);
    hasher.Add(follower->next_sequence);
    hasher.Add(follower->match);
    hasher.Add(follower->reads.asked);
    hasher.Add(follower->reads.waiting);
    hasher.Add(follower->reads.times);
    for (const auto& [call, message] : follower->held) {
      hasher.Add(DigestOf(message, permutation));
    }
  } else if (const auto* pre = std::get_if<PreCandidate>(&state_)) {
    hasher.Add(HashOf(pre->votes, permutation));
  } else if (const auto* candidate = std::get_if<Candidate>(&state_)) {
    hasher.Add(HashOf(candidate->votes, permutation));
  } else {
    const auto& leader = std::get<Leader>(state_);
    std::uint64_t peers = 0;
    for (const Peer& peer : leader.peers) peers += HashOf(peer, permutation);
    hasher.Add(peers);
    hasher.Add(leader.first_sequence);
    hasher.Add(leader.term_start);
    hasher.Add(leader.round);
    hasher.Add(leader.round_of_all);
    hasher.Add(leader.round_of_all_before);
    AddNode(hasher, leader.preferred, permutation);
    hasher.Add((leader.lease.open ? 1u : 0u) | (leader.lease_given_up ? 2u : 0u) |
               (leader.question_waits ? 4u : 0u));
    if (leader.lease.open) hasher.Add(leader.lease.round);
    for (const ReadBatch& batch : leader.reads) {
      hasher.Add(batch.round);
      hasher.Add(batch.index);
      hasher.Add(batch.count);
    }
    if (leader.change.has_value()) AddChange(hasher, *leader.change, permutation);
  }
}

}  // namespace drydock
