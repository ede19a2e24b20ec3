// The bytes of the write-ahead log, all little-endian.
//
//   wal/0000000001, wal/0000000002, ...   segments, zero-filled in full size before they are used
//   segment  header (one sector), then batches, each from a sector boundary on; zeros to the end
//   header   magic, version, node, store, segment number, number of its first batch, size, ...,
//            CRC32C over the sector
//   batch    magic u32, CRC32C of the header u32, number u64, payload bytes u32, records u32,
//   CRC32C
//            of the payload u32, payload. The header's checksum covers all of the header behind it
//            and starts from the store id, so that no bytes of a client can pass for a batch.
//   record   type u8, body bytes u32, CRC32C u32 (of type, length and body), body
//              1  term u64, voted u8, vote u32
//              2  index u64, term u64, kind u8, payload
//              3  last index kept u64
//              4  the log goes on behind this entry and holds nothing else, unless that is its end
//                 anyway: index u64, term u64
//
// Batches are numbered 1, 2, ... through all segments; the first of each segment but the first
// begins with records of the term and vote and of the log's end, so that a segment can be read
// without those before it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/strong.h"
#include "core/raft/mutation.h"
#include "core/storage/disk.h"

namespace drydock {

inline constexpr std::uint64_t kMinSegmentBytes = 1 << 20;
inline constexpr std::size_t kBatchHeaderBytes = 28;
inline constexpr std::uint32_t kWalVersion = 1;

constexpr std::uint64_t RoundUpToSector(std::uint64_t bytes) {
  return (bytes + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
}

inline constexpr const char* kWalFolder = "wal";
std::string SegmentPath(std::uint64_t segment);
// The number in a name within the folder; nullopt for a name that is not a segment's.
std::optional<std::uint64_t> SegmentNumber(std::string_view name);

struct SegmentHeader {
  std::uint32_t version = kWalVersion;
  NodeId node;
  StoreId store;
  std::uint64_t segment = 0;
  std::uint64_t first_batch = 0;  // the number that its first batch has or will have
  std::uint64_t bytes = 0;        // of the whole file
};
std::string EncodeSegmentHeader(const SegmentHeader& header);  // one sector
// Nullopt when damaged; of another version only `version` means anything.
std::optional<SegmentHeader> DecodeSegmentHeader(std::string_view sector);

// Where the checksum of a batch's header starts from.
std::uint32_t BatchSalt(StoreId store);

struct BatchHeader {
  std::uint64_t number = 0;
  std::uint32_t payload_bytes = 0;
  std::uint32_t records = 0;
  std::uint32_t payload_checksum = 0;

  std::uint64_t total_bytes() const { return kBatchHeaderBytes + std::uint64_t{payload_bytes}; }
};
void EncodeBatchHeader(const BatchHeader& header, std::uint32_t salt, char* out);
// Nullopt when `bytes` does not begin with the header of a batch of this store.
std::optional<BatchHeader> DecodeBatchHeader(std::string_view bytes, std::uint32_t salt);

// Appends the mutation's record. With `payload_apart` the bytes of an entry's payload are left out
// though counted: the caller puts them right behind.
void AppendRecord(const Mutation& mutation, bool payload_apart, std::string& out);
// Takes the first record off `bytes`; nullopt when it is malformed.
std::optional<Mutation> TakeRecord(std::string_view& bytes);

}  // namespace drydock
