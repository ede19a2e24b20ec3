// One file of a simulated disk: what is durable, and the writes that are not yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "sim/disk/crash_dice.h"
#include "sim/disk/sparse_bytes.h"

namespace drydock::sim {

// A part of a file; for a write that a crash took: where it was.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool Holds(std::uint64_t at) const { return at >= offset && at - offset < size; }
};

// What a crash did to the writes of a file that were not durable.
struct WritesAfterCrash {
  std::uint64_t kept = 0, lost = 0, torn = 0;
  std::vector<ByteRange> lost_lies;  // those lost or torn that a sync had called durable
};

// The content without a name (names: sim/disk/name_table.h).
class SimFile {
 public:
  // `number` orders files by their creation. Its `size` zero bytes are not durable yet.
  SimFile(std::uint64_t number, std::uint64_t size);

  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t durable_size() const { return durable_size_; }
  std::uint64_t stored_durable() const { return durable_.stored(); }
  bool AllDurable() const { return pending_.empty(); }

  // Submitted: seen by reads, durable after the next Sync. The pieces are kept by reference.
  void Write(std::uint64_t offset, std::vector<Bytes> pieces);
  void WriteZeros(std::uint64_t offset, std::uint64_t size);
  // The same as Write, by a running node, which writes no more before this is synced. Damage to the
  // newest of these cannot be told from a write that a crash tore.
  void WriteNewest(std::uint64_t offset, std::vector<Bytes> pieces);
  // The byte belongs to it, or would if the crash took what is not durable.
  bool IsInNewest(std::uint64_t offset) const;
  // A node started from what is there, and remembers how far that went.
  void NoteStart();
  // Everything written so far is durable.
  void Sync();
  // The same was said, and is not so: those writes count as lied about until the next Sync.
  void Lie() { lied_ = pending_.size(); }
  // [offset, offset + size), which must lie within the file, durable or not.
  std::string Read(std::uint64_t offset, std::uint64_t size) const;
  // True only if all bytes of that part are zero, and this is seen without reading them.
  bool IsZero(std::uint64_t offset, std::uint64_t size) const;

  // Afterwards everything that is left is durable. Without dice nothing is lost.
  WritesAfterCrash Crash(CrashDice* dice);
  // Flips a bit (0 to 7) of a durable byte.
  void FlipDurableBit(std::uint64_t offset, std::uint32_t bit);
  // The byte in the middle of what was ever written and is durable; absent when nothing is.
  // `settled`: of what is not in the newest write.
  std::optional<std::uint64_t> MiddleOfStored(bool settled) const;

 private:
  struct PendingWrite {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::vector<Bytes> pieces;  // none: zeros
  };
  std::uint64_t StoredBeforeNewest() const;
  void MakeDurable(const PendingWrite& write);
  void Tear(const PendingWrite& write, CrashDice& dice);
  void TearZeros(const PendingWrite& write, CrashDice& dice);
  void Add(PendingWrite write);

  std::uint64_t number_;
  std::uint64_t size_ = 0;
  std::uint64_t durable_size_ = 0;
  SparseBytes durable_;
  std::vector<PendingWrite> pending_;  // in the order of their submission
  std::size_t lied_ = 0;               // so many of the first of them were lied about
  ByteRange newest_, before_newest_;   // of WriteNewest since the last start; empty: none
};

}  // namespace drydock::sim
