// Whose directory this is: the file `identity`, written anew at each start.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/storage/disk.h"

namespace drydock {

inline constexpr const char* kIdentityPath = "identity";

struct Identity {
  NodeId node;
  StoreId store;
  Incarnation incarnation;       // of the newest start
  std::uint64_t next_batch = 1;  // batches before it were durable then, so the log must reach it
  Duration vote_promise;         // the longest that any start could give (StartOptions)

  friend bool operator==(const Identity&, const Identity&) = default;
};

// Nullopt when the directory has none; an error when it is damaged or of a newer version.
Result<std::optional<Identity>> ReadIdentity(Disk& disk);

// Replaces the file: after a crash at any point within, the old or the new content is there, whole.
Status WriteIdentity(Disk& disk, const Identity& identity);

}  // namespace drydock
