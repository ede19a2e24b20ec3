#include "sim/disk/sim_file.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"
#include "core/storage/disk.h"

namespace drydock::sim {
namespace {

std::uint64_t SizeOf(const std::vector<Bytes>& pieces) {
  std::uint64_t size = 0;
  for (const Bytes& piece : pieces) size += piece.size();
  return size;
}

}  // namespace

SimFile::SimFile(std::uint64_t number, std::uint64_t size) : number_(number) {
  if (size > 0) WriteZeros(0, size);
}

void SimFile::Add(PendingWrite write) {
  size_ = std::max(size_, write.offset + write.size);
  pending_.push_back(std::move(write));
}

void SimFile::Write(std::uint64_t offset, std::vector<Bytes> pieces) {
  const std::uint64_t size = SizeOf(pieces);
  if (size > 0) Add({offset, size, std::move(pieces)});
}

void SimFile::WriteNewest(std::uint64_t offset, std::vector<Bytes> pieces) {
  before_newest_ = std::exchange(newest_, {offset, SizeOf(pieces)});
  Write(offset, std::move(pieces));
}

bool SimFile::IsInNewest(std::uint64_t offset) const {
  return newest_.Holds(offset) || (!pending_.empty() && before_newest_.Holds(offset));
}

void SimFile::NoteStart() {
  newest_ = {};
  before_newest_ = {};
}

void SimFile::WriteZeros(std::uint64_t offset, std::uint64_t size) {
  if (size > 0) Add({offset, size, {}});
}

void SimFile::MakeDurable(const PendingWrite& write) {
  durable_size_ = std::max(durable_size_, write.offset + write.size);
  if (write.pieces.empty()) {
    durable_.Clear(write.offset, write.size);
    return;
  }
  std::uint64_t offset = write.offset;
  for (const Bytes& piece : write.pieces) {
    durable_.Write(offset, piece);
    offset += piece.size();
  }
}

void SimFile::Sync() {
  for (const PendingWrite& write : pending_) MakeDurable(write);
  pending_.clear();
  lied_ = 0;
}

std::string SimFile::Read(std::uint64_t offset, std::uint64_t size) const {
  DRYDOCK_CHECK(offset <= size_ && size <= size_ - offset, offset, size, size_);
  std::string out(size, '\0');
  durable_.Read(offset, size, out.data());
  const auto overlay = [&out, offset, size](std::uint64_t at, std::uint64_t count,
                                            const char* data) {
    const std::uint64_t from = std::max(at, offset);
    const std::uint64_t to = std::min(at + count, offset + size);
    if (from >= to) return;
    char* target = out.data() + (from - offset);
    if (data == nullptr) {
      std::memset(target, 0, to - from);
    } else {
      std::memcpy(target, data + (from - at), to - from);
    }
  };
  for (const PendingWrite& write : pending_) {
    if (write.pieces.empty()) overlay(write.offset, write.size, nullptr);
    std::uint64_t at = write.offset;
    for (const Bytes& piece : write.pieces) {
      overlay(at, piece.size(), piece.view().data());
      at += piece.size();
    }
  }
  return out;
}

bool SimFile::IsZero(std::uint64_t offset, std::uint64_t size) const {
  const bool written =
      std::any_of(pending_.begin(), pending_.end(), [=](const PendingWrite& write) {
        return !write.pieces.empty() && write.offset < offset + size &&
               offset < write.offset + write.size;
      });
  return !written && !durable_.StoresWithin(offset, size);
}

WritesAfterCrash SimFile::Crash(CrashDice* dice) {
  WritesAfterCrash after;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const PendingWrite& write = pending_[i];
    const Keeps keeps = dice == nullptr ? Keeps::kAll : dice->ForWrite();
    if (keeps == Keeps::kAll) MakeDurable(write);
    if (keeps == Keeps::kTorn) Tear(write, *dice);
    ++(keeps == Keeps::kAll ? after.kept : keeps == Keeps::kTorn ? after.torn : after.lost);
    if (keeps != Keeps::kAll && i < lied_) after.lost_lies.push_back({write.offset, write.size});
    const bool newest_lost = keeps != Keeps::kAll && i + 1 == pending_.size();
    if (newest_lost) newest_ = std::exchange(before_newest_, {});
  }
  pending_.clear();
  lied_ = 0;
  size_ = durable_size_;
  return after;
}

// Each sector that the write touches got there or not, whatever became of its neighbours.
void SimFile::Tear(const PendingWrite& write, CrashDice& dice) {
  if (write.pieces.empty()) {
    TearZeros(write, dice);
    return;
  }
  const Bytes content = Joined(write.pieces);
  const std::uint64_t end = write.offset + write.size;
  for (std::uint64_t from = write.offset; from < end;) {
    const std::uint64_t to = std::min(end, (from / kSectorBytes + 1) * kSectorBytes);
    if (dice.KeepsSector()) {
      MakeDurable({from, to - from, {content.Slice(from - write.offset, to - from)}});
    }
    from = to;
  }
}

// Zeros are how a file grows or how a tail is wiped: that stops somewhere on the way.
void SimFile::TearZeros(const PendingWrite& write, CrashDice& dice) {
  const std::uint64_t end = write.offset + write.size;
  const std::uint64_t first = write.offset / kSectorBytes;
  const std::uint64_t touched = (end - 1) / kSectorBytes - first + 1;
  const std::uint64_t reached = (first + dice.SectorsGrown(touched)) * kSectorBytes;
  if (reached > write.offset) {
    MakeDurable({write.offset, std::min(end, reached) - write.offset, {}});
  }
}

void SimFile::FlipDurableBit(std::uint64_t offset, std::uint32_t bit) {
  DRYDOCK_CHECK(offset < durable_size_ && bit < 8, offset, durable_size_, bit);
  char byte = 0;
  durable_.Read(offset, 1, &byte);
  byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit));
  durable_.Write(offset, Bytes(std::string_view(&byte, 1)));
}

std::optional<std::uint64_t> SimFile::MiddleOfStored(bool settled) const {
  const std::uint64_t stored = settled ? StoredBeforeNewest() : durable_.stored();
  if (stored == 0) return std::nullopt;
  return durable_.OffsetOfStored(stored / 2);
}

// Logs grow, so the newest write is behind all others.
std::uint64_t SimFile::StoredBeforeNewest() const {
  std::uint64_t low = 0;
  std::uint64_t high = durable_.stored();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (IsInNewest(durable_.OffsetOfStored(middle))) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace drydock::sim
