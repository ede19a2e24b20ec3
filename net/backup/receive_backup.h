// A backup from a node into a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "net/backup/backup_file.h"
#include "net/client/client.h"

namespace drydock::net {

struct BackupOrder {
  std::string endpoint;    // of the node
  std::string path;        // of the file
  bool replace = false;    // a file that is there
  std::uint64_t time = 0;  // of now: nanoseconds since 1970
};

// kOk when the file is whole and durable under its name; with any other outcome there is none that
// was not there before, and `text` tells why.
CallResult ReceiveBackup(Client& client, const BackupOrder& order, BackupSummary& out);

}  // namespace drydock::net
