// How long the latest entries and elections of the nodes took, as each node tells of itself.
#pragma once

#include <string>

#include "net/client/cluster_status.h"

namespace drydock::net {

// A heading and one line a node, with the medians. Nodes that do not answer say why.
std::string RecentTable(const ClusterStatus& status);
// Every entry and every election, one object in one line, without a newline. Times in nanoseconds.
std::string RecentJson(const ClusterStatus& status);

}  // namespace drydock::net
