// The directory that one node keeps its store in: nobody else's, and of one cluster.
#pragma once

#include <memory>
#include <string>

#include "core/base/result.h"
#include "net/disk/file_descriptor.h"
#include "net/disk/posix_disk.h"

namespace drydock::net {

// What is in it: `lock` (text: the process id of the node that runs, empty when none does),
// `cluster` (below), `joins` and `unfinished` (below), and the store that core's Recover keeps
// there.
//
//   cluster   "drydockc", version u32, name (length u32, bytes), CRC32C u32 of all before it
//
// The same bytes on all nodes of a cluster.
inline constexpr const char* kLockPath = "lock";
inline constexpr const char* kClusterPath = "cluster";
// Text; there or not: the store was made to be added to a cluster that exists.
inline constexpr const char* kJoinsPath = "joins";
// Text; there while a store is written that was not founded here: from a backup, or another node's.
inline constexpr const char* kUnfinishedPath = "unfinished";

struct DataDirectoryOptions {
  std::string directory;
  std::string cluster;     // 1 to 255 bytes
  bool bootstrap = false;  // found a new store if there is none, as in core's StartOptions
  bool join = false;  // with `bootstrap`: a store that founds no cluster, and waits to be added
  // With `bootstrap`: a whole store is to be written before any Recover, and FinishFilling called.
  bool fill = false;
};

// Holds an exclusive lock on the directory for its life; a crash of the process gives it back. To
// be opened before Recover and kept until nothing uses the disk any more.
class DataDirectory {
 public:
  // Fails, in words for the operator, when
  // - the directory cannot be written to (missing without `bootstrap`, rights, read-only, full),
  // - another process holds it: the error tells its id,
  // - it belongs to another cluster, or its `cluster` file is damaged, or missing though there is a
  //   store,
  // - its store is of a newer data format than this program reads,
  // - it is to be filled and holds a store; or it is not, and a filling was broken off.
  // With `bootstrap` and no store the cluster's name is made durable here, before Recover founds
  // the store: after a crash anywhere in between, the same command starts over. Without both it
  // succeeds, and Recover says what to do.
  //
  // What a filling left that was broken off is removed when the directory is filled again.
  static Result<std::unique_ptr<DataDirectory>> Open(const DataDirectoryOptions& options);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  PosixDisk& disk() { return *disk_; }
  // The store was made with `join`, this time or earlier.
  bool joins() const { return joins_; }
  // The store is whole, its identity durable: from now on the directory may be started with.
  Status FinishFilling();

 private:
  DataDirectory(FileDescriptor lock, std::unique_ptr<PosixDisk> disk);

  FileDescriptor lock_;  // closed last, after the disk
  std::unique_ptr<PosixDisk> disk_;
  bool joins_ = false;
};

}  // namespace drydock::net
