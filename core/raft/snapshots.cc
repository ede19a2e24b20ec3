// Snapshots: thesis, sections 5.1 to 5.3; paper, section 7. Files are the caller's business; here
// is what they mean for the log, and how a follower that lacks compacted entries gets one.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {
namespace {

// In heartbeat intervals. What is not answered for so long is sent again: a disk takes its time.
constexpr std::uint32_t kPatience = 4;
// A follower that was silent for so long gets the newest snapshot when it is back.
constexpr std::uint32_t kSilence = 40;

constexpr std::uint64_t kFreedAtOnce = 4096;  // entries

}  // namespace

// --- Our own ------------------------------------------------------------------------------------

void Raft::NoteSnapshot(const SnapshotMeta& meta) {
  DRYDOCK_CHECK(snapshot_ == nullptr || snapshot_->index <= meta.index, meta.index);
  snapshot_ = std::make_shared<const SnapshotMeta>(meta);
}

void Raft::CompactTo(Index index, RaftOutput& out) {
  DRYDOCK_CHECK(index <= commit_ && snapshot_ != nullptr && index <= snapshot_->index, index,
                commit_);
  log_.CompactTo(index);
  while (configurations_.size() > 1 && configurations_[1].first <= index) {
    configurations_.erase(configurations_.begin());
  }
  out.trace.emplace_back(trace::Compacted{index});
}

const std::pair<Index, Configuration>& Raft::ConfigurationAt(Index index) const {
  auto at = configurations_.rbegin();
  while (at->first > index) ++at;
  return *at;
}

// --- The leader's side --------------------------------------------------------------------------

std::optional<Index> Raft::OldestSent() const {
  std::optional<Index> oldest;
  const Leader* leader = leadership();
  if (leader == nullptr) return oldest;
  for (const Peer& peer : leader->peers) {
    if (!peer.installation.has_value()) continue;
    const Index index = peer.IsInstalling() ? peer.installation->snapshot->index : peer.match;
    oldest = std::min(oldest.value_or(index), index);
  }
  return oldest;
}

bool Raft::IsBeingSent(Index snapshot) const {
  const Leader* leader = leadership();
  return leader != nullptr && std::ranges::any_of(leader->peers, [snapshot](const Peer& peer) {
           return peer.IsInstalling() && peer.installation->snapshot->index == snapshot;
         });
}

// Entries before the base cannot be probed for; who lacks them says so.
Index Raft::ProbeFrom(const Peer& peer) const {
  return std::max(Next(peer.match), log_.first());
}

// A question first: the follower may have part of this snapshot already, from us or from another
// leader.
void Raft::SendSnapshot(Peer& peer, RaftOutput& out) {
  using Stage = Installation::Stage;
  if (!peer.IsInstalling()) {
    DRYDOCK_CHECK(snapshot_ != nullptr && snapshot_->index >= log_.base(), log_.base());
    peer.StartProbing(peer.next);
    peer.installation.emplace(Installation{.snapshot = snapshot_});
    if (!IsArmed(TimerId::kSnapshot)) Arm(TimerId::kSnapshot, settings_.heartbeat_interval, out);
    out.trace.emplace_back(trace::SnapshotOffered{peer.node, snapshot_->index});
  }
  Installation& installation = *peer.installation;
  if (installation.stage != Stage::kIdle) return;
  const SnapshotMeta& meta = *installation.snapshot;
  if (installation.answered && installation.offset < meta.bytes) {
    installation.stage = Stage::kReading;
    out.chunks_wanted.push_back({peer.node, meta.index, installation.offset});
    return;
  }
  installation.stage = Stage::kSent;
  installation.unanswered = 0;
  SendNow(peer.node, SnapshotChunk{.meta = meta, .offset = 0, .bytes = {}}, out);
}

void Raft::SendChunk(const ChunkWanted& wanted, Bytes bytes, RaftOutput& out) {
  Peer* peer = FindPeer(wanted.peer);
  if (peer == nullptr || !peer->installation.has_value()) return;
  Installation& installation = *peer->installation;
  const bool same = installation.stage == Installation::Stage::kReading &&
                    installation.snapshot->index == wanted.snapshot &&
                    installation.offset == wanted.offset;
  if (!same) return;  // meanwhile the follower, or our leadership, is another
  installation.stage = Installation::Stage::kSent;
  installation.unanswered = 0;
  SendNow(peer->node,
          SnapshotChunk{
              .meta = *installation.snapshot, .offset = wanted.offset, .bytes = std::move(bytes)},
          out);
}

void Raft::HandleSnapshotChunkResponse(const Message& message, RaftOutput& out) {
  Peer* peer = FindPeer(message.from);
  const auto& response = std::get<SnapshotChunkResponse>(message.body);
  if (peer == nullptr || !NoteIncarnation(*peer, response.responder, out)) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  if (response.index > log_.last()) return Refuse(RefusalReason::kMalformed, message.from, out);
  if (response.installed) {
    const bool was_ours =
        peer->IsInstalling() && peer->installation->snapshot->index <= response.index;
    AdvanceMatch(*peer, response.index, out);
    if (was_ours && peer->installation.has_value()) NoteInstalled(*peer);
    if (was_ours) peer->StartProbing(Next(peer->match));
    return;
  }
  if (!peer->IsInstalling() || peer->installation->snapshot->index != response.index) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  Installation& installation = *peer->installation;
  if (installation.stage == Installation::Stage::kReading) return;  // of an earlier chunk
  installation.answered = true;
  installation.offset = std::min(response.received, installation.snapshot->bytes);
  // With all of it there, the answer that it is installed will come by itself.
  if (installation.offset < installation.snapshot->bytes) {
    installation.stage = Installation::Stage::kIdle;
  }
}

