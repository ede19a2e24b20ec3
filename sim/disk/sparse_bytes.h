// The stored content of one simulated file: only what was written, everything else is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"

namespace drydock::sim {

// Made for millions of small writes in ascending order: their bytes go one behind the other into
// chunks, and an index entry of 16 bytes tells where they belong. Writing over what is there costs
// as much as the index is long. At most 2 GiB of small writes in one file.
class SparseBytes {
 public:
  // Writes longer than this are not copied: replicas share one payload.
  static constexpr std::size_t kCopiedBytes = 4096;

  void Write(std::uint64_t offset, const Bytes& bytes);
  // Makes [offset, offset + size) zero.
  void Clear(std::uint64_t offset, std::uint64_t size);
  // Writes what is stored within [offset, offset + size) over `out`, which is zero before.
  void Read(std::uint64_t offset, std::uint64_t size, char* out) const;

  // Some byte of [offset, offset + size) is stored. If not, all of them are zero.
  bool StoresWithin(std::uint64_t offset, std::uint64_t size) const;

  std::uint64_t stored() const { return stored_; }  // bytes kept, without the zeros between
  // Where the n-th stored byte (from 0) belongs; n < stored().
  std::uint64_t OffsetOfStored(std::uint64_t n) const;

 private:
  struct Extent {
    std::uint64_t offset;
    std::uint32_t size;
    std::uint32_t where;  // in the arena; with kShared: which shared buffer
  };
  static constexpr std::uint32_t kShared = std::uint32_t{1} << 31;
  static constexpr std::uint32_t kChunkBytes = 64 << 10;

  static std::uint64_t End(const Extent& extent) { return extent.offset + extent.size; }
  const char* Data(const Extent& extent) const;
  char* ArenaAt(std::uint32_t where) const {
    return chunks_[where / kChunkBytes].get() + where % kChunkBytes;
  }
  std::size_t FirstEndingAfter(std::uint64_t offset) const;
  bool OverwriteInPlace(std::uint64_t offset, std::string_view bytes);
  void InsertShared(std::size_t at, std::uint64_t offset, Bytes bytes);
  void InsertCopied(std::size_t at, std::uint64_t offset, std::string_view bytes);
  Extent Part(const Extent& extent, std::uint64_t from, std::uint64_t to);

  std::vector<Extent> extents_;  // ascending, apart
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::uint32_t arena_used_ = 0;
  std::vector<Bytes> shared_;  // what an extent with kShared refers to, whole
  std::uint64_t stored_ = 0;
};

}  // namespace drydock::sim
