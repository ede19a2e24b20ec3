// Consensus (Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm"; sections of
// Ongaro's thesis where they say more). One class, its source split by topic: raft.cc (entry
// points, terms, durability), election.cc, replication.cc, follower.cc, reads.cc,
// follower_reads.cc, leases.cc, founding.cc, snapshots.cc, transfer.cc, disk_watch.cc,
// membership.cc.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/hasher.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/protocol/configuration.h"
#include "core/protocol/membership.h"
#include "core/protocol/message.h"
#include "core/protocol/settings.h"
#include "core/protocol/trace_event.h"
#include "core/raft/log.h"
#include "core/raft/mutation.h"
#include "core/raft/roles.h"
#include "core/raft/timers.h"

namespace drydock {

// What a node is before its first step.
struct RaftStart {
  NodeId id;
  StoreId store;
  Incarnation incarnation;
  // The founding members; entries of the log override it. Empty: this node waits to be added.
  Configuration configuration;
  Settings settings;
  std::uint64_t seed = 0;
  PinnedDraws pins;  // of election timeouts: kind 0, offset in ns above the minimum
  Term term;
  std::optional<NodeId> vote;
  Log log;
  std::optional<SnapshotMeta> snapshot;  // the newest, everything up to it is applied
  Lsn lsn;                // of what was given to the storage already; not durable yet
  Duration vote_promise;  // as in Recovered
};

// A piece of a snapshot that a follower is to get next; SendChunk sends it.
struct ChunkWanted {
  NodeId peer;
  Index snapshot;
  std::uint64_t offset = 0;  // in its state
};
// What the leader sent of a snapshot that is ahead of us; ReplyToChunk answers.
struct ChunkOffered {
  CallId call;
  NodeId leader;
  SnapshotChunk chunk;
};

// The oldest `count` reads that wait may be answered once `index` is applied. Given up: the newest
// `count` must be refused.
struct ConfirmedReads {
  Index index;
  std::uint64_t count = 0;
  bool given_up = false;
};

// Where one step leaves its results; everything is appended.
struct RaftOutput {
  std::vector<Message>& messages;
  std::vector<PeerReply>& replies;
  std::vector<CallId>& drops;
  std::vector<TraceEvent>& trace;
  std::vector<Mutation>& mutations;  // in the order of their Lsn
  std::vector<ConfirmedReads>& reads;
  std::vector<TransferReply>& transfers;
  std::vector<ChangeReply>& changes;
  std::vector<ChunkWanted>& chunks_wanted;
  std::vector<ChunkOffered>& chunks_offered;
};

class Raft {
 public:
  Raft(RaftStart start, TimePoint now);

  // --- Inputs. Due timers fire first: time passes before anything else happens. ---
  void AdvanceTo(TimePoint now, RaftOutput& out);
  void HandleRequest(CallId call, Message&& message, RaftOutput& out);
  void HandleResponse(const Message& message, RaftOutput& out);
  // Every mutation up to `lsn` has become durable.
  void HandleDurable(Lsn lsn, RaftOutput& out);
  // Hands leadership to the target, or to the best follower; answered once, perhaps much later.
  void HandleTransfer(CallId call, std::optional<NodeId> target, RaftOutput& out);
  void Suspend(Duration length, RaftOutput& out);
  void Resume(RaftOutput& out);
  // The node stops: gives up every call that it still holds.
  void DropHeld(RaftOutput& out);

  // Appends an entry; the caller is the leader. Send() must follow before the step ends.
  Index Propose(EntryKind kind, Bytes payload, RaftOutput& out);
  // Asks for one more read (thesis, section 6.4); the caller is the leader.
  // Send() must follow before the step ends.
  void Read();
  // The same at a follower that knows its leader.
  void ReadThroughLeader();
  // Until when reads may be answered without asking anybody, as far as the log is committed by now
  // (thesis, section 6.4.1); nullopt: there is no lease.
  std::optional<TimePoint> LeaseUntil() const;
  // The clock has shown too little time: no lease may stand on what was measured before.
  void ForgetLease();
  // Takes the next step of a membership change, sends what the followers' windows allow, and asks
  // them to confirm reads. A leader that is removed steps down here. A follower asks its leader for
  // what reads need.
  void Send(RaftOutput& out);
  // Changes the members (paper, section 6); answered once, in RaftOutput::changes, or dropped.
  void ChangeMembers(CallId call, MembershipChange change, RaftOutput& out);

