#include "sim/disk/sparse_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

// Shorter runs of zeros are stored: an index entry would cost about as much.
constexpr std::size_t kZeroRun = 64;
constexpr char kZeros[kZeroRun] = {};

// A batch padded to its sector, or a wiped tail, is mostly zeros that need no room.
std::size_t TrailingZeros(std::string_view bytes) {
  if (bytes.back() != 0) return 0;
  std::size_t size = bytes.size();
  while (size >= kZeroRun && std::memcmp(bytes.data() + size - kZeroRun, kZeros, kZeroRun) == 0) {
    size -= kZeroRun;
  }
  if (size == bytes.size()) return 0;
  while (size > 0 && bytes[size - 1] == 0) --size;
  return bytes.size() - size;
}

std::size_t LeadingZeros(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != 0) return 0;
  std::size_t count = 0;
  while (bytes.size() - count >= kZeroRun &&
         std::memcmp(bytes.data() + count, kZeros, kZeroRun) == 0) {
    count += kZeroRun;
  }
  return count;
}

}  // namespace

const char* SparseBytes::Data(const Extent& extent) const {
  if ((extent.where & kShared) != 0) return shared_[extent.where & ~kShared].view().data();
  return ArenaAt(extent.where);
}

std::size_t SparseBytes::FirstEndingAfter(std::uint64_t offset) const {
  if (extents_.empty() || End(extents_.back()) <= offset) return extents_.size();
  const auto found =
      std::partition_point(extents_.begin(), extents_.end(),
                           [offset](const Extent& extent) { return End(extent) <= offset; });
  return static_cast<std::size_t>(found - extents_.begin());
}

void SparseBytes::Write(std::uint64_t offset, const Bytes& bytes) {
  const std::string_view view = bytes.view();
  if (view.empty()) return;
  const bool behind_all = extents_.empty() || End(extents_.back()) <= offset;
  if (!behind_all) {
    if (OverwriteInPlace(offset, view)) return;
    Clear(offset, view.size());
  }
  const std::size_t kept = view.size() - TrailingZeros(view);
  const std::size_t from = LeadingZeros(view.substr(0, kept));
  if (from == kept) return;
  const std::size_t at = FirstEndingAfter(offset);
  if (kept - from > kCopiedBytes) {
    InsertShared(at, offset + from, bytes.Slice(from, kept - from));
  } else {
    InsertCopied(at, offset + from, view.substr(from, kept - from));
  }
}

// A sector rewritten again and again must not fill the arena.
bool SparseBytes::OverwriteInPlace(std::uint64_t offset, std::string_view bytes) {
  const std::size_t at = FirstEndingAfter(offset);
  if (at == extents_.size()) return false;
  const Extent& extent = extents_[at];
  if (extent.offset > offset || End(extent) - offset < bytes.size()) return false;
  if ((extent.where & kShared) != 0) return false;
  std::memcpy(ArenaAt(extent.where) + (offset - extent.offset), bytes.data(), bytes.size());
  return true;
}

void SparseBytes::InsertShared(std::size_t at, std::uint64_t offset, Bytes bytes) {
  DRYDOCK_CHECK(bytes.size() < kShared && shared_.size() < kShared, bytes.size());
  const auto size = static_cast<std::uint32_t>(bytes.size());
  const auto where = static_cast<std::uint32_t>(shared_.size()) | kShared;
  shared_.push_back(std::move(bytes));
  extents_.insert(extents_.begin() + static_cast<std::ptrdiff_t>(at), {offset, size, where});
  stored_ += size;
}

// No extent crosses a chunk, so that each can be copied in one go.
void SparseBytes::InsertCopied(std::size_t at, std::uint64_t offset, std::string_view bytes) {
  stored_ += bytes.size();
  while (!bytes.empty()) {
    if (arena_used_ % kChunkBytes == 0) {
      DRYDOCK_CHECK(arena_used_ < kShared - kChunkBytes, arena_used_);
      chunks_.push_back(std::unique_ptr<char[]>(new char[kChunkBytes]));
    }
    const std::uint32_t room = kChunkBytes - arena_used_ % kChunkBytes;
    const auto size = static_cast<std::uint32_t>(std::min<std::size_t>(room, bytes.size()));
    std::memcpy(ArenaAt(arena_used_), bytes.data(), size);
    Extent* before = at == 0 ? nullptr : &extents_[at - 1];
    if (before != nullptr && End(*before) == offset && room < kChunkBytes &&
        (before->where & kShared) == 0 && before->where + before->size == arena_used_) {
      before->size += size;  // the pieces of one batch become one extent
    } else {
      extents_.insert(extents_.begin() + static_cast<std::ptrdiff_t>(at),
                      {offset, size, arena_used_});
      ++at;
    }
    arena_used_ += size;
    offset += size;
    bytes.remove_prefix(size);
  }
}

SparseBytes::Extent SparseBytes::Part(const Extent& extent, std::uint64_t from, std::uint64_t to) {
  const auto skipped = static_cast<std::uint32_t>(from - extent.offset);
  const auto size = static_cast<std::uint32_t>(to - from);
  if ((extent.where & kShared) == 0) return {from, size, extent.where + skipped};
  const Bytes whole = shared_[extent.where & ~kShared];
  shared_.push_back(whole.Slice(skipped, size));
  return {from, size, static_cast<std::uint32_t>(shared_.size() - 1) | kShared};
}

void SparseBytes::Clear(std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t end = offset + size;
  const std::size_t first = FirstEndingAfter(offset);
  std::size_t last = first;
  std::vector<Extent> rest;  // what sticks out on both sides
  for (; last < extents_.size() && extents_[last].offset < end; ++last) {
    const Extent extent = extents_[last];
    stored_ -= extent.size;
    if (extent.offset < offset) rest.push_back(Part(extent, extent.offset, offset));
    if (End(extent) > end) rest.push_back(Part(extent, end, End(extent)));
    if ((extent.where & kShared) != 0) shared_[extent.where & ~kShared] = Bytes();
  }
  if (first == last) return;
  for (const Extent& extent : rest) stored_ += extent.size;
  const auto begin = extents_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto gap = extents_.erase(begin, extents_.begin() + static_cast<std::ptrdiff_t>(last));
  extents_.insert(gap, rest.begin(), rest.end());
}

void SparseBytes::Read(std::uint64_t offset, std::uint64_t size, char* out) const {
  const std::uint64_t end = offset + size;
  for (std::size_t at = FirstEndingAfter(offset); at < extents_.size(); ++at) {
    const Extent& extent = extents_[at];
    if (extent.offset >= end) return;
    const std::uint64_t from = std::max(extent.offset, offset);
    const std::uint64_t to = std::min(End(extent), end);
    std::memcpy(out + (from - offset), Data(extent) + (from - extent.offset), to - from);
  }
}

bool SparseBytes::StoresWithin(std::uint64_t offset, std::uint64_t size) const {
  const std::size_t at = FirstEndingAfter(offset);
  return at < extents_.size() && extents_[at].offset < offset + size;
}

std::uint64_t SparseBytes::OffsetOfStored(std::uint64_t n) const {
  DRYDOCK_CHECK(n < stored_, n, stored_);
  for (const Extent& extent : extents_) {
    if (n < extent.size) return extent.offset + n;
    n -= extent.size;
  }
  return 0;
}

}  // namespace drydock::sim
