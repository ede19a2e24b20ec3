// What a backup asks of a real node (net/server/backup_stream.h).
#pragma once

#include <functional>
#include <string>

#include "net/rpc/mailbox.h"
#include "net/runtime/node_runner.h"
#include "net/server/backup_stream.h"

namespace drydock::net {

// Of the node that the hooks are for. It is made after them, so they ask for its parts when they
// need them.
struct BackupNode {
  NodeId id;
  std::string cluster;
  std::string directory;  // its data
  std::function<NodeRunner&()> runner;
  std::function<Mailbox&()> mailbox;
};

BackupHooks HooksOfBackups(const BackupNode& node);

}  // namespace drydock::net