// The follower has the snapshot, or what we still have of the log begins where it is. The log stays
// until it has what may be compacted by now, unless it falls behind further and further.
void Raft::NoteInstalled(Peer& peer) {
  Installation& installation = *peer.installation;
  const std::uint64_t lacks = log_.last() - peer.match;
  if (peer.IsInstalling()) installation.lacked = lacks;
  installation.stage = Installation::Stage::kInstalled;
  const bool caught_up = peer.match >= snapshot_->index;
  if (caught_up || lacks > 2 * installation.lacked) peer.installation.reset();
}

// A chunk, or its answer, is lost; or nobody is there.
void Raft::CheckInstallations(RaftOutput& out) {
  bool any = false;
  for (Peer& peer : std::get<Leader>(state_).peers) {
    if (peer.installation.has_value() && !peer.IsInstalling()) NoteInstalled(peer);
    if (!peer.installation.has_value()) continue;
    Installation& installation = *peer.installation;
    if (++installation.silent > kSilence) {
      peer.installation.reset();
      continue;
    }
    any = true;
    const bool sent = installation.stage == Installation::Stage::kSent;
    if (sent && ++installation.unanswered >= kPatience) {
      installation.stage = Installation::Stage::kIdle;
    }
  }
  if (any) Arm(TimerId::kSnapshot, settings_.heartbeat_interval, out);
}

// --- The follower's side ------------------------------------------------------------------------

// Everything that a later CHECK relies on is tested here.
bool Raft::IsWellFormed(const SnapshotChunk& chunk, Term sender_term) const {
  const SnapshotMeta& meta = chunk.meta;
  if (meta.index == Index(0) || meta.term == Term(0) || meta.term > sender_term) return false;
  if (meta.configuration_index > meta.index) return false;
  if (meta.configuration.incoming().voters().empty()) return false;
  return chunk.offset <= meta.bytes && chunk.bytes.size() <= meta.bytes - chunk.offset;
}

void Raft::HandleSnapshotChunk(CallId call, const Message& message, RaftOutput& out) {
  const auto& chunk = std::get<SnapshotChunk>(message.body);
  if (!IsWellFormed(chunk, message.term)) {
    return RefuseAndDrop(RefusalReason::kMalformed, message.from, call, out);
  }
  Follower& follower = Follow(message.from, out);
  if (chunk.meta.index > commit_) {
    out.chunks_offered.push_back({call, message.from, chunk});
    return;
  }
  // Never back to an older state: what we have up to there is committed, and so the leader's.
  follower.match = std::max(follower.match, chunk.meta.index);
  ReplyToChunk(call, message.from, chunk.meta.index, chunk.meta.bytes, true, out);
}

void Raft::ReplyToChunk(CallId call, NodeId leader, Index snapshot, std::uint64_t received,
                        bool installed, RaftOutput& out) {
  const SnapshotChunkResponse response{
      .responder = incarnation_, .index = snapshot, .received = received, .installed = installed};
  if (!installed) return ReplyNow(call, leader, response, out);
  ReplyWhenDurable(call, leader, response);
  ReleaseHeld(out);
}

// The entries behind the snapshot stay if the log agrees with it there (paper, figure 13, step 6).
// The snapshot is durable before the log on disk is told to start behind it: a crash in between
// leaves a log that Recover gives up for the snapshot just so.
void Raft::InstallSnapshot(const SnapshotMeta& meta, RaftOutput& out) {
  DRYDOCK_CHECK(meta.index > commit_, meta.index, commit_);
  NoteSnapshot(meta);
  const bool log_kept = log_.Contains(meta.index) && log_.TermAt(meta.index) == meta.term;
  out.trace.emplace_back(
      trace::SnapshotInstalled{meta.index, meta.term, meta.bytes, meta.checksum, log_kept});
  if (log_kept) {
    CommitTo(meta.index, out);
  } else {
    DRYDOCK_CHECK(!IsLeader(), term_, meta.index);  // who leads has all that is committed
    lsn_ = Next(lsn_);
    out.mutations.emplace_back(StoreLogStart{meta.index, meta.term});
    writes_.clear();
    replaced_ = std::exchange(log_, Log(meta.index, meta.term));
    durable_index_ = meta.index;
    commit_ = meta.index;
    configurations_.assign(1, {meta.configuration_index, meta.configuration});
    out.trace.emplace_back(
        trace::ConfigurationInForce{meta.configuration_index, meta.configuration});
  }
  if (auto* follower = std::get_if<Follower>(&state_)) {
    follower->match = std::max(follower->match, meta.index);
  }
}

// A long log that is given up at once would hold the node up.
void Raft::FreeSome() {
  if (replaced_.base() == replaced_.last()) return;
  replaced_.CompactTo(std::min(replaced_.last(), replaced_.base() + kFreedAtOnce));
}

}  // namespace drydock
