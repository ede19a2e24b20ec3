// Offline: what one node or a backup holds, made the beginning of a new cluster
// (core/storage/refounding.h). A directory is written whole, or refused until it is written anew.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/storage/refounding.h"
#include "net/backup/backup_file.h"
#include "net/config/cluster_config.h"
#include "net/disk/data_directory.h"

namespace drydock::net {

struct Survival {
  std::unique_ptr<DataDirectory> directory;  // locked: no node runs on it meanwhile
  StoreContent content;
};

// What is in the directory of a node that does not run. An error is in words for the operator.
Result<Survival> OpenSurvivor(const ClusterConfig& config, NodeId id, const std::string& directory);

// Writes the new store into another directory, which is made if it is missing. The survivor's own
// stays as it is.
Status RefoundInto(const ClusterConfig& config, const Survival& survival,
                   const std::string& directory);

// Writes a store with the state of a backup into a directory that holds none, as `id` alone. It is
// made if it is missing.
Status RestoreInto(const ClusterConfig& config, NodeId id, LoadedBackup backup,
                   const std::string& directory);

}  // namespace drydock::net
