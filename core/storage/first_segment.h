// The beginning of the write-ahead log in a disk that has none.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/storage/disk.h"
#include "core/storage/identity.h"

namespace drydock {

// Creates the first segment, empty, and makes it and the names of its folder durable. What makes
// the store valid is the identity, to be written last.
Status CreateFirstSegment(Disk& disk, const Identity& identity, std::uint64_t segment_bytes);

}  // namespace drydock