  // --- Snapshots ---
  // A newer snapshot of our own state is durable.
  void NoteSnapshot(const SnapshotMeta& meta);
  // Forgets the entries up to `index`: applied, and no further than the newest snapshot.
  void CompactTo(Index index, RaftOutput& out);
  // The log behind this entry is needed by somebody who gets a snapshot, or got one just now.
  std::optional<Index> OldestSent() const;
  bool IsBeingSent(Index snapshot) const;
  void SendChunk(const ChunkWanted& wanted, Bytes bytes, RaftOutput& out);
  // `received` bytes of the snapshot are durable; once it is installed, everything up to it is.
  void ReplyToChunk(CallId call, NodeId leader, Index snapshot, std::uint64_t received,
                    bool installed, RaftOutput& out);
  // A snapshot of the leader has become durable, and its state is taken over by the caller.
  // commit() < meta.index.
  void InstallSnapshot(const SnapshotMeta& meta, RaftOutput& out);
  // Frees a part of what an installed snapshot took the place of; to be called at each step.
  void FreeSome();
  // In force at an entry that is not compacted before the base, and the index that it came with.
  const std::pair<Index, Configuration>& ConfigurationAt(Index index) const;

  // --- State ---
  TimePoint NextDeadline() const { return timers_.next(); }
  NodeId id() const { return id_; }
  StoreId store() const { return store_; }
  Incarnation incarnation() const { return incarnation_; }
  Term term() const { return term_; }
  std::optional<NodeId> vote() const { return vote_; }
  Role role() const { return static_cast<Role>(state_.index()); }
  bool IsLeader() const { return role() == Role::kLeader; }
  std::optional<NodeId> leader() const;
  // What a leader knows of the others; null for all other roles.
  const Leader* leadership() const { return std::get_if<Leader>(&state_); }
  bool suspended() const { return suspended_; }
  Index commit() const { return commit_; }
  Index durable_index() const { return durable_index_; }
  const Log& log() const { return log_; }
  const Configuration& configuration() const { return configurations_.back().second; }
  Index configuration_index() const { return configurations_.back().first; }  // of its entry, or 0
  const Settings& settings() const { return settings_; }
  Lsn lsn() const { return lsn_; }
  // Of the entries that a leader has not committed yet; 0 for others.
  std::uint64_t uncommitted_bytes() const;
  // Asked for and not told yet, confirmed or given up.
  std::uint64_t waiting_reads() const;
  // Changes whenever a role is taken or left, or the term is another one. Reads that wait, wait
  // within one stay.
  std::uint64_t stay() const { return stay_; }
  // Leadership is being handed over: who leads next is open, and client calls should wait.
  bool transferring() const { return transfer_.has_value(); }
  // Requests of peers, for a transfer and for a membership change, that are taken and neither
  // answered nor dropped yet.
  std::uint64_t open_calls() const;

  // Everything that decides what happens next, with node k standing as permutation[k]; but for
  // clock values, draw counters and absolute Lsns, in which two equal situations may differ.
  void AddTo(Hasher& hasher, std::span<const NodeId> permutation) const;
  // What must be true of any state; throws CheckFailed (invariants.cc reads as the specification).
  void CheckInvariants() const;

 private:
  enum class DiskWatch : std::uint8_t {
    kWell,
    kLate,     // no write was completed for almost the longest election timeout
    kStalled,  // nor within the heartbeat interval after it
  };
  struct Held {  // leaves once everything up to `lsn` is durable
    Lsn lsn;
    std::variant<Message, PeerReply> what;
  };

  // raft.cc: terms, timers, durability, sending.
  bool Admit(const Message& message, RaftOutput& out);
  bool KeepUpWithTerm(const Message& message, RaftOutput& out);
  void AdoptTerm(Term term, RaftOutput& out);
  void RecordTermAndVote(RaftOutput& out);
  void Arm(TimerId timer, Duration delay, RaftOutput& out);
  void Disarm(TimerId timer);
  bool IsArmed(TimerId timer) const;
  void Fire(TimerId timer, RaftOutput& out);
  void ReleaseHeld(RaftOutput& out);
  Message Compose(NodeId to, MessageBody&& body) const;
  StoreId StoreKnownOf(NodeId node) const;
  void SendNow(NodeId to, MessageBody&& body, RaftOutput& out) const;
  void SendWhenDurable(NodeId to, MessageBody&& body);
  void ReplyNow(CallId call, NodeId to, MessageBody&& body, RaftOutput& out) const;
  void ReplyWhenDurable(CallId call, NodeId to, MessageBody&& body);
  void Refuse(RefusalReason reason, NodeId peer, RaftOutput& out) const;
  void RefuseAndDrop(RefusalReason reason, NodeId peer, CallId call, RaftOutput& out) const;
  void ReplyToOldTerm(CallId call, const Message& message, RaftOutput& out);

