// Opening the store of a real node: its directory and what is in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/storage/recovery.h"
#include "net/config/cluster_config.h"
#include "net/disk/data_directory.h"

namespace drydock::net {

Result<std::unique_ptr<DataDirectory>> OpenDirectory(const ClusterConfig& config,
                                                     const std::string& path, bool bootstrap);
Result<Recovered> RecoverStore(DataDirectory& directory, const ClusterConfig& config, NodeId id,
                               bool bootstrap);

// Of the segments that are there; what cannot be read counts as nothing.
std::uint64_t BytesOfLog(PosixDisk& disk);

// 64 bits from the system, never 0: a store's id, a node's seed.
std::uint64_t DrawFromSystem();

}  // namespace drydock::net
