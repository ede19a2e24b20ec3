// What a leader does to bring its log to everybody: paper, section 5.3; pipelining: thesis, 10.2.
#include <algorithm>

#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {

Peer* Raft::FindPeer(NodeId node) {
  Leader* leader = AsLeader();
  if (leader == nullptr) return nullptr;
  for (Peer& peer : leader->peers) {
    if (peer.node == node) return &peer;
  }
  return nullptr;
}

Index Raft::Propose(EntryKind kind, Bytes payload, RaftOutput& out) {
  const Entry entry{term_, kind, std::move(payload)};
  std::get<Leader>(state_).uncommitted_bytes += Cost(entry);
  AppendEntry(entry, out);
  return log_.last();
}

// --- Sending ------------------------------------------------------------------------------------

void Raft::NextRound() {
  Leader& leader = std::get<Leader>(state_);
  ++leader.round;
  leader.question_waits = false;
  if (settings_.leases) BeginLease();
}

void Raft::Broadcast(RaftOutput& out) {
  NextRound();
  Leader& leader = std::get<Leader>(state_);
  leader.round_of_all_before = std::exchange(leader.round_of_all, leader.round);
  if (transfer_.has_value()) transfer_->bidden = false;  // the last bid may be lost
  for (Peer& peer : leader.peers) {
    peer.notice_under_way = false;  // a lost notice is not waited for beyond a heartbeat
    SendHeartbeat(peer, out);
  }
  Arm(TimerId::kHeartbeat, settings_.heartbeat_interval, out);
  ConfirmReads(out);  // those that are left since members were removed may be a quorum
}

void Raft::SendHeartbeat(Peer& peer, RaftOutput& out) {
  peer.commit_told = std::max(peer.commit_told, std::min(commit_, peer.match));
  SendNow(peer.node, Heartbeat{peer.commit_told, std::get<Leader>(state_).round}, out);
}

void Raft::Send(RaftOutput& out) {
  WatchDisk();
  if (IsLeader()) AdvanceConfiguration(out);
  Leader* leader = AsLeader();
  if (leader == nullptr) return AskLeader(out);
  AskForReads(out);
  for (Peer& peer : leader->peers) SendAppends(peer, out);
  SendTimeoutNow(out);
}

// A probe goes alone, even empty: its answer tells where the logs agree.
void Raft::SendAppends(Peer& peer, RaftOutput& out) {
  if (peer.IsInstalling() || peer.next <= log_.base()) return SendSnapshot(peer, out);
  if (peer.probing) {
    if (peer.in_flight.empty()) SendAppend(peer, out);
    return;
  }
  while (peer.next <= log_.last() && peer.in_flight.size() < settings_.max_inflight_appends &&
         peer.in_flight_bytes < settings_.max_inflight_bytes) {
    SendAppend(peer, out);
  }
}

void Raft::SendAppend(Peer& peer, RaftOutput& out) {
  AppendRequest request{.receiver = peer.incarnation,
                        .sequence = peer.next_sequence++,
                        .probe = peer.probing,
                        .previous_index = Previous(peer.next),
                        .previous_term = log_.TermAt(Previous(peer.next)),
                        .commit = commit_,
                        .entries = {}};
  std::uint64_t bytes = 0;
  Index index = peer.next;
  for (; index <= log_.last() && request.entries.size() < settings_.max_entries_per_append;
       index = Next(index)) {
    const Entry& entry = log_.At(index);
    if (!request.entries.empty() && bytes + Cost(entry) > settings_.max_append_bytes) break;
    bytes += Cost(entry);
    request.entries.push_back(entry);
  }
  peer.in_flight.push_back({.sequence = request.sequence,
                            .previous = request.previous_index,
                            .last = Previous(index),
                            .bytes = bytes,
                            .round = std::get<Leader>(state_).round});
  peer.in_flight_bytes += bytes;
  peer.next = index;
  peer.commit_told = std::max(peer.commit_told, std::min(commit_, Previous(index)));
  SendNow(peer.node, std::move(request), out);
}

// Only to followers with nothing else on its way that would tell them.
void Raft::SendCommitNotices(RaftOutput& out) {
  for (Peer& peer : std::get<Leader>(state_).peers) {
    const Index commit = std::min(commit_, peer.match);
    if (peer.notice_under_way || !peer.in_flight.empty() || peer.next <= log_.last()) continue;
    if (commit <= peer.commit_told) continue;
    peer.notice_under_way = true;
    peer.commit_told = commit;
    SendNow(peer.node, CommitNotice{commit}, out);
  }
}

// --- Answers ------------------------------------------------------------------------------------

// A follower that restarted may hold less than it once acknowledged: begin with it anew. False
// when the answer is from before the restart that we know of.
bool Raft::NoteIncarnation(Peer& peer, Incarnation incarnation, RaftOutput& out) {
  if (incarnation < peer.incarnation) return false;
  peer.active = true;
  if (peer.installation.has_value()) peer.installation->silent = 0;
  if (incarnation == peer.incarnation) return true;
  const bool restarted = peer.incarnation != Incarnation(0);
  peer.incarnation = incarnation;
  if (!restarted) return true;
  out.trace.emplace_back(trace::PeerLost{peer.node});
  peer.StartProbing(ProbeFrom(peer));
  peer.match = Index(0);
  peer.commit_told = Index(0);
  peer.installation.reset();
  return false;
}

