// The entries of the replicated log in memory: a persistent sequence, so that a node can be copied
// in the middle of a run for the price of a few references.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "core/base/strong.h"
#include "core/protocol/entry.h"

namespace drydock {

// Entries 1..last(), in chunks that copies share. A chunk is changed in place only while nobody
// else refers to it.
class Log {
 public:
  Index last() const { return Index(size_); }
  Term last_term() const { return TermAt(last()); }
  bool Contains(Index index) const { return index.value() >= 1 && index.value() <= size_; }
  // The entry must be there.
  const Entry& At(Index index) const;
  // The term of the entry, 0 for index 0; the entry must be there.
  Term TermAt(Index index) const;
  // The log has an entry of this term at this index; always true for index 0 and term 0.
  bool Matches(Index index, Term term) const;
  // The largest index up to `limit` whose term is at most `term`; 0 if there is none.
  Index LastNotAfter(Index limit, Term term) const;

  void Append(Entry entry);
  // Keeps the entries up to `last` and drops those behind it.
  void TruncateAfter(Index last);

 private:
  static constexpr std::size_t kChunkEntries = 64;
  using Chunk = std::array<Entry, kChunkEntries>;
  Chunk& MutableTail();

  std::vector<std::shared_ptr<Chunk>> chunks_;
  std::uint64_t size_ = 0;
};

}  // namespace drydock
