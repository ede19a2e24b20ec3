// The entries of the replicated log in memory: a persistent sequence, so that a node can be copied
// in the middle of a run for the price of a few references.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>

#include "core/base/check.h"
#include "core/base/strong.h"
#include "core/protocol/entry.h"

namespace drydock {

// The entries behind base() up to last(), in chunks that copies share; what is up to the base was
// compacted (thesis, section 5.1). A chunk is changed in place only while nobody else refers to it.
class Log {
 public:
  Log() = default;
  // An empty log that goes on behind `base`, the last entry of a snapshot.
  Log(Index base, Term base_term) : base_(base), base_term_(base_term), size_(base.value()) {}

  Index base() const { return base_; }  // 0: nothing was compacted
  Term base_term() const { return base_term_; }
  Index first() const { return Next(base_); }
  Index last() const { return Index(size_); }
  Term last_term() const { return TermAt(last()); }
  bool Contains(Index index) const { return index > base_ && index.value() <= size_; }
  // The entry must be there.
  const Entry& At(Index index) const {
    DRYDOCK_CHECK(Contains(index), index, base_, size_);
    const std::uint64_t at = index.value() - 1;
    return (*chunks_[ChunkOf(at)])[at % kChunkEntries];
  }
  // The term of an entry that is there, or of the base.
  Term TermAt(Index index) const { return index == base_ ? base_term_ : At(index).term; }
  // The log has an entry of this term at this index, or did until it was compacted: the base is
  // known by its term, what is before it is committed and so the same everywhere.
  bool Matches(Index index, Term term) const;
  // The largest index up to `limit` whose term is at most `term`; the base if there is none.
  Index LastNotAfter(Index limit, Term term) const;

  void Append(Entry entry);
  // Keeps the entries up to `last` and drops those behind it; not before the base.
  void TruncateAfter(Index last);
  // Drops the entries up to `index`, which becomes the base.
  void CompactTo(Index index);

 private:
  static constexpr std::size_t kChunkEntries = 64;
  using Chunk = std::array<Entry, kChunkEntries>;
  // Entry i is in slot (i - 1) % 64 of chunk (i - 1) / 64; chunks before first_chunk_ are gone.
  std::uint64_t ChunkOf(std::uint64_t at) const { return at / kChunkEntries - first_chunk_; }
  Chunk& MutableTail();

  Index base_;
  Term base_term_;
  std::uint64_t size_ = 0;  // the last index
  std::uint64_t first_chunk_ = 0;
  std::deque<std::shared_ptr<Chunk>> chunks_;
};

}  // namespace drydock
