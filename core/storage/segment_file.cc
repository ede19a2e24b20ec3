#include "core/storage/segment_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/crc32c.h"

namespace drydock {
namespace {

// Small enough for the allocator to reuse the memory instead of mapping it anew.
constexpr std::uint64_t kWindowBytes = 64 << 10;

bool AllZero(std::string_view bytes) {
  // Compared with itself one byte on: equal everywhere means all bytes are the first one.
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

Result<SegmentFile> SegmentFile::Open(Disk& disk, std::uint64_t segment, std::uint32_t salt) {
  std::string path = SegmentPath(segment);
  const auto size = disk.Size(path);
  if (!size.ok()) return size.error();
  return SegmentFile(disk, std::move(path), size.value(), salt);
}

bool SegmentFile::IsInWindow(std::uint64_t offset, std::uint64_t size) const {
  return offset >= window_offset_ && offset - window_offset_ <= window_.size() &&
         size <= window_.size() - (offset - window_offset_);
}

Status SegmentFile::MoveWindow(std::uint64_t offset, std::uint64_t size,
                               Result<std::string> bytes) {
  if (!bytes.ok()) return bytes.error();
  window_ = std::move(bytes.value());
  window_offset_ = offset;
  if (window_.size() == size) return Ok();
  return Error{path_ + " at byte " + std::to_string(offset) + ": the disk gave " +
               std::to_string(window_.size()) + " bytes instead of " + std::to_string(size)};
}

Result<std::string_view> SegmentFile::View(std::uint64_t offset, std::uint64_t size) {
  offset = std::min(offset, size_);
  size = std::min(size, size_ - offset);
  if (!IsInWindow(offset, size)) {
    const std::uint64_t wanted = std::min(std::max(size, kWindowBytes), size_ - offset);
    const Status moved = MoveWindow(offset, wanted, disk_.Read(path_, offset, wanted));
    if (!moved.ok()) return moved.error();
  }
  return std::string_view(window_).substr(offset - window_offset_, size);
}

// Most of a segment was never written.
Result<std::string_view> SegmentFile::ViewUnlessZero(std::uint64_t offset, std::uint64_t size) {
  size = std::min(size, size_ - offset);
  if (!IsInWindow(offset, size)) {
    auto bytes = disk_.ReadUnlessZero(path_, offset, size);
    if (bytes.ok() && bytes.value().empty()) return std::string_view();
    const Status moved = MoveWindow(offset, size, std::move(bytes));
    if (!moved.ok()) return moved.error();
  }
  return View(offset, size);
}

Result<std::optional<SegmentHeader>> SegmentFile::Header() {
  const auto sector = View(0, kSectorBytes);
  if (!sector.ok()) return sector.error();
  return DecodeSegmentHeader(sector.value());
}

Result<std::optional<SoundBatch>> SegmentFile::BatchAt(std::uint64_t offset) {
  const auto head = View(offset, kBatchHeaderBytes);
  if (!head.ok()) return head.error();
  const std::optional<BatchHeader> header = DecodeBatchHeader(head.value(), salt_);
  if (!header.has_value() || header->total_bytes() > size_ - offset) {
    return std::optional<SoundBatch>();
  }
  const auto batch = View(offset, header->total_bytes());
  if (!batch.ok()) return batch.error();
  if (Crc32c(batch.value().substr(kBatchHeaderBytes)) != header->payload_checksum) {
    return std::optional<SoundBatch>();
  }
  return std::optional(SoundBatch{*header, batch.value()});
}

Result<SegmentRest> SegmentFile::Examine(std::uint64_t offset, std::uint64_t expected) {
  SegmentRest rest{.end = offset, .later_batch = std::nullopt};
  for (std::uint64_t at = offset; at < size_; at += kWindowBytes) {
    const auto window = ViewUnlessZero(at, kWindowBytes);
    if (!window.ok()) return window.error();
    if (AllZero(window.value())) continue;
    for (std::uint64_t i = 0; i < window.value().size(); i += kSectorBytes) {
      const std::string_view sector = window.value().substr(i, kSectorBytes);
      if (AllZero(sector)) continue;
      rest.end = at + i + sector.size();
      const std::optional<BatchHeader> header = DecodeBatchHeader(sector, salt_);
      const bool later = at + i > offset && header.has_value() && header->number >= expected;
      if (later && !rest.later_batch.has_value()) rest.later_batch = at + i;
    }
  }
  return rest;
}

}  // namespace drydock
