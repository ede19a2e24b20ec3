// One member of the cluster as a pure state machine: Raft, its storage and the key-value store,
// stepped by a driver that owns the clock, the network and the disk.
//
// The driver's contract:
//   1. Recover(disk) gives what the directory holds; construct the Node from it.
//   2. Step it with every input, and with Wake when NextDeadline() has come.
//   3. Carry out what is in the Effects: messages at will, the disk operations of a lane in order.
//      Step DiskDone for each operation, with the error if it failed.
//   4. `now` is read after the inputs of the step came, and is monotonic but for jumps: what leases
//      stand on (core/raft/leases.cc). The clock may jump. Forward, the node takes as time that has
//      passed; back, it takes as no time at all: timers are then late by nothing but the jump
//      itself, never early.
//   5. A CheckFailed thrown by Step is a bug: the node must not be stepped again.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/kv/kv_store.h"
#include "core/node/bulk_lane.h"
#include "core/node/effects.h"
#include "core/node/held_calls.h"
#include "core/node/snapshot_receiver.h"
#include "core/node/snapshot_shelf.h"
#include "core/node/snapshot_taker.h"
#include "core/protocol/settings.h"
#include "core/raft/raft.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_writer.h"

namespace drydock {

struct NodeConfig {
  // The founding members; what the log says later overrides them. Empty: the node was not among
  // them, and waits until the cluster's leader adds it.
  std::vector<NodeId> voters;
  Settings settings;
  std::uint64_t seed = 0;  // of this node and incarnation
  PinnedDraws pins;        // of its election timeouts; null when nothing is pinned
};

// A value: a copy made in the middle of a run goes on byte for byte like the original, and costs a
// few references (log and map are shared).
class Node {
 public:
  Node(NodeConfig config, Recovered recovered, TimePoint now);
  // Written out so that they are compiled once.
  Node(const Node&);
  Node(Node&&) noexcept;
  Node& operator=(const Node&);
  Node& operator=(Node&&) noexcept;
  ~Node();

  // Appends to `out`; never blocks. Every invariant of the state is checked before anything that is
  // to leave is handed out.
  void Step(TimePoint now, Input input, Effects& out);
  // All that came by now, in order, as one step: what they ask for is sent and written together.
  // The inputs are moved from.
  void Step(TimePoint now, std::span<Input> inputs, Effects& out);
  // The same in two halves. What the first leaves may be carried out before the second, which
  // applies what is committed and answers clients: disk and peers are at work meanwhile.
  void BeginStep(TimePoint now, std::span<Input> inputs, Effects& out);
  void EndStep(Effects& out);
  // When to step with Wake if nothing else comes; TimePoint::Max() for never.
  TimePoint NextDeadline() const;

  // --- What there is to see ---
  const Raft& raft() const { return raft_; }
  const KvStore& kv() const { return kv_; }
  Index applied() const { return applied_; }
  // Of the newest snapshot on disk; null: there is none.
  const StoredSnapshot* snapshot() const { return shelf_.newest(); }
  bool halted() const { return halted_; }
  // Calls of peers and clients that are taken and neither answered nor dropped yet.
  std::uint64_t open_calls() const {
    return raft_.open_calls() + writes_.size() + reads_.size() + lease_reads_.size() +
           held_.size() + snapshot_calls_.size() + receiver_.open_calls();
  }
  // Everything that decides what happens next, with node k standing as permutation[k] (empty: as
  // itself); blind to clock values, draw counters, and the numbers of tickets and calls.
  std::uint64_t Digest(std::span<const NodeId> permutation = {}) const;

 private:
  struct PendingWrite {
    Index index;
    CallId call;
  };
  struct PendingRead {
    CallId call;
    Bytes key;
  };
  struct LeaseRead {
    PendingRead read;
    Index index;  // to be applied first
  };

  void Handle(Wake, Effects& out, RaftOutput& raft_out);
  void Handle(PeerRequest&& request, Effects& out, RaftOutput& raft_out);
  void Handle(const PeerResponse& response, Effects& out, RaftOutput& raft_out);
  void Handle(ClientCall&& call, Effects& out, RaftOutput& raft_out);
  void Handle(const DiskDone& done, Effects& out, RaftOutput& raft_out);
  void Handle(Suspend suspend, Effects& out, RaftOutput& raft_out);
  void Handle(Resume, Effects& out, RaftOutput& raft_out);
  void Handle(TransferLeadership transfer, Effects& out, RaftOutput& raft_out);
  void LetHeldCallsGo(Effects& out, RaftOutput& raft_out);
  void Handle(ChangeMembers change, Effects& out, RaftOutput& raft_out);
  void Handle(TakeSnapshot take, Effects& out, RaftOutput& raft_out);
  RaftOutput Collect(Effects& out);
  void NoteLeadership(Effects& out);
  void TakeConfirmedReads(Effects& out);
  void RefuseReads(std::uint64_t count, Effects& out);
  void SendAndWrite(Effects& out, RaftOutput& raft_out);

