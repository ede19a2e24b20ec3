// The bytes of a snapshot's file, all little-endian: frames one behind the other.
//
//   snapshots/00000000000000000123   complete, of the state after entry 123
//   snapshots/writing                being written by this node
//   snapshots/incoming               being received from a leader
//   frame   magic u32, CRC32C u32 (of what follows of the header), kind u32, payload bytes u32,
//           CRC32C of the payload u32, payload
//     1  what it is of: version u32, store u64, index u64, term u64, configuration index u64,
//        configuration (u32 length, bytes), bytes u64, checksum u32 (both 0 in one of our own)
//     2  the next bytes of the state
//     3  the end: bytes of the state u64, its CRC32C u32
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/protocol/snapshot.h"

namespace drydock {

inline constexpr const char* kSnapshotFolder = "snapshots";
inline constexpr const char* kWritingPath = "snapshots/writing";
inline constexpr const char* kIncomingPath = "snapshots/incoming";
inline constexpr std::uint32_t kSnapshotVersion = 1;
inline constexpr std::size_t kFrameHeaderBytes = 20;

std::string SnapshotPath(Index index);
// The index in a name within the folder; nullopt for a name that is no complete snapshot's.
std::optional<Index> SnapshotIndex(std::string_view name);

enum class FrameKind : std::uint32_t { kMeta = 1, kState = 2, kEnd = 3 };

struct FrameHeader {
  FrameKind kind = FrameKind::kState;
  std::uint32_t bytes = 0;  // of the payload
  std::uint32_t checksum = 0;
};
std::string EncodeFrameHeader(FrameKind kind, std::string_view payload);
// Nullopt when `bytes` does not begin with a sound header.
std::optional<FrameHeader> DecodeFrameHeader(std::string_view bytes);

struct MetaFrame {
  std::uint32_t version = kSnapshotVersion;
  StoreId store;
  SnapshotMeta meta;
};
std::string EncodeMeta(StoreId store, const SnapshotMeta& meta);
// Nullopt when malformed; of another version only `version` means anything.
std::optional<MetaFrame> DecodeMeta(std::string_view payload);

// Where a piece of the state stands.
struct SnapshotFrame {
  std::uint64_t file_offset = 0;  // of the payload
  std::uint64_t offset = 0;       // of its first byte in the state
  std::uint32_t bytes = 0;
  std::uint32_t checksum = 0;
};

// A snapshot's file and what stands where in it.
struct StoredSnapshot {
  SnapshotMeta meta;
  std::vector<SnapshotFrame> frames;  // by offset, without a gap
  std::uint64_t file_bytes = 0;

  std::uint64_t state_bytes() const {
    return frames.empty() ? 0 : frames.back().offset + frames.back().bytes;
  }
};

}  // namespace drydock
