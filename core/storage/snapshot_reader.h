// What a node finds of snapshots when it starts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/storage/disk.h"
#include "core/storage/snapshot_format.h"

namespace drydock {

// A snapshot and the bytes of its state, in the pieces of its frames.
struct LoadedSnapshot {
  StoredSnapshot stored;
  std::vector<Bytes> pieces;
};

struct SnapshotsFound {
  std::optional<LoadedSnapshot> newest;    // complete
  std::optional<LoadedSnapshot> incoming;  // as far as it surely is durable
  std::vector<std::string> leftovers;      // files that nobody needs
};

// Reads the newest complete snapshot and what was received of another one. Refuses to start (an
// error with file and offset) when the newest complete one is damaged: no crash leaves it so.
Result<SnapshotsFound> FindSnapshots(Disk& disk, StoreId store);

}  // namespace drydock
