#include "core/node/snapshot_shelf.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/crc32c.h"

namespace drydock {

void SnapshotShelf::Add(StoredSnapshot stored) {
  DRYDOCK_CHECK(stored_.empty() || stored_.back().meta.index < stored.meta.index,
                stored.meta.index);
  stored_.push_back(std::move(stored));
}

// A read that is under way comes before the removal in the lane.
void SnapshotShelf::RemoveOld(const std::function<bool(Index)>& is_needed, BulkLane& lane,
                              std::vector<DiskOp>& out) {
  if (stored_.size() < 2) return;
  const auto goes = [&](const StoredSnapshot& stored) {
    return &stored != &stored_.back() && !is_needed(stored.meta.index);
  };
  for (const StoredSnapshot& stored : stored_) {
    if (goes(stored)) lane.Submit(RemoveDurably{SnapshotPath(stored.meta.index)}, out);
  }
  StoredSnapshot newest = std::move(stored_.back());
  stored_.pop_back();
  std::erase_if(stored_, [&](const auto& stored) { return !is_needed(stored.meta.index); });
  stored_.push_back(std::move(newest));
}

void SnapshotShelf::Read(const ChunkWanted& wanted, BulkLane& lane, std::vector<DiskOp>& out) {
  const auto stored = std::ranges::find_if(
      stored_, [&](const StoredSnapshot& s) { return s.meta.index == wanted.snapshot; });
  DRYDOCK_CHECK(stored != stored_.end(), wanted.snapshot);
  const auto behind =
      std::ranges::upper_bound(stored->frames, wanted.offset, {}, &SnapshotFrame::offset);
  DRYDOCK_CHECK(behind != stored->frames.begin(), wanted.offset);
  const SnapshotFrame& frame = *std::prev(behind);
  const Ticket ticket =
      lane.Submit(ReadBytes{SnapshotPath(wanted.snapshot), frame.file_offset, frame.bytes}, out);
  reading_.push_back({ticket, wanted, frame});
}

bool SnapshotShelf::Owns(Ticket ticket) const {
  return std::ranges::any_of(reading_, [ticket](const Reading& r) { return r.ticket == ticket; });
}

Result<SnapshotShelf::Chunk> SnapshotShelf::Done(Ticket ticket, const Bytes& bytes) {
  const auto at =
      std::ranges::find_if(reading_, [ticket](const Reading& r) { return r.ticket == ticket; });
  const Reading reading = *at;
  reading_.erase(at);
  const SnapshotFrame& frame = reading.frame;
  if (bytes.size() != frame.bytes || Crc32c(bytes.view()) != frame.checksum) {
    return Error{SnapshotPath(reading.wanted.snapshot) + " at byte " +
                 std::to_string(frame.file_offset) + ": this is not what was written there"};
  }
  // Another leader's chunks may have ended in the middle of ours.
  const std::uint64_t skipped = reading.wanted.offset - frame.offset;
  return Chunk{reading.wanted, bytes.Slice(skipped, bytes.size() - skipped)};
}

}  // namespace drydock
