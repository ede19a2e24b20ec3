#include "core/storage/wal_replay.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>
#include <vector>

#include "core/storage/segment_file.h"
#include "core/storage/wal_format.h"

namespace drydock {
namespace {

// Nullopt: it follows. Otherwise what is wrong with it.
using Objection = std::optional<std::string>;

// A run of segments without a gap.
struct WalSegments {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};

// Builds the state up from records in order.
class Replay {
 public:
  Replay(Disk& disk, const Identity& identity)
      : disk_(disk), identity_(identity), salt_(BatchSalt(identity.store)) {}

  Result<Replayed> Run();

 private:
  Result<WalSegments> FindSegments();
  Status ReadSegment(std::uint64_t segment, bool newest);
  Status CheckHeader(const SegmentFile& file, std::uint64_t segment, const SegmentHeader& header);
  // From the sector behind the header on; leaves `offset` behind the last batch.
  Status ReadBatches(SegmentFile& file, std::uint64_t& offset);
  Status ApplyBatch(const SegmentFile& file, std::uint64_t offset, const SoundBatch& batch);
  Status DropUnused(SegmentFile& file, bool header_is_sound);
  Status EndSegment(SegmentFile& file, std::uint64_t offset, bool newest);

  Objection Apply(const StoreTermAndVote& state);
  Objection Apply(StoreEntry& store);
  Objection Apply(const StoreTruncation& truncation);
  Objection Apply(const StoreLogStart& start);
  Disk& disk_;
  const Identity& identity_;
  std::uint32_t salt_;
  Replayed out_;
  std::uint64_t first_segment_ = 1;
  Index last_;  // the largest in the segment being read
  std::uint64_t next_batch_ = 1;
  std::optional<std::uint64_t> last_batch_;  // offset in the segment being read
};

Objection Replay::Apply(const StoreTermAndVote& state) {
  if (state.term < out_.term) {
    return "the term goes back from " + std::to_string(out_.term.value()) + " to " +
           std::to_string(state.term.value());
  }
  if (state.term == out_.term && out_.vote.has_value() && state.vote != out_.vote) {
    return "the vote of term " + std::to_string(state.term.value()) + " changes";
  }
  out_.term = state.term;
  out_.vote = state.vote;
  return std::nullopt;
}

Objection Replay::Apply(StoreEntry& store) {
  if (store.index != Next(out_.log.last())) {
    return "entry " + std::to_string(store.index.value()) + " follows entry " +
           std::to_string(out_.log.last().value());
  }
  const Term term = store.entry.term;
  if (term < out_.log.last_term() || term > out_.term) {
    return "entry " + std::to_string(store.index.value()) + " has term " +
           std::to_string(term.value()) + " between " +
           std::to_string(out_.log.last_term().value()) + ", of the entry before it, and " +
           std::to_string(out_.term.value()) + ", the current one, where it cannot be";
  }
  last_ = std::max(last_, store.index);
  out_.log.Append(std::move(store.entry));
  return std::nullopt;
}

// What was cut off may be all that an older segment, which is gone, held behind `last`.
Objection Replay::Apply(const StoreTruncation& truncation) {
  const bool before = truncation.last < out_.log.base();
  if (before && first_segment_ > 1) {
    out_.log = Log(truncation.last, Term(0));
    return std::nullopt;
  }
  if (before || truncation.last > out_.log.last()) {
    return "a truncation keeps " + std::to_string(truncation.last.value()) + " entries of " +
           std::to_string(out_.log.last().value());
  }
  out_.log.TruncateAfter(truncation.last);
  return std::nullopt;
}

Objection Replay::Apply(const StoreLogStart& start) {
  if (start.base == out_.log.last() && start.base_term == out_.log.last_term()) {
    return std::nullopt;
  }
  if (start.base_term > out_.term || start.base == Index(0)) {
    return "the log starts behind entry " + std::to_string(start.base.value()) + " of term " +
           std::to_string(start.base_term.value()) + ", where it cannot";
  }
  out_.log = Log(start.base, start.base_term);
  return std::nullopt;
}

Status Replay::ApplyBatch(const SegmentFile& file, std::uint64_t offset, const SoundBatch& batch) {
  std::string_view rest = batch.bytes.substr(kBatchHeaderBytes);
  std::uint32_t records = 0;
  for (; !rest.empty(); ++records) {
    std::optional<Mutation> mutation = TakeRecord(rest);
    if (!mutation.has_value()) {
      return WalDamaged(file.path(), offset,
                        "record " + std::to_string(records + 1) + " of the batch is malformed");
    }
    const Objection objection = std::visit([this](auto& m) { return Apply(m); }, *mutation);
    if (objection.has_value()) return WalDamaged(file.path(), offset, *objection);
  }
  if (records == batch.header.records) return Ok();
  return WalDamaged(file.path(), offset,
                    "the batch holds " + std::to_string(records) + " records instead of " +
                        std::to_string(batch.header.records));
}

Status Replay::ReadBatches(SegmentFile& file, std::uint64_t& offset) {
  while (true) {
    const auto batch = file.BatchAt(offset);
    if (!batch.ok()) return batch.error();
    if (!batch.value().has_value()) return Ok();
    const BatchHeader& header = batch.value()->header;
    // No crash leaves a whole batch in the wrong place, so this is not for the torn-tail rule.
    if (header.number != next_batch_) {
      return WalDamaged(file.path(), offset,
                        "batch " + std::to_string(header.number) + " stands where batch " +
                            std::to_string(next_batch_) + " belongs");
    }
    const Status applied = ApplyBatch(file, offset, *batch.value());
    if (!applied.ok()) return applied;
    last_batch_ = offset;
    offset += RoundUpToSector(header.total_bytes());
    ++next_batch_;
  }
}

Status Replay::CheckHeader(const SegmentFile& file, std::uint64_t segment,
                           const SegmentHeader& header) {
  if (header.version != kWalVersion) {
    return Error{file.path() + ": format version " + std::to_string(header.version) +
                 ", and this program reads version " + std::to_string(kWalVersion) +
                 ": start the node with the program that wrote it, or a newer one"};
  }
  if (header.store != identity_.store || header.node != identity_.node) {
    return WalDamaged(file.path(), 0, "the segment belongs to another store");
  }
  if (header.segment != segment) {
    return WalDamaged(file.path(), 0, "this is segment " + std::to_string(header.segment));
  }
  if (header.bytes != file.size() || header.bytes % kSectorBytes != 0) {
    return WalDamaged(file.path(), std::min(file.size(), header.bytes),
                      "the file has " + std::to_string(file.size()) + " bytes instead of " +
                          std::to_string(header.bytes));
  }
  if (segment == first_segment_ && segment > 1) next_batch_ = header.first_batch;
  if (header.first_batch > next_batch_ && segment > 1) {
    return WalDamaged(SegmentPath(out_.position.segment), out_.position.offset,
                      "batch " + std::to_string(next_batch_) + " is missing, for " + file.path() +
                          " goes on with batch " + std::to_string(header.first_batch));
  }
  if (header.first_batch != next_batch_) {
    return WalDamaged(file.path(), 0,
                      "the segment begins with batch " + std::to_string(header.first_batch) +
                          " where batch " + std::to_string(next_batch_) + " belongs");
  }
  return Ok();
}

// The newest segment holds no batch that can be read. A crash leaves it so while it is created, its
// header written, or its first batch; each of these waits for the one before to be durable. It is
// dropped and made again when it is needed.
Status Replay::DropUnused(SegmentFile& file, bool header_is_sound) {
  const auto rest = file.Examine(header_is_sound ? kSectorBytes : 0, next_batch_);
  if (!rest.ok()) return rest.error();
  if (rest.value().later_batch.has_value()) {
    return WalDamaged(file.path(), header_is_sound ? kSectorBytes : 0,
                      "what is here is damaged, and a batch follows at byte " +
                          std::to_string(*rest.value().later_batch));
  }
  out_.leftover = Replayed::Leftover{header_is_sound};
  if (rest.value().end > (header_is_sound ? kSectorBytes : 0)) {
    out_.torn = TornTail{file.path(), header_is_sound ? kSectorBytes : 0};
  }
  return Ok();
}

Status Replay::EndSegment(SegmentFile& file, std::uint64_t offset, bool newest) {
  const auto rest = file.Examine(offset, next_batch_);
  if (!rest.ok()) return rest.error();
  if (rest.value().later_batch.has_value()) {
    return WalDamaged(file.path(), offset,
                      "what is here is damaged, and a later batch follows at byte " +
                          std::to_string(*rest.value().later_batch));
  }
  const bool torn = rest.value().end > offset;
  if (torn && !newest) {
    return WalDamaged(file.path(), offset, "what is here is damaged, and another segment follows");
  }
  if (torn) {
    out_.torn = TornTail{file.path(), offset};
    out_.torn_end = rest.value().end;
  }
  return Ok();
}

Status Replay::ReadSegment(std::uint64_t segment, bool newest) {
  auto file = SegmentFile::Open(disk_, segment, salt_);
  if (!file.ok()) return file.error();
  const auto header = file.value().Header();
  if (!header.ok()) return header.error();
  // The first is made before the identity is, and none goes before its successor holds a batch.
  const bool may_be_unused = newest && segment > first_segment_;
  if (!header.value().has_value()) {
    if (may_be_unused) return DropUnused(file.value(), false);
    return WalDamaged(file.value().path(), 0, "the segment's header is damaged");
  }
  if (const Status status = CheckHeader(file.value(), segment, *header.value()); !status.ok()) {
    return status;
  }
  std::uint64_t offset = kSectorBytes;
  const std::uint64_t first_batch = next_batch_;
  std::optional<std::uint64_t> last_before = std::exchange(last_batch_, std::nullopt);
  if (const Status status = ReadBatches(file.value(), offset); !status.ok()) return status;
  if (next_batch_ == first_batch && may_be_unused) {
    last_batch_ = last_before;
    return DropUnused(file.value(), true);
  }
  if (segment > first_segment_) {
    out_.position.older.push_back({out_.position.segment, out_.position.last});
  }
  out_.position = {.segment = segment,
                   .offset = offset,
                   .next_batch = next_batch_,
                   .segment_bytes = file.value().size(),
                   .last = std::exchange(last_, Index(0)),
                   .older = std::move(out_.position.older)};
  return EndSegment(file.value(), offset, newest);
}

// The newest ones, up to a gap. What is before a gap was to be removed, and a disk that lied about
// it gave it back; where something else is missing, the entries will not reach back to the
// snapshot.
Result<WalSegments> Replay::FindSegments() {
  const auto names = disk_.List(kWalFolder);
  if (!names.ok()) return names.error();
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : names.value()) {
    const std::optional<std::uint64_t> number = SegmentNumber(name);
    if (number.has_value()) numbers.push_back(*number);
  }
  if (numbers.empty()) return WalDamaged(SegmentPath(1), 0, "the segment is missing");
  WalSegments found{numbers.back(), numbers.back()};
  for (auto at = std::next(numbers.rbegin()); at != numbers.rend(); ++at) {
    if (*at + 1 != found.first) break;
    found.first = *at;
  }
  return found;
}

Result<Replayed> Replay::Run() {
  const auto segments = FindSegments();
  if (!segments.ok()) return segments.error();
  first_segment_ = segments.value().first;
  for (std::uint64_t segment = first_segment_; segment <= segments.value().last; ++segment) {
    const Status status = ReadSegment(segment, segment == segments.value().last);
    if (!status.ok()) return status.error();
  }
  out_.last_batch = last_batch_;
  return std::move(out_);
}

Error UnsteadyDisk(const std::string& path, std::uint64_t offset) {
  return Error{path + " at byte " + std::to_string(offset) +
               ": the disk gives other bytes each time it is read, so this node does not start: "
               "check the disk, then start again"};
}

// To its end: no remainder may ever stand behind a batch that is written here later. Read once more
// before, for a bad read must not cost a good batch.
Status CutTornTail(Disk& disk, const Identity& identity, const Replayed& replayed) {
  const std::uint64_t offset = replayed.torn->offset;
  auto file = SegmentFile::Open(disk, replayed.position.segment, BatchSalt(identity.store));
  if (!file.ok()) return file.error();
  const auto batch = file.value().BatchAt(offset);
  if (!batch.ok()) return batch.error();
  if (batch.value().has_value()) return UnsteadyDisk(file.value().path(), offset);
  return disk.Write(file.value().path(), offset, std::string(replayed.torn_end - offset, '\0'));
}

// As above, one bad read is not enough to give a segment up.
Status DropLeftover(Disk& disk, const Identity& identity, const Replayed& replayed) {
  auto file = SegmentFile::Open(disk, replayed.position.segment + 1, BatchSalt(identity.store));
  if (!file.ok()) return file.error();
  const auto header = file.value().Header();
  if (!header.ok()) return header.error();
  const auto batch = file.value().BatchAt(kSectorBytes);
  if (!batch.ok()) return batch.error();
  if (header.value().has_value() != replayed.leftover->header_is_sound ||
      batch.value().has_value()) {
    return UnsteadyDisk(file.value().path(), 0);
  }
  return disk.Remove(file.value().path());
}

// What was read may still be in the cache of the system only: from a write that never was synced,
// or from one whose sync failed, after which the next sync may say yes without writing anything. So
// the last batch (any earlier one is durable) is written once more. The bytes are checked again,
// for a bad read must not replace good bytes.
Status RewriteLastBatch(Disk& disk, const Identity& identity, const Replayed& replayed) {
  const std::uint64_t offset = *replayed.last_batch;
  auto file = SegmentFile::Open(disk, replayed.position.segment, BatchSalt(identity.store));
  if (!file.ok()) return file.error();
  const auto batch = file.value().BatchAt(offset);
  if (!batch.ok()) return batch.error();
  if (!batch.value().has_value() ||
      batch.value()->header.number + 1 != replayed.position.next_batch) {
    return UnsteadyDisk(file.value().path(), offset);
  }
  return disk.Write(file.value().path(), offset, batch.value()->bytes);
}

}  // namespace

Error WalDamaged(const std::string& path, std::uint64_t offset, const std::string& what) {
  return Error{path + " at byte " + std::to_string(offset) + ": " + what +
               "; acknowledged entries or votes may be lost, so this node does not start: check "
               "the disk, then remove the node from the cluster and add it again with an empty "
               "directory (an older copy of this one has forgotten votes, and is no help)"};
}

Result<Replayed> ReplayWal(Disk& disk, const Identity& identity) {
  return Replay(disk, identity).Run();
}

Status MendWal(Disk& disk, const Identity& identity, const Replayed& replayed) {
  const std::string path = SegmentPath(replayed.position.segment);
  Status status = Ok();
  if (replayed.leftover.has_value()) status = DropLeftover(disk, identity, replayed);
  if (status.ok() && replayed.torn_end != 0) {
    status = CutTornTail(disk, identity, replayed);
  }
  if (status.ok() && replayed.last_batch.has_value()) {
    status = RewriteLastBatch(disk, identity, replayed);
  }
  if (status.ok()) status = disk.Sync(path);
  if (status.ok()) status = disk.SyncDirectory(kWalFolder);
  return status;
}

}  // namespace drydock
