#include "net/node/store.h"

#include <sys/random.h>

#include <optional>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/kv/state_codec.h"
#include "core/protocol/configuration.h"
#include "core/storage/data_format.h"
#include "core/storage/wal_format.h"
#include "net/disk/spare_segment.h"

namespace drydock::net {

std::uint64_t DrawFromSystem() {
  std::uint64_t drawn = 0;
  while (drawn == 0) {
    const ssize_t got = ::getrandom(&drawn, sizeof(drawn), 0);
    DRYDOCK_CHECK(got == sizeof(drawn), got);
  }
  return drawn;
}

void Tell(const Recovered& recovered, EventLog& log) {
  if (recovered.torn.has_value()) {
    log.Warning("torn_tail_cut",
                {{"file", recovered.torn->path}, {"offset", recovered.torn->offset}});
  }
  if (recovered.raised_from.has_value()) {
    log.Info("data_format_raised", {{"from", *recovered.raised_from}, {"to", DataFormat()}});
  }
  log.Info("started",
           {{"incarnation", recovered.incarnation.value()},
            {"term", recovered.term.value()},
            {"snapshot",
             recovered.snapshot.has_value() ? recovered.snapshot->stored.meta.index.value() : 0},
            {"last", recovered.log.last().value()}});
}

LogSize::LogSize(PosixDisk& disk) {
  const Result<std::vector<std::string>> names = disk.List(kWalFolder);
  if (!names.ok()) return;
  for (const std::string& name : names.value()) {
    const std::string path = std::string(kWalFolder) + "/" + name;
    if (path == kSparePath || path == kUnfinishedSparePath) continue;
    const Result<std::uint64_t> size = disk.Size(path);
    if (size.ok()) Add(path, size.value());
  }
}

void LogSize::Note(const DiskOp& op) {
  const auto* create = std::get_if<CreateDurably>(&op.action);
  if (create != nullptr && op.lane == Lane::kWal) return Add(create->path, create->size);
  const auto* remove = std::get_if<RemoveDurably>(&op.action);
  if (remove == nullptr) return;
  const auto segment = segments_.find(remove->path);
  if (segment == segments_.end()) return;
  bytes_ -= segment->second;
  segments_.erase(segment);
}

void LogSize::Add(const std::string& path, std::uint64_t size) {
  if (segments_.emplace(path, size).second) bytes_ += size;
}

Result<std::unique_ptr<DataDirectory>> OpenDirectory(const ClusterConfig& config,
                                                     const std::string& path, bool bootstrap,
                                                     bool join, bool fill) {
  return DataDirectory::Open({.directory = path,
                              .cluster = config.cluster,
                              .bootstrap = bootstrap,
                              .join = join,
                              .fill = fill});
}

namespace {

Error TooNew(const std::string& what) {
  return Error{what +
               " is in a form that this program does not know: start the node with the "
               "version that wrote it, or a newer one"};
}

// The number of the directory says that it can be read. Should that be wrong, a reason is better
// than a failed check.
Status CheckReadable(const Recovered& recovered) {
  const auto& snapshot = recovered.snapshot;
  if (snapshot.has_value() && !snapshot->pieces.empty() &&
      StateDecoder::IsNewer(snapshot->pieces.front().view())) {
    return TooNew("the state in " + SnapshotPath(snapshot->stored.meta.index));
  }
  const Log& log = recovered.log;
  for (Index index = log.first(); index <= log.last(); index = Next(index)) {
    const Entry& entry = log.At(index);
    if (entry.kind != EntryKind::kConfiguration) continue;
    if (Configuration::Decode(entry.payload.view()).has_value()) continue;
    return TooNew("the configuration in entry " + std::to_string(index.value()));
  }
  return Ok();
}

}  // namespace

Result<Recovered> RecoverStore(DataDirectory& directory, const ClusterConfig& config, NodeId id,
                               bool bootstrap) {
  StartOptions options{.node = id,
                       .bootstrap = {},
                       .segment_bytes = config.settings.segment_bytes,
                       .vote_promise = config.settings.VotePromise()};
  if (bootstrap) options.bootstrap = StoreId(DrawFromSystem());
  auto recovered = Recover(directory.disk(), options);
  if (!recovered.ok()) return recovered.error();
  const Status status = CheckReadable(recovered.value());
  return status.ok() ? std::move(recovered) : status.error();
}

}  // namespace drydock::net
