// Binding the members of a new cluster to their stores. The leader learns the stores from its
// peers' messages, writes them into the configuration, and declares the cluster founded once one
// node more than a quorum holds them; only then it takes client writes. From then on every quorum
// has a node that would know a wiped member by its new store (docs/decisions/0003).
#include <algorithm>

#include "core/raft/raft.h"

namespace drydock {

// What the configuration in force says about each peer.
void Raft::NoteStores() {
  Leader& leader = std::get<Leader>(state_);
  leader.founding = !configuration().founded();
  for (Peer& peer : leader.peers) {
    const StoreId bound = configuration().StoreOf(peer.node);
    if (bound != StoreId(0)) peer.store = bound;
    // Who was never bound when client data came in may be anybody.
    peer.counts = !configuration().founded() || bound != StoreId(0);
    leader.founding |= bound == StoreId(0);
  }
}

bool Raft::HasNewBinding() const {
  if (configuration().IsMember(id_) && configuration().StoreOf(id_) == StoreId(0)) return true;
  const auto& peers = std::get<Leader>(state_).peers;
  return std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
    return peer.store != StoreId(0) && configuration().StoreOf(peer.node) == StoreId(0);
  });
}

std::size_t Raft::HoldersOf(Index index) {
  std::size_t holders = durable_index_ >= index ? 1 : 0;
  for (const Peer& peer : std::get<Leader>(state_).peers) holders += peer.match >= index ? 1 : 0;
  return holders;
}

// The configuration in force is committed. Members that are added later are bound here, too.
void Raft::MaybeFound(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  if (!leader.founding || (configuration().founded() && !HasNewBinding())) return;
  const Index in_force = configurations_.back().first;
  Configuration wanted = configuration();
  wanted.Bind(id_, store_);
  std::size_t bound = 0;
  for (const Peer& peer : leader.peers) wanted.Bind(peer.node, peer.store);
  for (const Member& member : wanted.members()) bound += member.store != StoreId(0) ? 1 : 0;
  if (!wanted.founded()) {
    if (bound < wanted.FoundingSize()) return;
    const bool all_written = wanted == configuration();
    if (all_written && HoldersOf(in_force) < wanted.FoundingSize()) return;
    if (all_written) wanted.SetFounded();
  }
  if (wanted == configuration()) return;
  ProposeConfiguration(wanted, out);
}

}  // namespace drydock
