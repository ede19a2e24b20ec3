// Reading the write-ahead log back: what it says, and what has to be mended before it goes on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/raft/log.h"
#include "core/storage/disk.h"
#include "core/storage/identity.h"
#include "core/storage/recovery.h"

namespace drydock {

// What a place in the log does not let the node start for: file, offset, what, and what to do.
Error WalDamaged(const std::string& path, std::uint64_t offset, const std::string& what);

struct Replayed {
  Term term;
  std::optional<NodeId> vote;
  Log log;  // where older segments are gone, the term of its base may be unknown: 0
  WalPosition position;

  // Still to be done by MendWal:
  std::optional<std::uint64_t> last_batch;  // offset in the segment of `position`
  std::optional<TornTail> torn;             // behind it
  std::uint64_t torn_end = 0;               // of what is not zero
  // The segment after that of `position`: a broken-off write left it without a batch.
  struct Leftover {
    bool header_is_sound = false;
  };
  std::optional<Leftover> leftover;
};

// Reads all segments and changes nothing. Refuses anything that no crash can leave behind.
Result<Replayed> ReplayWal(Disk& disk, const Identity& identity);

// Cuts off what was torn and makes everything that was read durable. Safe to repeat after a crash
// within.
Status MendWal(Disk& disk, const Identity& identity, const Replayed& replayed);

}  // namespace drydock
