// raftd --refound-into: the way back from the loss of a quorum, for an operator.
#pragma once

#include "net/config/cluster_config.h"
#include "tools/raftd/flags.h"

namespace drydock::tools {

// Tells what the store holds and what would be given up; writes the new store only if the flags
// accept that. The exit code.
int RefoundStore(const net::ClusterConfig& config, const RaftdFlags& flags);

}  // namespace drydock::tools
