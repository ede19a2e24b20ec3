// What is true of every node between two steps.
#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {

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
  if (const auto* leader = std::get_if<Leader>(&state_)) {
    DRYDOCK_CHECK(vote_ == id_, term_);  // nobody leads a term without having voted for itself
    const Index start = leader->term_start;
    DRYDOCK_CHECK(start <= log_.last() && (start < log_.base() || log_.TermAt(start) == term_),
                  start, term_);
    DRYDOCK_CHECK((leader->uncommitted_bytes == 0) == (commit_ == log_.last()),
                  leader->uncommitted_bytes, commit_, log_.last());
    const std::size_t self = configuration().IsMember(id_) ? 1 : 0;
    DRYDOCK_CHECK(leader->peers.size() + self >= configuration().members().size(),
                  leader->peers.size(), configuration().members().size());
    DRYDOCK_CHECK(!leader->change.has_value() || configuration().founded());
    DRYDOCK_CHECK(!leader->lease_given_up || !IsArmed(TimerId::kLease), term_);
    for (const Peer& peer : leader->peers) {
      DRYDOCK_CHECK(peer.match < peer.next && peer.next <= Next(log_.last()), peer.node, peer.match,
                    peer.next);
      DRYDOCK_CHECK(peer.in_flight.size() <= settings_.max_inflight_appends, peer.node);
      DRYDOCK_CHECK(!peer.probing || peer.in_flight.size() <= 1, peer.node);
    }
  }
  if (const auto* follower = std::get_if<Follower>(&state_)) {
    DRYDOCK_CHECK(follower->match <= log_.last(), follower->match, log_.last());
    DRYDOCK_CHECK(follower->held.size() <= settings_.max_inflight_appends, follower->held.size());
    // A question that is under way is asked again until it is answered or given up.
    DRYDOCK_CHECK((follower->reads.asked > 0) == IsArmed(TimerId::kReadIndex), term_,
                  follower->reads.asked);
  }
}

}  // namespace drydock
