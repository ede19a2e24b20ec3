// A leader whose disk completes no write keeps its heartbeats and serves nobody well: it hands
// over, or steps down, within two of the longest election timeouts. No paper treats it; leaders
// that kept their seat on a hung disk are among the failures that others had.
#include "core/raft/raft.h"

namespace drydock {

// At the end of each step. No event tells that this timer is armed: it is with each write.
void Raft::WatchDisk() {
  if (suspended_ || lsn_ == durable_lsn_ || IsArmed(TimerId::kDisk)) return;
  if (disk_stalled_ && !IsLeader()) return;
  deadlines_[static_cast<std::size_t>(TimerId::kDisk)] = now_ + settings_.election_timeout_max;
}

// The first time a leader looks for a successor, the second time it gives up. Somebody who does not
// lead will not campaign until the disk is back: nobody could be told of its vote.
void Raft::DiskIsLate(RaftOutput& out) {
  const bool again = disk_stalled_;
  disk_stalled_ = true;
  if (!IsLeader()) return;
  if (again) return BecomeFollower(std::nullopt, RoleCause::kDiskStalled, out);
  Arm(TimerId::kDisk, settings_.election_timeout_max, out);
  const std::optional<NodeId> successor = BestSuccessor();
  if (!successor.has_value() || ReasonNotToTransfer(successor).has_value()) return;
  StartTransfer(std::nullopt, *successor, TransferCause::kDiskStalled, out);
}

}  // namespace drydock
