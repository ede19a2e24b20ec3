// A leader whose disk completes no write keeps its heartbeats and serves nobody well: it hands
// over, or steps down, within two of the longest election timeouts. No paper treats it; leaders
// that kept their seat on a hung disk are among the failures that others had.
#include "core/raft/raft.h"

namespace drydock {

// At the end of each step. No event tells that this timer is armed: it is with each write.
void Raft::WatchDisk() {
  if (suspended_ || lsn_ == durable_lsn_ || IsArmed(TimerId::kDisk)) return;
  if (disk_ == DiskWatch::kStalled && !IsLeader()) return;
  timers_.Set(TimerId::kDisk,
              now_ + (settings_.election_timeout_max - settings_.heartbeat_interval));
}

// A process that was paused finds this timer due although its write may be done: the disk has one
// heartbeat interval more to say so. Then a leader looks for a successor, and an election timeout
// later it gives up. Who does not lead will not campaign until the disk is back: nobody could be
// told of its vote.
void Raft::DiskIsLate(RaftOutput& out) {
  if (disk_ == DiskWatch::kWell) {
    disk_ = DiskWatch::kLate;
    return Arm(TimerId::kDisk, settings_.heartbeat_interval, out);
  }
  const bool again = disk_ == DiskWatch::kStalled;
  disk_ = DiskWatch::kStalled;
  if (!IsLeader()) return;
  if (again) return BecomeFollower(std::nullopt, RoleCause::kDiskStalled, out);
  Arm(TimerId::kDisk, settings_.election_timeout_max, out);
  const std::optional<NodeId> successor = BestSuccessor();
  if (!successor.has_value() || ReasonNotToTransfer(successor).has_value()) return;
  StartTransfer(std::nullopt, *successor, TransferCause::kDiskStalled, out);
}

}  // namespace drydock