  // log_changes.cc: the log, its durability, the configurations in it.
  void AppendEntry(const Entry& entry, RaftOutput& out);
  void TruncateAfter(Index last, RaftOutput& out);
  void NoteConfiguration(Index index, const Entry& entry, RaftOutput& out);
  void NoteDurable(RaftOutput& out);
  void CommitTo(Index index, RaftOutput& out);

  // election.cc
  void BecomeFollower(std::optional<NodeId> leader, RoleCause cause, RaftOutput& out);
  void BecomePreCandidate(RoleCause cause, RaftOutput& out);
  void BecomeCandidate(RoleCause cause, RaftOutput& out);
  void BecomeLeader(RaftOutput& out);
  void LeaveRole(RaftOutput& out);
  void ElectionTimeout(RaftOutput& out);
  void ArmElection(RaftOutput& out);
  void DrawElectionTimeout();
  bool IsOutranked() const;
  void Campaign(const MessageBody& request, bool when_durable, RaftOutput& out);
  bool IsLogUpToDate(Index last_index, Term last_term) const;
  bool LeaderIsAlive() const;
  void HandlePreVoteRequest(CallId call, const Message& message, RaftOutput& out);
  void HandleVoteRequest(CallId call, const Message& message, RaftOutput& out);
  void HandlePreVoteResponse(const Message& message, RaftOutput& out);
  void HandleVoteResponse(const Message& message, RaftOutput& out);
  void CountPreVotes(RaftOutput& out);
  void CountVotes(RaftOutput& out);
  void CheckQuorum(RaftOutput& out);

  // follower.cc
  Follower& Follow(NodeId leader, RaftOutput& out);
  void HandleHeartbeat(CallId call, const Message& message, RaftOutput& out);
  void HandleCommitNotice(CallId call, const Message& message, RaftOutput& out);
  void HandleAppendRequest(CallId call, Message&& message, RaftOutput& out);
  bool IsAppendInOrder(CallId call, Message& message, RaftOutput& out);
  void ProcessAppend(CallId call, const Message& message, RaftOutput& out);
  void MergeEntries(const AppendRequest& request, RaftOutput& out);
  void ProcessHeld(RaftOutput& out);
  bool IsWellFormed(const AppendRequest& request, Term sender_term) const;

  // replication.cc
  Leader* AsLeader() { return std::get_if<Leader>(&state_); }
  Peer* FindPeer(NodeId node);
  void NextRound();
  void Broadcast(RaftOutput& out);
  void SendHeartbeat(Peer& peer, RaftOutput& out);
  void SendAppends(Peer& peer, RaftOutput& out);
  void SendAppend(Peer& peer, RaftOutput& out);
  void HandleAppendResponse(const Message& message, RaftOutput& out);
  void HandleHeartbeatResponse(const Message& message, RaftOutput& out);
  void HandleCommitNoticeResponse(const Message& message, RaftOutput& out);
  bool NoteIncarnation(Peer& peer, Incarnation incarnation, RaftOutput& out);
  void NoteRefusedAppend(Peer& peer, const AppendResponse& response, RaftOutput& out);
  void AdvanceMatch(Peer& peer, Index match, RaftOutput& out);
  void AdvanceCommit(RaftOutput& out);
  void SendCommitNotices(RaftOutput& out);

  // transfer.cc
  std::optional<TransferOutcome> ReasonNotToTransfer(std::optional<NodeId> target) const;
  std::optional<NodeId> BestSuccessor() const;
  void StartTransfer(std::optional<CallId> call, NodeId target, TransferCause cause,
                     RaftOutput& out);
  void EndTransfer(TransferOutcome outcome, RaftOutput& out);
  void DropTransfer(RaftOutput& out);
  void TransferDeadline(RaftOutput& out);
  void NoteLeader(NodeId leader, RaftOutput& out);
  void SendTimeoutNow(RaftOutput& out);
  void HandleTimeoutNow(CallId call, const Message& message, RaftOutput& out);
  void HandleTimeoutNowResponse(const Message& message, RaftOutput& out);
  void ConsiderPreference(RaftOutput& out);
  std::optional<NodeId> PreferredPeer() const;

  // disk_watch.cc
  void WatchDisk();
  void DiskIsLate(RaftOutput& out);

  // reads.cc
  void AskForReads(RaftOutput& out);
  void AskQuorum(RaftOutput& out);
  void ConfirmReads(RaftOutput& out);

