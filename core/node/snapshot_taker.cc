#include "core/node/snapshot_taker.h"

#include <utility>

#include "core/base/check.h"

namespace drydock {

void SnapshotTaker::Begin(const SnapshotMeta& meta, StoreId store, KvStore state, BulkLane& lane,
                          std::vector<DiskOp>& out) {
  DRYDOCK_CHECK(!busy(), meta.index);
  work_.emplace(Work{.encoder = StateEncoder(std::move(state)),
                     .writer = SnapshotWriter(kWritingPath, store, meta),
                     .ticket = {}});
  work_->ticket = lane.Submit(CreateDurably{kWritingPath, 0}, out);
}

std::optional<StoredSnapshot> SnapshotTaker::Done(BulkLane& lane, std::vector<DiskOp>& out) {
  Work& work = *work_;
  switch (work.stage) {
    case Stage::kWriting: {
      const Bytes chunk = work.encoder.Next(chunk_bytes_);
      const bool last = work.encoder.AtEnd();
      if (last) work.stage = Stage::kLastWrite;
      work.ticket = lane.Submit(work.writer.Append(chunk, last), out);
      return std::nullopt;
    }
    case Stage::kLastWrite:
      work.stage = Stage::kRenaming;
      work.ticket = lane.Submit(
          RenameDurably{kWritingPath, SnapshotPath(work.writer.stored().meta.index)}, out);
      return std::nullopt;
    case Stage::kRenaming:
      break;
  }
  std::optional<StoredSnapshot> whole = work.writer.Finish();
  written_ = work.encoder.Release();
  work_.reset();
  return whole;
}

void SnapshotTaker::AddTo(Hasher& hasher) const {
  hasher.Add(std::uint64_t{busy()});
  if (!busy()) return;
  hasher.Add(work_->writer.stored().meta.index);
  hasher.Add(work_->writer.stored().state_bytes());
  hasher.Add(static_cast<std::uint64_t>(work_->stage));
}

}  // namespace drydock
