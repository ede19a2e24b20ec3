// All that a store holds, read from its directory without changing anything there.
#pragma once

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/storage/disk.h"
#include "core/storage/identity.h"
#include "core/storage/snapshot_reader.h"
#include "core/storage/wal_replay.h"

namespace drydock {

struct StoreContent {
  Identity identity;
  Replayed
      wal;  // its log begins behind the newest snapshot or before, and the base's term is known
  SnapshotsFound snapshots;
  bool log_restarted = false;  // as in Recovered
};

// An error tells the file, the offset and what to do: there is no store, it belongs to another
// node, or something in it is damaged that no crash can have damaged.
Result<StoreContent> ReadStore(Disk& disk, NodeId node);
// The same, of a store whose identity was read before.
Result<StoreContent> ReadStore(Disk& disk, NodeId node, const Identity& identity);

}  // namespace drydock