  // follower_reads.cc
  void AskLeader(RaftOutput& out);
  void SendQuestion(RaftOutput& out);
  void LeaderIsSilent(RaftOutput& out);
  void HandleReadIndexRequest(CallId call, const Message& message, RaftOutput& out);
  void AnswerQuestions(std::uint64_t confirmed_round, RaftOutput& out);
  void DropQuestion(Peer& peer, RaftOutput& out);
  void DropQuestions(RaftOutput& out);
  void HandleReadIndexResponse(const Message& message, RaftOutput& out);

  // leases.cc
  void HoldVotesBack(RaftOutput& out);
  bool HasPromised() const;
  Duration VotePromise() const;
  void BeginLease();
  void ConfirmLease();
  void GiveUpLease();

  // snapshots.cc
  Index ProbeFrom(const Peer& peer) const;
  void SendSnapshot(Peer& peer, RaftOutput& out);
  void NoteInstalled(Peer& peer);
  void CheckInstallations(RaftOutput& out);
  bool IsWellFormed(const SnapshotChunk& chunk, Term sender_term) const;
  void HandleSnapshotChunk(CallId call, const Message& message, RaftOutput& out);
  void HandleSnapshotChunkResponse(const Message& message, RaftOutput& out);

  // founding.cc
  void NoteStores();
  bool HasNewBinding() const;
  void MaybeFound(RaftOutput& out);
  std::size_t HoldersOf(Index index);

  // membership.cc
  bool IsVoterBy(const Configuration& configuration) const;
  bool MayCampaign() const;
  bool AdmitStranger(const Message& message) const;
  bool IsForAnotherStore(const Message& message) const;
  // By the store that the member is bound to, if it is bound.
  static bool IsSender(const Member& member, const Message& message);
  void AdvanceConfiguration(RaftOutput& out);
  void AdvanceChange(RaftOutput& out);
  bool ProposeLearners(RaftOutput& out);
  bool AreCaughtUp(RaftOutput& out);
  void BeginRound(RaftOutput& out);
  void CatchUpTimeout(RaftOutput& out);
  const Peer* FurthestBehind();
  void ProposeConfiguration(const Configuration& configuration, RaftOutput& out);
  void FollowConfiguration();
  void ForgetRemovedPeers(RaftOutput& out);
  void StepDownIfRemoved(RaftOutput& out);
  std::optional<ChangeAnswer> ReasonToRefuse(const MembershipChange& change) const;
  void AnswerChange(ChangeOutcome outcome, std::string reason, RaftOutput& out);
  void DropChange(RaftOutput& out);

  void AddRoleTo(Hasher& hasher, std::span<const NodeId> permutation) const;

  // invariants.cc
  void CheckLeader(const Leader& leader) const;
  void CheckWindow(const Peer& peer) const;
  void CheckFollower(const Follower& follower) const;

  // What a node is.
  NodeId id_;
  StoreId store_;
  Incarnation incarnation_;
  Settings settings_;
  std::uint64_t seed_ = 0;
  PinnedDraws pins_;

  // Persistent state (paper, figure 2), ahead of the disk by the mutations not yet durable.
  Term term_;
  std::optional<NodeId> vote_;
  Log log_;
  Log replaced_;  // by a snapshot: freed a little at each step
  std::vector<std::pair<Index, Configuration>> configurations_;  // by index; the last is in force

  // Durability.
  Lsn lsn_;  // of the newest mutation
  Lsn durable_lsn_;
  Index durable_index_;
  std::deque<std::pair<Lsn, Index>> writes_;  // entries under way: durable up to Index at Lsn
  std::deque<std::pair<Lsn, std::pair<Term, std::optional<NodeId>>>> ballots_;  // likewise
  std::pair<Term, std::optional<NodeId>> durable_ballot_;
  std::deque<Held> held_;
  std::uint64_t held_replies_ = 0;  // those among them that answer a call

  std::shared_ptr<const SnapshotMeta> snapshot_;  // the newest of our own; null: none

  // Volatile state.
  Index commit_;
  std::variant<Follower, PreCandidate, Candidate, Leader> state_;  // in the order of Role
  bool suspended_ = false;
  std::optional<Transfer> transfer_;  // outlives the leadership that it began in
  DiskWatch disk_ = DiskWatch::kWell;
  TimePoint now_;
  Timers timers_;
  Duration election_timeout_;
  std::uint64_t draws_ = 0;
  Duration vote_promise_;        // the longest that may be given
  std::uint64_t questions_ = 0;  // for read indexes, in this incarnation
  std::uint64_t stay_ = 0;
};

}  // namespace drydock
