// The file of one snapshot while it grows: what to write next, and what stands where in it.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"
#include "core/storage/disk.h"
#include "core/storage/snapshot_format.h"

namespace drydock {

// A value. The file is made empty by the caller (CreateDurably) unless it goes on with one that is
// there; the writes are to be carried out in order.
class SnapshotWriter {
 public:
  SnapshotWriter(std::string path, StoreId store, const SnapshotMeta& meta);
  // Goes on behind the frames of `begun`.
  SnapshotWriter(std::string path, StoredSnapshot begun, std::uint32_t checksum);

  // The next bytes of the state; with `last`, the end behind them. `last` may come without bytes.
  WriteAndSync Append(const Bytes& bytes, bool last);

  const StoredSnapshot& stored() const { return stored_; }
  std::uint32_t checksum() const { return checksum_; }  // of the state so far
  // The whole of it, once the last was appended.
  StoredSnapshot Finish() const;

 private:
  void Frame(FrameKind kind, const Bytes& payload, WriteAndSync& out);

  std::string path_;
  StoredSnapshot stored_;
  std::uint32_t checksum_ = 0;
  std::string meta_;  // to be written with the first bytes
};

}  // namespace drydock
