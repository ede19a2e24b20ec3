// Opening the store of a real node: its directory and what is in it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/storage/recovery.h"
#include "net/config/cluster_config.h"
#include "net/disk/data_directory.h"
#include "net/log/event_log.h"

namespace drydock::net {

Result<std::unique_ptr<DataDirectory>> OpenDirectory(const ClusterConfig& config,
                                                     const std::string& path, bool bootstrap,
                                                     bool join, bool fill = false);
Result<Recovered> RecoverStore(DataDirectory& directory, const ClusterConfig& config, NodeId id,
                               bool bootstrap);

// What was found, as lines of the log.
void Tell(const Recovered& recovered, EventLog& log);

// How much of the disk the write-ahead log takes: its segments, without a spare one.
class LogSize {
 public:
  // Those that are there; what cannot be read counts as nothing.
  explicit LogSize(PosixDisk& disk);
  // The node asks its disk for it.
  void Note(const DiskOp& op);
  std::uint64_t bytes() const { return bytes_; }

 private:
  void Add(const std::string& path, std::uint64_t size);

  std::map<std::string, std::uint64_t> segments_;  // by path
  std::uint64_t bytes_ = 0;
};

// 64 bits from the system, never 0: a store's id, a node's seed.
std::uint64_t DrawFromSystem();

}  // namespace drydock::net
