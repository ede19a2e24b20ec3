#include "net/node/refound.h"

#include <utility>

#include "net/node/store.h"

namespace drydock::net {

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
  auto opened = OpenDirectory(config, directory, /*bootstrap=*/true, /*join=*/false);
  if (!opened.ok()) return opened.error();
  const Status status = Refound(survival.content, StoreId(DrawFromSystem()),
                                config.settings.segment_bytes, opened.value()->disk());
  return status.ok() ? status : Error{directory + ": " + status.error().text};
}

}  // namespace drydock::net
