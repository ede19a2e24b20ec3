#include "core/raft/log.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock {

bool Log::Matches(Index index, Term term) const {
  if (index == base_) return term == base_term_;
  return index < base_ || (Contains(index) && At(index).term == term);
}

Index Log::LastNotAfter(Index limit, Term term) const {
  // Terms never go back along a log, so the entries wanted are a prefix of it.
  std::uint64_t low = base_.value();
  std::uint64_t high = std::max(low, std::min(limit.value(), size_));
  while (low < high) {
    const std::uint64_t middle = low + (high - low + 1) / 2;
    if (At(Index(middle)).term <= term) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return Index(low);
}

void Log::Append(Entry entry) {
  DRYDOCK_CHECK(entry.term >= last_term(), entry.term, last_term(), size_);
  const std::size_t slot = size_ % kChunkEntries;
  if (chunks_.empty()) first_chunk_ = size_ / kChunkEntries;
  if (slot == 0 || chunks_.empty()) chunks_.push_back(std::make_shared<Chunk>());
  MutableTail()[slot] = std::move(entry);
  ++size_;
}

void Log::TruncateAfter(Index last) {
  DRYDOCK_CHECK(last >= base_ && last.value() <= size_, last, base_, size_);
  if (last.value() == size_) return;
  const std::uint64_t kept_chunks = (last.value() + kChunkEntries - 1) / kChunkEntries;
  const std::uint64_t chunk_end = kept_chunks * kChunkEntries;
  const std::uint64_t old_end = std::min(size_, chunk_end);
  chunks_.resize(last == base_ ? 0 : kept_chunks - first_chunk_);
  size_ = last.value();
  // Emptied at once: a dropped payload must not stay in memory until its slot is used again.
  if (chunks_.empty() || old_end == size_) return;
  Chunk& tail = MutableTail();
  for (std::uint64_t at = size_; at < old_end; ++at) tail[at % kChunkEntries] = Entry{};
}

// By whole chunks: up to 63 entries before the base stay in memory a little longer.
void Log::CompactTo(Index index) {
  DRYDOCK_CHECK(index >= base_ && index.value() <= size_, index, base_, size_);
  base_term_ = TermAt(index);
  base_ = index;
  const std::uint64_t needed =
      index.value() == size_ ? first_chunk_ + chunks_.size() : index.value() / kChunkEntries;
  for (; first_chunk_ < needed; ++first_chunk_) chunks_.pop_front();
}

Log::Chunk& Log::MutableTail() {
  std::shared_ptr<Chunk>& tail = chunks_.back();
  if (tail.use_count() == 1) return *tail;
  // The entries from `used` on may be those of another copy that went further: not ours to keep.
  const std::uint64_t used = size_ - (first_chunk_ + chunks_.size() - 1) * kChunkEntries;
  auto copy = std::make_shared<Chunk>();
  std::copy_n(tail->begin(), used, copy->begin());
  tail = std::move(copy);
  return *tail;
}

}  // namespace drydock
