#include "core/node/snapshot_receiver.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

// A leader that is not answered sends a chunk again and again, and a disk may hang for long. The
// newest of its calls are enough.
constexpr std::size_t kMaxWaiting = 16;

}  // namespace

SnapshotReceiver::SnapshotReceiver(StoreId store, const std::optional<LoadedSnapshot>& begun)
    : store_(store) {
  if (!begun.has_value()) return;
  StateDecoder decoder;
  std::uint32_t checksum = 0;
  for (const Bytes& piece : begun->pieces) {
    if (!decoder.Feed(piece.view())) return;  // it will be sent again from the start
    checksum = Crc32c(piece.view(), checksum);
  }
  work_.emplace(Work{.meta = begun->stored.meta,
                     .decoder = std::move(decoder),
                     .writer = SnapshotWriter(kIncomingPath, begun->stored, checksum),
                     .durable = begun->stored.state_bytes(),
                     .ticket = std::nullopt,
                     .waiting = {}});
}

std::uint64_t SnapshotReceiver::durable_of(const SnapshotMeta& meta) const {
  return work_.has_value() && work_->meta == meta ? work_->durable : 0;
}

void SnapshotReceiver::DropCalls(std::vector<CallId>& drops) {
  if (!work_.has_value()) return;
  for (const Call& call : work_->waiting) drops.push_back(call.call);
  work_->waiting.clear();
}

// What was received of another one is worth nothing any more. Its operation may still be under way;
// its end will find no owner.
void SnapshotReceiver::Begin(const SnapshotMeta& meta, BulkLane& lane, std::vector<DiskOp>& out,
                             std::vector<CallId>& drops) {
  DropCalls(drops);
  work_.emplace(Work{.meta = meta,
                     .decoder = {},
                     .writer = SnapshotWriter(kIncomingPath, store_, meta),
                     .ticket = std::nullopt,
                     .waiting = {}});
  lane.Submit(CreateDurably{kIncomingPath, 0}, out);
}

// One chunk at a time: a second one before the first is on disk is a repetition.
SnapshotReceiver::Verdict SnapshotReceiver::Offer(const ChunkOffered& offered, BulkLane& lane,
                                                  std::vector<DiskOp>& out,
                                                  std::vector<CallId>& drops) {
  const SnapshotChunk& chunk = offered.chunk;
  const bool ours = work_.has_value() && work_->meta == chunk.meta;
  if (!ours && (chunk.bytes.empty() || chunk.offset != 0)) return Verdict::kAnswerNow;
  if (!ours && StateDecoder::IsNewer(chunk.bytes.view())) return Verdict::kTooNew;
  if (!ours) Begin(chunk.meta, lane, out, drops);
  if (!work_->ticket.has_value()) {
    if (chunk.bytes.empty() || chunk.offset != work_->durable) return Verdict::kAnswerNow;
    if (!Write(chunk.bytes, lane, out)) {
      DropCalls(drops);
      work_.reset();
      return Verdict::kMalformed;
    }
  }
  if (work_->waiting.size() == kMaxWaiting) {
    drops.push_back(work_->waiting.front().call);
    work_->waiting.erase(work_->waiting.begin());
  }
  work_->waiting.push_back({offered.call, offered.leader});
  return Verdict::kWaits;
}

// Decoded as it comes, so that no step has much to do at the end.
bool SnapshotReceiver::Write(const Bytes& bytes, BulkLane& lane, std::vector<DiskOp>& out) {
  Work& work = *work_;
  const bool last = work.durable + bytes.size() == work.meta.bytes;
  if (!work.decoder.Feed(bytes.view()) || work.decoder.complete() != last) return false;
  WriteAndSync write = work.writer.Append(bytes, last);
  if (last && work.writer.checksum() != work.meta.checksum) return false;
  work.ticket = lane.Submit(std::move(write), out);
  return true;
}

SnapshotReceiver::Progress SnapshotReceiver::Done(BulkLane& lane, std::vector<DiskOp>& out) {
  Work& work = *work_;
  work.ticket.reset();
  work.durable = work.writer.stored().state_bytes();
  Progress progress{
      .meta = work.meta, .durable = work.durable, .answered = {}, .whole = std::nullopt};
  if (work.durable < work.meta.bytes) {
    progress.answered = std::exchange(work.waiting, {});
  } else if (!std::exchange(work.renaming, true)) {
    work.ticket = lane.Submit(RenameDurably{kIncomingPath, SnapshotPath(work.meta.index)}, out);
  } else {
    progress.answered = std::exchange(work.waiting, {});
    progress.whole.emplace(
        Whole{.stored = work.writer.Finish(), .state = work.decoder.Take(work.meta.index)});
    work_.reset();
  }
  return progress;
}

void SnapshotReceiver::AddTo(Hasher& hasher) const {
  hasher.Add(std::uint64_t{work_.has_value()});
  if (!work_.has_value()) return;
  hasher.Add(work_->meta.index);
  hasher.Add(work_->durable);
  hasher.Add((work_->ticket.has_value() ? 1u : 0u) + (work_->renaming ? 2u : 0u));
}

}  // namespace drydock
