// raftd --restore: a backup made the beginning of a new cluster, for an operator.
#pragma once

#include "net/config/cluster_config.h"
#include "tools/raftd/flags.h"

namespace drydock::tools {

// Checks the backup, tells what it is, and writes a store with it. The exit code.
int RestoreBackup(const net::ClusterConfig& config, const RaftdFlags& flags);

}  // namespace drydock::tools
