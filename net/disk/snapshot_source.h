// A snapshot's file, read a piece at a time on a thread of its own, for whoever copies it out of
// the node. The file stays open: it may lose its name meanwhile.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/storage/snapshot_format.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {

class SnapshotSource {
 public:
  // A piece, compared with its checksum; nullopt when there is no such file any more, which only
  // the first may be.
  using Piece = Result<std::optional<Bytes>>;
  // Called on the thread, once for each Next.
  using Deliver = std::function<void(Piece)>;

  // Opens the file in the node's directory, at once and on the thread.
  SnapshotSource(std::string directory, StoredSnapshot snapshot, Deliver deliver);
  // Waits for a read that is under way.
  ~SnapshotSource();
  SnapshotSource(const SnapshotSource&) = delete;
  SnapshotSource& operator=(const SnapshotSource&) = delete;

  const SnapshotMeta& meta() const { return snapshot_.meta; }
  bool AtEnd() const { return asked_ == snapshot_.frames.size(); }
  // Asks for the next piece of the state. One at a time, and none at the end.
  void Next();

 private:
  void Run();
  Piece Read(const SnapshotFrame& frame) const;
  Error Failed(const SnapshotFrame& frame, const std::string& what) const;

  const std::string path_;
  const StoredSnapshot snapshot_;
  const Deliver deliver_;
  std::size_t asked_ = 0;  // frames
  FileDescriptor fd_;      // of the thread
  int open_error_ = 0;

  std::mutex mutex_;  // of these two
  std::condition_variable wake_;
  const SnapshotFrame* wanted_ = nullptr;
  bool stop_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::net
