// How long a node that comes back needs until it follows.
#pragma once

#include <chrono>
#include <string>

namespace drydock::tools {

// Asks the leader, then the node, for their commit indexes, again and again, and prints when the
// node answered first and when it had what the leader had committed, in nanoseconds of the
// machine's monotonic clock. Exit code 1 when that did not happen within `patience`.
int WatchCatchUp(const std::string& leader, const std::string& node,
                 std::chrono::milliseconds patience);

}  // namespace drydock::tools
