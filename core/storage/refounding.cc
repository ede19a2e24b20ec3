#include "core/storage/refounding.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/base/overloaded.h"
#include "core/storage/data_format.h"
#include "core/storage/first_segment.h"
#include "core/storage/snapshot_writer.h"
#include "core/storage/wal_format.h"
#include "core/storage/wal_writer.h"

namespace drydock {
namespace {

Status CheckEmpty(Disk& disk) {
  const auto identity = ReadIdentity(disk);
  if (!identity.ok()) return identity.error();
  for (const char* folder : {kWalFolder, kSnapshotFolder}) {
    const auto names = disk.List(folder);
    if (!names.ok()) return names.error();
    if (names.value().empty() && !identity.value().has_value()) continue;
    return Error{"the new directory holds a store, or the beginning of one: give an empty one"};
  }
  return Ok();
}

std::string FolderOf(const std::string& path) {
  return path.substr(0, path.find('/'));
}

Status CarryOut(Disk& disk, const CreateDurably& create) {
  Status status = disk.Create(create.path, create.size);
  if (status.ok()) status = disk.Sync(create.path);
  if (status.ok()) status = disk.SyncDirectory(FolderOf(create.path));
  return status;
}

Status CarryOut(Disk& disk, const WriteAndSync& write) {
  std::uint64_t offset = write.offset;
  for (const Bytes& piece : write.pieces) {
    const Status status = disk.Write(write.path, offset, piece.view());
    if (!status.ok()) return status;
    offset += piece.size();
  }
  return disk.Sync(write.path);
}

Status CarryOut(Disk& disk, const DiskOp& op) {
  return std::visit(Overloaded{[&](const CreateDurably& create) { return CarryOut(disk, create); },
                               [&](const WriteAndSync& write) { return CarryOut(disk, write); },
                               [](const auto&) {
                                 DRYDOCK_CHECK(false);
                                 return Ok();
                               }},
                    op.action);
}

Status WriteSnapshot(const LoadedSnapshot& snapshot, StoreId store, Disk& into) {
  const std::string path = SnapshotPath(snapshot.stored.meta.index);
  SnapshotMeta meta = snapshot.stored.meta;
  meta.bytes = 0;  // of one that is being written
  meta.checksum = 0;
  SnapshotWriter writer(path, store, meta);
  Status status = CarryOut(into, CreateDurably{path, 0});
  for (const Bytes& piece : snapshot.pieces) {
    if (status.ok()) status = CarryOut(into, writer.Append(piece, false));
  }
  if (status.ok()) status = CarryOut(into, writer.Append(Bytes(), true));
  return status;
}

// The empty log that the writer goes on from.
Result<Recovered> BeginLog(const Identity& identity, std::uint64_t segment_bytes, Disk& into) {
  Recovered empty;
  empty.node = identity.node;
  empty.store = identity.store;
  empty.position.segment_bytes = RoundUpToSector(segment_bytes);
  const Status status = CreateFirstSegment(into, identity, segment_bytes);
  if (!status.ok()) return status.error();
  return empty;
}

Status WriteAll(WalWriter& writer, Disk& into) {
  std::vector<DiskOp> ops;
  for (writer.Flush(ops); !ops.empty(); writer.Flush(ops)) {
    const Status status = CarryOut(into, ops.front());
    if (!status.ok()) return status;
    writer.Done(ops.front().ticket);
    ops.clear();
  }
  return Ok();
}

// As of a node whose log ends with the snapshot.
StoreContent ContentOf(LoadedSnapshot snapshot, NodeId node) {
  const SnapshotMeta& meta = snapshot.stored.meta;
  StoreContent content{.identity = {.node = node,
                                    .store = StoreId(0),
                                    .incarnation = Incarnation(1),
                                    .next_batch = 1,
                                    .vote_promise = Duration()},
                       .wal = {},
                       .snapshots = {}};
  content.wal.log = Log(meta.index, meta.term);
  content.wal.term = meta.term;
  content.snapshots.newest = std::move(snapshot);
  return content;
}

// It alone, bound to its new store, so that it needs nobody to be founded.
Configuration Alone(const Survivor& survivor, StoreId store) {
  Configuration alone = survivor.configuration.WithRoles(Majority({survivor.node}), Majority(), {});
  alone.Bind(survivor.node, store);
  alone.SetFounded();
  return alone;
}

Status WriteLog(const StoreContent& content, const Identity& identity, std::uint64_t segment_bytes,
                Disk& into) {
  const auto empty = BeginLog(identity, segment_bytes, into);
  if (!empty.ok()) return empty.error();
  WalWriter writer(empty.value(), segment_bytes);
  const Survivor survivor = SurvivorOf(content);
  const Log& log = content.wal.log;
  const Term term = Next(survivor.term);
  writer.Add(StoreTermAndVote{term, std::nullopt});
  if (log.base() > Index(0)) writer.Add(StoreLogStart{log.base(), log.TermAt(log.base())});
  for (Index index = log.first(); index <= log.last(); index = Next(index)) {
    writer.Add(StoreEntry{index, log.At(index)});
  }
  writer.Add(StoreEntry{
      Next(log.last()),
      {term, EntryKind::kConfiguration, Bytes(Alone(survivor, identity.store).Encode())}});
  return WriteAll(writer, into);
}

}  // namespace

Survivor SurvivorOf(const StoreContent& content) {
  const Log& log = content.wal.log;
  Survivor survivor{.node = content.identity.node,
                    .store = content.identity.store,
                    .term = content.wal.term,
                    .last = log.last(),
                    .last_term = log.last_term(),
                    .snapshot = {},
                    .configuration = {},
                    .configuration_index = {}};
  if (content.snapshots.newest.has_value()) {
    const SnapshotMeta& meta = content.snapshots.newest->stored.meta;
    survivor.snapshot = meta.index;
    survivor.configuration = meta.configuration;
    survivor.configuration_index = meta.configuration_index;
  }
  for (Index index = log.last(); index >= log.first() && index > survivor.snapshot;
       index = Previous(index)) {
    if (log.At(index).kind != EntryKind::kConfiguration) continue;
    const auto found = Configuration::Decode(log.At(index).payload.view());
    DRYDOCK_CHECK(found.has_value(), index);
    survivor.configuration = *found;
    survivor.configuration_index = index;
    break;
  }
  return survivor;
}

Status Refound(const StoreContent& content, StoreId store, std::uint64_t segment_bytes,
               Disk& into) {
  DRYDOCK_CHECK(store != StoreId(0) && store != content.identity.store, store);
  if (SurvivorOf(content).configuration.members().empty()) {
    return Error{"this store knows of no cluster: it holds nothing to go on from"};
  }
  Status status = CheckEmpty(into);
  if (!status.ok()) return status;
  Identity identity = content.identity;
  identity.store = store;
  identity.next_batch = 1;
  if (content.snapshots.newest.has_value()) {
    status = WriteSnapshot(*content.snapshots.newest, store, into);
  }
  if (status.ok()) status = WriteLog(content, identity, segment_bytes, into);
  if (status.ok()) status = RaiseDataFormat(into, kFirstDataFormat, DataFormat());
  if (status.ok()) status = into.SyncDirectory("");
  if (status.ok()) status = WriteIdentity(into, identity);
  return status;
}

// The address that it was added with is of the machines that the backup is from. Sessions have the
// indexes of entries for names: one that the old cluster opened after the backup must not be taken
// for one that the new cluster opens.
Status Restore(LoadedSnapshot snapshot, NodeId node, StoreId store, std::uint64_t segment_bytes,
               Disk& into) {
  SnapshotMeta& meta = snapshot.stored.meta;
  meta.configuration.SetAddress(node, "");
  meta.index = meta.index + kRestoreLeap;
  return Refound(ContentOf(std::move(snapshot), node), store, segment_bytes, into);
}

}  // namespace drydock
