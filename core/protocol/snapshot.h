// What a snapshot is of: thesis, section 5.1.
#pragma once

#include <cstdint>

#include "core/base/strong.h"
#include "core/protocol/configuration.h"

namespace drydock {

// The state after applying everything up to `index`. Two snapshots of one index are equal to the
// byte, whoever wrote them, so that a transfer broken off can go on from another node.
struct SnapshotMeta {
  Index index;
  Term term;                    // of the entry at `index`
  Index configuration_index;    // of the entry that it came with; 0: the founding one
  Configuration configuration;  // in force at `index`
  std::uint64_t bytes = 0;      // of the encoded state
  std::uint32_t checksum = 0;   // CRC-32C over it

  friend bool operator==(const SnapshotMeta&, const SnapshotMeta&) = default;
};

}  // namespace drydock