void Raft::HandleAppendResponse(const Message& message, RaftOutput& out) {
  Peer* peer = FindPeer(message.from);
  const auto& response = std::get<AppendResponse>(message.body);
  if (peer == nullptr) return Refuse(RefusalReason::kStaleResponse, message.from, out);
  if (!NoteIncarnation(*peer, response.responder, out)) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  if (!response.accepted) return NoteRefusedAppend(*peer, response, out);
  if (response.match > log_.last()) {
    return Refuse(RefusalReason::kMalformed, message.from, out);
  }
  AdvanceMatch(*peer, response.match, out);
}

// Only the answer to the append that is under way says something about what is there now.
void Raft::NoteRefusedAppend(Peer& peer, const AppendResponse& response, RaftOutput& out) {
  const auto refused =
      std::find_if(peer.in_flight.begin(), peer.in_flight.end(),
                   [&](const InFlight& sent) { return sent.sequence == response.sequence; });
  if (refused == peer.in_flight.end()) {
    return Refuse(RefusalReason::kStaleResponse, peer.node, out);
  }
  const Index hint = std::min(response.hint, refused->previous);
  // There is nothing to probe with before our base: who lacks it, or contradicts it, gets a
  // snapshot.
  const bool compacted = hint < log_.base() || response.hint_term < log_.base_term();
  const Index agreeing = compacted ? std::min(hint, Previous(log_.base()))
                                   : log_.LastNotAfter(hint, response.hint_term);
  peer.StartProbing(std::max(Next(agreeing), Next(peer.match)));
}

// Matching entries are durable there: whatever was sent up to them has arrived.
void Raft::AdvanceMatch(Peer& peer, Index match, RaftOutput& out) {
  while (!peer.in_flight.empty() && peer.in_flight.front().last <= match) {
    peer.in_flight_bytes -= peer.in_flight.front().bytes;
    peer.in_flight.erase(peer.in_flight.begin());
    peer.probing = false;  // who holds all up to there has told where the logs agree
  }
  if (match > peer.match) {
    peer.match = match;
    peer.next = std::max(peer.next, Next(match));
    if (peer.installation.has_value() && match >= log_.base()) NoteInstalled(peer);
    AdvanceCommit(out);
  }
}

void Raft::HandleHeartbeatResponse(const Message& message, RaftOutput& out) {
  Peer* peer = FindPeer(message.from);
  const auto& response = std::get<HeartbeatResponse>(message.body);
  Leader* leader = AsLeader();
  if (peer == nullptr || response.round > leader->round) {
    return Refuse(RefusalReason::kStaleResponse, message.from, out);
  }
  const bool known = NoteIncarnation(*peer, response.responder, out);
  if (response.round >= peer->acked_round) {
    peer->acked_round = response.round;
    peer->promise = response.promise;
  }
  ConfirmReads(out);
  if (leader->lease.open) ConfirmLease();
  if (!known || response.match > log_.last()) return;
  AdvanceMatch(*peer, response.match, out);
  if (peer->IsInstalling()) return;
  if (peer->in_flight.empty()) {
    // It lost sight of us meanwhile, and no longer knows how far our logs agree.
    if (response.received < peer->match) peer->StartProbing(ProbeFrom(*peer));
    return;
  }
  // Sent before this heartbeat, and yet the follower has not taken it in: lost, or its refusal was.
  const InFlight& oldest = peer->in_flight.front();
  if (oldest.round >= response.round || response.received >= oldest.last) return;
  const bool arrived = response.next_sequence > oldest.sequence;
  if (arrived && oldest.round + 1 >= response.round) return;  // the answer may be on its way
  out.trace.emplace_back(trace::PeerLost{peer->node});
  peer->StartProbing(ProbeFrom(*peer));
}

void Raft::HandleCommitNoticeResponse(const Message& message, RaftOutput& out) {
  Peer* peer = FindPeer(message.from);
  if (peer == nullptr) return Refuse(RefusalReason::kStaleResponse, message.from, out);
  peer->active = true;
  peer->notice_under_way = false;
  SendCommitNotices(out);
}

// --- Commitment ---------------------------------------------------------------------------------

// An entry is committed once a quorum holds it durably, and only an entry of our own term is
// counted (paper, section 5.4.2). Our own copy counts like any other: when it is on disk.
void Raft::AdvanceCommit(RaftOutput& out) {
  Leader& leader = std::get<Leader>(state_);
  const Index reached = configuration().Reached<Index>([&](NodeId node) {
    if (node == id_) return durable_index_;
    for (const Peer& peer : leader.peers) {
      if (peer.node == node) return peer.counts ? peer.match : Index(0);
    }
    return Index(0);
  });
  if (reached <= commit_ || log_.TermAt(reached) != term_) return;
  CommitTo(reached, out);
  SendCommitNotices(out);
}

}  // namespace drydock
