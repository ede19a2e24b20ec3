// One position of the replicated log (Raft paper, section 5.3).
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/strong.h"

namespace drydock {

enum class EntryKind : std::uint8_t {
  kNoop = 0,           // a new leader's first entry (paper, section 8); empty
  kCommand = 1,        // one encoded command of the state machine
  kPart = 2,           // a piece of a large command; more pieces follow directly
  kLastPart = 3,       // its last piece; any other entry in between makes the run of pieces void
  kConfiguration = 4,  // an encoded Configuration, in effect from when it is appended
};
inline constexpr std::uint8_t kLastEntryKind = 4;

// The payload is shared and immutable: copying an entry copies a reference.
struct Entry {
  Term term;
  EntryKind kind = EntryKind::kNoop;
  Bytes payload;

  friend bool operator==(const Entry&, const Entry&) = default;
};

// What an entry costs in a window, an append or the uncommitted log, in bytes; the constant covers
// its header.
inline constexpr std::uint64_t kEntryOverhead = 32;
inline std::uint64_t Cost(const Entry& entry) {
  return entry.payload.size() + kEntryOverhead;
}

}  // namespace drydock
