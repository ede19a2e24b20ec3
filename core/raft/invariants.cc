// What is true of every node between two steps.
#include <algorithm>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

// What is longer is not counted anew, so that a check costs the same however much waits.
constexpr std::uint64_t kCounted = 8;

}  // namespace

void Raft::CheckInvariants() const {
  DRYDOCK_CHECK(log_.base() <= commit_ && commit_ <= log_.last(), log_.base(), commit_,
                log_.last());
  // What is compacted is in a snapshot, and so is its configuration.
  DRYDOCK_CHECK(log_.base() == Index(0) || (snapshot_ && snapshot_->index >= log_.base()),
                log_.base());
  DRYDOCK_CHECK(configurations_.front().first <= commit_, configurations_.front().first, commit_);
  DRYDOCK_CHECK(durable_index_ <= log_.last(), durable_index_, log_.last());
  DRYDOCK_CHECK(log_.last_term() <= term_, log_.last_term(), term_);
  DRYDOCK_CHECK(durable_lsn_ <= lsn_, durable_lsn_, lsn_);
  DRYDOCK_CHECK(configurations_.back().first <= log_.last());
  // What waits for the disk waits for something that is on its way there.
  DRYDOCK_CHECK(held_.empty() || held_.front().lsn > durable_lsn_);
  DRYDOCK_CHECK(writes_.empty() || writes_.back().second <= log_.last());
  DRYDOCK_CHECK(transfer_.has_value() == IsArmed(TimerId::kTransfer), term_);
  DRYDOCK_CHECK(!suspended_ || !transfer_.has_value(), term_);
  DRYDOCK_CHECK(IsLeader() || !IsArmed(TimerId::kLease), term_);
  if (held_.empty()) {  // as after most steps: then the counter is all there is to look at
    DRYDOCK_CHECK(held_replies_ == 0, held_replies_);
  } else if (held_.size() <= kCounted) {
    const auto replies = std::count_if(held_.begin(), held_.end(), [](const Held& held) {
      return std::holds_alternative<PeerReply>(held.what);
    });
    DRYDOCK_CHECK(held_replies_ == static_cast<std::uint64_t>(replies), held_replies_, replies);
  }
  if (const auto* leader = std::get_if<Leader>(&state_)) CheckLeader(*leader);
  if (const auto* follower = std::get_if<Follower>(&state_)) CheckFollower(*follower);
}

void Raft::CheckLeader(const Leader& leader) const {
  DRYDOCK_CHECK(vote_ == id_, term_);  // nobody leads a term without having voted for itself
  const Index start = leader.term_start;
  DRYDOCK_CHECK(start <= log_.last() && (start < log_.base() || log_.TermAt(start) == term_), start,
                term_);
  // Counted anew, a counter that leaks shows as soon as little is uncommitted.
  if (log_.last() - commit_ <= kCounted) {
    std::uint64_t bytes = 0;
    for (Index i = Next(commit_); i <= log_.last(); i = Next(i)) bytes += Cost(log_.At(i));
    DRYDOCK_CHECK(leader.uncommitted_bytes == bytes, leader.uncommitted_bytes, bytes, commit_);
  }
  const std::size_t self = configuration().IsMember(id_) ? 1 : 0;
  DRYDOCK_CHECK(leader.peers.size() + self >= configuration().members().size(), leader.peers.size(),
                configuration().members().size());
  DRYDOCK_CHECK(!leader.change.has_value() || configuration().founded());
  DRYDOCK_CHECK(!leader.lease_given_up || !IsArmed(TimerId::kLease), term_);
  std::uint64_t questions = 0;
  for (const Peer& peer : leader.peers) {
    DRYDOCK_CHECK(peer.match < peer.next && peer.next <= Next(log_.last()), peer.node, peer.match,
                  peer.next);
    questions += peer.question.has_value() ? 1 : 0;
    if (peer.in_flight.empty()) {
      DRYDOCK_CHECK(peer.in_flight_bytes == 0, peer.node, peer.in_flight_bytes);
    } else {
      CheckWindow(peer);
    }
  }
  DRYDOCK_CHECK(leader.questions == questions, leader.questions, questions);
}

// The last append may go beyond the window by what it holds; nothing is sent after it.
void Raft::CheckWindow(const Peer& peer) const {
  DRYDOCK_CHECK(peer.in_flight.size() <= settings_.max_inflight_appends, peer.node);
  DRYDOCK_CHECK(!peer.probing || peer.in_flight.size() <= 1, peer.node);
  if (peer.in_flight.size() > kCounted) return;
  std::uint64_t before_last = 0;
  std::uint64_t bytes = 0;
  for (const InFlight& sent : peer.in_flight) {
    before_last = bytes;
    bytes += sent.bytes;
  }
  DRYDOCK_CHECK(peer.in_flight_bytes == bytes, peer.node, peer.in_flight_bytes, bytes);
  DRYDOCK_CHECK(before_last < settings_.max_inflight_bytes, peer.node, before_last);
}

void Raft::CheckFollower(const Follower& follower) const {
  DRYDOCK_CHECK(follower.match <= log_.last(), follower.match, log_.last());
  DRYDOCK_CHECK(follower.held.size() <= settings_.max_inflight_appends, follower.held.size());
  // A question that is under way is asked again until it is answered or given up.
  DRYDOCK_CHECK((follower.reads.asked > 0) == IsArmed(TimerId::kReadIndex), term_,
                follower.reads.asked);
}

}  // namespace drydock
