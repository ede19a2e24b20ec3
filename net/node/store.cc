#include "net/node/store.h"

#include <sys/random.h>

#include <optional>

#include "core/base/check.h"

namespace drydock::net {

std::uint64_t DrawFromSystem() {
  std::uint64_t drawn = 0;
  while (drawn == 0) {
    const ssize_t got = ::getrandom(&drawn, sizeof(drawn), 0);
    DRYDOCK_CHECK(got == sizeof(drawn), got);
  }
  return drawn;
}

std::uint64_t BytesOfLog(PosixDisk& disk) {
  const Result<std::vector<std::string>> names = disk.List("wal");
  if (!names.ok()) return 0;
  std::uint64_t bytes = 0;
  for (const std::string& name : names.value()) {
    const Result<std::uint64_t> size = disk.Size("wal/" + name);
    if (size.ok()) bytes += size.value();
  }
  return bytes;
}

Result<std::unique_ptr<DataDirectory>> OpenDirectory(const ClusterConfig& config,
                                                     const std::string& path, bool bootstrap) {
  return DataDirectory::Open(
      {.directory = path, .cluster = config.cluster, .bootstrap = bootstrap});
}

Result<Recovered> RecoverStore(DataDirectory& directory, const ClusterConfig& config, NodeId id,
                               bool bootstrap) {
  StartOptions options{.node = id, .bootstrap = {}, .segment_bytes = config.settings.segment_bytes};
  if (bootstrap) options.bootstrap = StoreId(DrawFromSystem());
  return Recover(directory.disk(), options);
}

}  // namespace drydock::net
