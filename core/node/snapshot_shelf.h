// The snapshots that a node has on disk: the newest, and older ones that are still being sent.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/node/bulk_lane.h"
#include "core/raft/raft.h"
#include "core/storage/snapshot_format.h"

namespace drydock {

// A value.
class SnapshotShelf {
 public:
  const StoredSnapshot* newest() const { return stored_.empty() ? nullptr : &stored_.back(); }
  // A newer one, durable under its name.
  void Add(StoredSnapshot stored);
  // Removes the files of all but the newest and those that are needed.
  void RemoveOld(const std::function<bool(Index)>& is_needed, BulkLane& lane,
                 std::vector<DiskOp>& out);

  // Reads what a follower wants next.
  void Read(const ChunkWanted& wanted, BulkLane& lane, std::vector<DiskOp>& out);
  bool Owns(Ticket ticket) const;
  struct Chunk {
    ChunkWanted wanted;
    Bytes bytes;
  };
  // The read came back. An error when the disk does not give what was written.
  Result<Chunk> Done(Ticket ticket, const Bytes& bytes);

 private:
  struct Reading {
    Ticket ticket;
    ChunkWanted wanted;
    SnapshotFrame frame;
  };

  std::vector<StoredSnapshot> stored_;  // by index
  std::vector<Reading> reading_;
};

}  // namespace drydock
