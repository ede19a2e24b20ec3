// Writes a snapshot of the node's own state, a chunk at a time, while the node goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/hasher.h"
#include "core/kv/kv_store.h"
#include "core/kv/state_codec.h"
#include "core/node/bulk_lane.h"
#include "core/protocol/snapshot.h"
#include "core/storage/snapshot_writer.h"

namespace drydock {

// A value. The next chunk is encoded when the one before is on disk: so the disk sets the pace, and
// no step encodes more than one.
class SnapshotTaker {
 public:
  explicit SnapshotTaker(std::uint64_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

  bool busy() const { return work_.has_value(); }
  // `meta` lacks the size and the checksum, which come out of writing. Not while busy.
  void Begin(const SnapshotMeta& meta, StoreId store, KvStore state, BulkLane& lane,
             std::vector<DiskOp>& out);
  bool Owns(Ticket ticket) const { return work_.has_value() && work_->ticket == ticket; }
  // One of its operations was carried out. Gives the snapshot once it is durable under its name.
  std::optional<StoredSnapshot> Done(BulkLane& lane, std::vector<DiskOp>& out);
  // The state that was written, to be freed; after Done gave the snapshot.
  KvStore Release() { return std::move(written_); }

  void AddTo(Hasher& hasher) const;

 private:
  enum class Stage : std::uint8_t { kWriting, kLastWrite, kRenaming };
  struct Work {
    StateEncoder encoder;
    SnapshotWriter writer;
    Stage stage = Stage::kWriting;
    Ticket ticket;
  };

  std::uint64_t chunk_bytes_;
  std::optional<Work> work_;
  KvStore written_;
};

}  // namespace drydock
