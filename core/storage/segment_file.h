// Reading one segment of the write-ahead log: by window, so that a large one needs little memory
// and a mostly empty one little time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/storage/disk.h"
#include "core/storage/wal_format.h"

namespace drydock {

// A batch whose checksum fits.
struct SoundBatch {
  BatchHeader header;
  std::string_view bytes;  // header and payload; until the next read of the segment
};

// What stands behind the last batch that could be read.
struct SegmentRest {
  std::uint64_t end = 0;  // of what is not zero, in whole sectors
  // Offset of the first later sector that begins a batch: what is here is damage.
  std::optional<std::uint64_t> later_batch;
};

class SegmentFile {
 public:
  static Result<SegmentFile> Open(Disk& disk, std::uint64_t segment, std::uint32_t salt);

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  // Nullopt when it is damaged or the file too short for one.
  Result<std::optional<SegmentHeader>> Header();
  // The batch at `offset`; nullopt when there is none that is whole.
  Result<std::optional<SoundBatch>> BatchAt(std::uint64_t offset);
  // Looks at everything from `offset` on, which begins no batch that is whole. A later batch has a
  // number of at least `expected`: an older one can stand in a client's value, if that is a copy of
  // our own log.
  Result<SegmentRest> Examine(std::uint64_t offset, std::uint64_t expected);

 private:
  SegmentFile(Disk& disk, std::string path, std::uint64_t size, std::uint32_t salt)
      : disk_(disk), path_(std::move(path)), size_(size), salt_(salt) {}
  // [offset, offset + size), clipped at the end of the file.
  Result<std::string_view> View(std::uint64_t offset, std::uint64_t size);
  // The same; perhaps nothing where all of it is zero.
  Result<std::string_view> ViewUnlessZero(std::uint64_t offset, std::uint64_t size);
  bool IsInWindow(std::uint64_t offset, std::uint64_t size) const;
  Status MoveWindow(std::uint64_t offset, std::uint64_t size, Result<std::string> bytes);

  Disk& disk_;
  std::string path_;
  std::uint64_t size_;
  std::uint32_t salt_;
  std::string window_;
  std::uint64_t window_offset_ = 0;
};

}  // namespace drydock
