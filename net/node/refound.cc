#include "net/node/refound.h"

#include <functional>
#include <utility>

#include "net/node/store.h"

namespace drydock::net {
namespace {

// `write` writes a store of that id.
Status Fill(const ClusterConfig& config, const std::string& directory,
            const std::function<Status(StoreId, Disk&)>& write) {
  auto opened = OpenDirectory(config, directory, /*bootstrap=*/true, /*join=*/false, /*fill=*/true);
  if (!opened.ok()) return opened.error();
  Status status = write(StoreId(DrawFromSystem()), opened.value()->disk());
  if (status.ok()) status = opened.value()->FinishFilling();
  return status.ok() ? status : Error{directory + ": " + status.error().text};
}

}  // namespace

Result<Survival> OpenSurvivor(const ClusterConfig& config, NodeId id,
                              const std::string& directory) {
  auto opened = OpenDirectory(config, directory, /*bootstrap=*/false, /*join=*/false);
  if (!opened.ok()) return opened.error();
  auto content = ReadStore(opened.value()->disk(), id);
  if (!content.ok()) return Error{directory + ": " + content.error().text};
  return Survival{std::move(opened.value()), std::move(content.value())};
}

Status RefoundInto(const ClusterConfig& config, const Survival& survival,
                   const std::string& directory) {
  return Fill(config, directory, [&](StoreId store, Disk& disk) {
    return Refound(survival.content, store, config.settings.segment_bytes, disk);
  });
}

Status RestoreInto(const ClusterConfig& config, NodeId id, LoadedBackup backup,
                   const std::string& directory) {
  return Fill(config, directory, [&](StoreId store, Disk& disk) {
    return Restore(std::move(backup.snapshot), id, store, config.settings.segment_bytes, disk);
  });
}

}  // namespace drydock::net