  // admission.cc
  std::optional<Outcome> ReasonToRefuse(const ClientRequest& request) const;
  bool ReadsThroughLeader(const ClientRequest& request) const;
  std::optional<std::uint64_t> LimitPassedBy(const ClientRequest& request) const;
  bool HasRoomForRead() const;
  bool HasRoomForWrite(const ClientRequest& request) const;
  std::uint64_t CostOf(const ClientRequest& write) const;
  void Hold(ClientCall&& call);

  void TakeRead(CallId call, GetOp get, Effects& out);
  bool ReadUnderLease(CallId call, GetOp& get, Effects& out);
  void ProposeCommand(CallId call, const ClientRequest& request, RaftOutput& raft_out);
  void AbandonPending(Effects& out);
  void GiveUp(CallId call, Outcome outcome, Effects& out) const;
  void DropPending(Effects& out);
  void Apply(Effects& out);
  bool CanApplyNext(Effects& out);
  void ApplyNext(Effects& out);
  void PrefetchEntries(Index last);
  void AnswerWrite(Index index, const ApplyResult& result, Effects& out);
  void AnswerReads(Effects& out);
  void PrefetchReads(std::uint64_t count);
  void AnswerRead(CallId call, const Bytes& key, Effects& out) const;
  // snapshots.cc
  bool IsSnapshotDue() const;
  void BeginSnapshot(Effects& out);
  void AnswerSnapshotCalls(Effects& out);
  void Saved(StoredSnapshot stored, Effects& out);
  void HandleBulk(const DiskDone& done, Effects& out, RaftOutput& raft_out);
  void TakeOfferedChunks(Effects& out, RaftOutput& raft_out);
  void NoteReceived(SnapshotReceiver::Progress progress, Effects& out, RaftOutput& raft_out);
  void Install(SnapshotReceiver::Whole whole, Effects& out, RaftOutput& raft_out);
  void CountLog();
  void CompactLog(Effects& out);
  void DropSnapshotCalls(Effects& out);

  // For the reason of a halt that only a newer program helps against.
  static constexpr const char* kUpgrade =
      ": the leader is of a newer version; start this node with that one, and it goes on from here";
  void Halt(std::string reason, Effects& out, RaftOutput& raft_out);
  void NoteTime(TimePoint shown);
  static void RefuseInput(const Input& input, Effects& out);
  // invariants.cc
  void CheckInvariants() const;
  void CheckWritesAreBounded() const;

  Raft raft_;
  KvStore kv_;
  WalWriter wal_;
  BulkLane bulk_;
  SnapshotTaker taker_;
  SnapshotReceiver receiver_;
  SnapshotShelf shelf_;
  Index applied_;
  // What the entries cost in bytes, counted from the same point in the log: those applied, those
  // up to the newest snapshot and the one being taken, those compacted.
  std::uint64_t applied_bytes_ = 0;
  std::uint64_t snapshot_at_bytes_ = 0;
  std::uint64_t taking_at_bytes_ = 0;
  std::uint64_t compacted_bytes_ = 0;
  std::vector<CallId> snapshot_calls_;  // wait for the snapshot that is being taken
  std::vector<KvStore::Map> garbage_;   // to be freed a little at each step
  std::uint64_t stay_ = 0;              // of raft_ when the pending calls were taken
  std::deque<PendingWrite> writes_;     // by index
  std::deque<PendingRead> reads_;       // in the order in which they are confirmed,
  bool through_leader_ = false;         // by the leader that this node follows
  std::deque<ConfirmedReads> confirmed_;
  std::deque<LeaseRead> lease_reads_;
  HeldCalls held_;  // until a transfer of leadership has ended
  bool halted_ = false;
  bool in_step_ = false;  // between its halves
  TimePoint shown_;       // what the driver's clock showed last
  Duration behind_;       // how far it has stepped back since the start, in all
  TimePoint now_;         // the two together: never goes back
  // Emptied before each use; members so that their memory is used again.
  std::vector<Mutation> mutations_;
  std::vector<ConfirmedReads> new_reads_;
  std::vector<ChunkWanted> chunks_wanted_;
  std::vector<ChunkOffered> chunks_offered_;
  std::vector<KeyProbe> keys_;
};

}  // namespace drydock
