#include "core/storage/recovery.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/storage/data_format.h"
#include "core/storage/first_segment.h"
#include "core/storage/identity.h"
#include "core/storage/segment_file.h"
#include "core/storage/snapshot_reader.h"
#include "core/storage/store_content.h"
#include "core/storage/wal_format.h"
#include "core/storage/wal_replay.h"

namespace drydock {
namespace {

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}

Status CheckOptions(const StartOptions& options) {
  DRYDOCK_CHECK(!options.bootstrap.has_value() || *options.bootstrap != StoreId(0));
  if (options.segment_bytes >= kMinSegmentBytes) return Ok();
  return Error{"segment_bytes is " + std::to_string(options.segment_bytes) +
               ", and must be at least " + std::to_string(kMinSegmentBytes) +
               ": a segment has to hold the largest record"};
}

// True when the directory without an identity holds nothing, or what a founding left that was
// broken off: at most the first segment with nothing behind its header. In such a log nothing was
// ever stored, so founding may start over.
Result<bool> HoldsNothing(Disk& disk) {
  const auto names = disk.List(kWalFolder);
  if (!names.ok()) return names.error();
  bool found = false;
  for (const std::string& name : names.value()) {
    const std::optional<std::uint64_t> number = SegmentNumber(name);
    if (!number.has_value()) continue;
    if (*number != 1) return false;
    found = true;
  }
  if (!found) return true;
  auto file = SegmentFile::Open(disk, 1, 0);
  if (!file.ok()) return file.error();
  const auto rest = file.value().Examine(kSectorBytes, 0);
  if (!rest.ok()) return rest.error();
  return rest.value().end <= kSectorBytes;
}

// The identity comes last and makes the store valid: a crash before that leaves what HoldsNothing
// knows. The folder's own name has to be durable by then, too.
Status Found(Disk& disk, const Identity& identity, std::uint64_t segment_bytes) {
  Status status = CreateFirstSegment(disk, identity, segment_bytes);
  if (status.ok()) status = RaiseDataFormat(disk, kFirstDataFormat, DataFormat());
  if (status.ok()) status = disk.SyncDirectory("");
  if (status.ok()) status = WriteIdentity(disk, identity);
  return status;
}

Result<Recovered> FoundStore(Disk& disk, const StartOptions& options) {
  const auto nothing = HoldsNothing(disk);
  if (!nothing.ok()) return nothing.error();
  if (!nothing.value()) {
    return WalDamaged(kIdentityPath, 0, "the file is missing, though there is a log");
  }
  if (!options.bootstrap.has_value()) {
    return Error{"no store in this directory: if " + Name(options.node) +
                 " is new, start it with --bootstrap; if it once ran with other data, remove it "
                 "from the cluster and add it again first, for it has forgotten what it "
                 "acknowledged"};
  }
  const Identity identity{.node = options.node,
                          .store = *options.bootstrap,
                          .incarnation = Incarnation(1),
                          .next_batch = 1,
                          .vote_promise = options.vote_promise};
  const Status status = Found(disk, identity, options.segment_bytes);
  if (!status.ok()) return status.error();
  Recovered recovered;
  recovered.node = identity.node;
  recovered.store = identity.store;
  recovered.incarnation = identity.incarnation;
  recovered.vote_promise = identity.vote_promise;
  recovered.position.segment_bytes = RoundUpToSector(options.segment_bytes);
  return recovered;
}

// The name of a snapshot has to be durable before anything is built on it. What is left over goes
// when all else is in order.
Status KeepSnapshots(Disk& disk, const SnapshotsFound& found) {
  if (!found.newest.has_value() && !found.incoming.has_value() && found.leftovers.empty()) {
    return Ok();
  }
  Status status = disk.SyncDirectory(kSnapshotFolder);
  for (const std::string& path : found.leftovers) {
    if (status.ok()) status = disk.Remove(path);
  }
  return status;
}

// Nothing is written before all of it was read: who cannot read it leaves it as it is.
Result<Recovered> StartStore(Disk& disk, const StartOptions& options, const Identity& found,
                             std::uint32_t format) {
  auto read = ReadStore(disk, options.node, found);
  if (!read.ok()) return read.error();
  auto& [identity, wal, snapshots, log_restarted] = read.value();
  Status status = RaiseDataFormat(disk, format, DataFormat());
  if (status.ok()) status = MendWal(disk, identity, wal);
  if (status.ok()) status = KeepSnapshots(disk, snapshots);
  if (!status.ok()) return status.error();
  identity.incarnation = Incarnation(identity.incarnation.value() + 1);
  identity.next_batch = wal.position.next_batch;
  identity.vote_promise = std::max(identity.vote_promise, options.vote_promise);
  status = WriteIdentity(disk, identity);
  if (!status.ok()) return status.error();
  return Recovered{.node = identity.node,
                   .store = identity.store,
                   .incarnation = identity.incarnation,
                   .term = wal.term,
                   .vote = wal.vote,
                   .log = std::move(wal.log),
                   .position = std::move(wal.position),
                   .torn = std::move(wal.torn),
                   .snapshot = std::move(snapshots.newest),
                   .incoming = std::move(snapshots.incoming),
                   .log_restarted = log_restarted,
                   .vote_promise = identity.vote_promise,
                   .raised_from = format < DataFormat() ? std::optional(format) : std::nullopt};
}

}  // namespace

Result<Recovered> Recover(Disk& disk, const StartOptions& options) {
  if (const Status status = CheckOptions(options); !status.ok()) return status.error();
  const auto format = ReadDataFormat(disk);
  if (!format.ok()) return format.error();
  const auto identity = ReadIdentity(disk);
  if (!identity.ok()) return identity.error();
  if (!identity.value().has_value()) return FoundStore(disk, options);
  return StartStore(disk, options, *identity.value(), format.value());
}

}  // namespace drydock
