#include "core/storage/store_content.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/storage/wal_format.h"

namespace drydock {
namespace {

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}

// Batches that were durable at an earlier start cannot be a torn tail now.
Status CheckReach(const Identity& identity, const WalPosition& position) {
  if (position.next_batch >= identity.next_batch) return Ok();
  return WalDamaged(SegmentPath(position.segment), position.offset,
                    "the log ends before batch " + std::to_string(position.next_batch) +
                        ", but reached up to batch " + std::to_string(identity.next_batch - 1) +
                        " when this node was last started");
}

std::string Span(Index first, Index last) {
  return std::to_string(first.value()) + " to " + std::to_string(last.value());
}

// The entries behind the base again, now that its term is known; an error when they cannot follow.
Status Rebase(Log& log, const SnapshotMeta& snapshot) {
  Log joined(snapshot.index, snapshot.term);
  for (Index index = log.first(); index <= log.last(); index = Next(index)) {
    if (log.At(index).term < joined.last_term()) {
      return WalDamaged(SnapshotPath(snapshot.index), 0,
                        "its term " + std::to_string(snapshot.term.value()) +
                            " is above that of entry " + std::to_string(index.value()));
    }
    joined.Append(log.At(index));
  }
  log = std::move(joined);
  return Ok();
}

// What the log says behind a snapshot stays; entries before it stay for followers that need them. A
// log that contradicts the snapshot, or ends before it, was to be replaced by it; it may even have
// had no time to learn of the snapshot's term, in which then nothing was promised.
Status Join(Replayed& wal, const std::optional<LoadedSnapshot>& snapshot, bool& restarted) {
  Log& log = wal.log;
  const Index base = log.base();
  const SnapshotMeta meta = snapshot.has_value() ? snapshot->stored.meta : SnapshotMeta{};
  if (base > meta.index) {
    const std::vector<WalSegment>& older = wal.position.older;
    const std::uint64_t first = older.empty() ? wal.position.segment : older.front().segment;
    return WalDamaged(SegmentPath(std::max<std::uint64_t>(first, 2) - 1), 0,
                      "the segment is missing, and with it the entries " +
                          Span(Next(meta.index), base) + ", which no snapshot holds");
  }
  if (meta.index == Index(0)) return Ok();
  // A log that does not know the snapshot's term cannot end with its entry.
  const bool ends_before =
      log.last() < meta.index || (log.last() == meta.index && wal.term < meta.term);
  restarted = ends_before || (log.Contains(meta.index) && log.TermAt(meta.index) != meta.term);
  if (restarted) {
    log = Log(meta.index, meta.term);
    if (wal.term < meta.term) wal.vote.reset();
    wal.term = std::max(wal.term, meta.term);
    return Ok();
  }
  if (meta.index == base) return Rebase(log, meta);
  if (base > Index(0)) log.CompactTo(Next(base));  // the term of the base itself is not known
  return Ok();
}

}  // namespace

Result<StoreContent> ReadStore(Disk& disk, NodeId node) {
  const auto identity = ReadIdentity(disk);
  if (!identity.ok()) return identity.error();
  if (!identity.value().has_value()) return Error{"no store in this directory"};
  return ReadStore(disk, node, *identity.value());
}

Result<StoreContent> ReadStore(Disk& disk, NodeId node, const Identity& identity) {
  StoreContent content{.identity = identity, .wal = {}, .snapshots = {}};
  if (content.identity.node != node) {
    return Error{"this directory belongs to " + Name(content.identity.node) + ", not " +
                 Name(node) + ": give " + Name(node) + " its own directory"};
  }
  auto replayed = ReplayWal(disk, content.identity);
  if (!replayed.ok()) return replayed.error();
  content.wal = std::move(replayed.value());
  auto snapshots = FindSnapshots(disk, content.identity.store);
  if (!snapshots.ok()) return snapshots.error();
  content.snapshots = std::move(snapshots.value());
  Status status = CheckReach(content.identity, content.wal.position);
  if (status.ok()) status = Join(content.wal, content.snapshots.newest, content.log_restarted);
  if (!status.ok()) return status.error();
  return content;
}

}  // namespace drydock
