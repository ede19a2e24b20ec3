// The disk of the bare probe: what is added gathers while a write is under way, and one sync makes
// it durable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "net/disk/disk_worker.h"
#include "net/disk/posix_disk.h"
#include "net/rpc/mailbox.h"

namespace drydock::tools {

// On the loop's thread. A write that fails ends the process: a probe has nothing to save.
class ProbeDisk {
 public:
  // The file is made in `directory`, zero-filled; written round and round, never read.
  // `durable` is told how many pieces were added up to the last one that is durable.
  static Result<std::unique_ptr<ProbeDisk>> Open(const std::string& directory,
                                                 net::Mailbox& mailbox,
                                                 std::function<void(std::uint64_t)> durable);

  // Gives the piece's number, from 1 on.
  std::uint64_t Add(Bytes piece);
  // Nothing more is added for now.
  void Flush();

 private:
  ProbeDisk(std::unique_ptr<net::PosixDisk> disk, net::Mailbox& mailbox,
            std::function<void(std::uint64_t)> durable);
  void OnDone(const DiskDone& done);

  std::function<void(std::uint64_t)> durable_;
  std::vector<Bytes> gathered_;
  std::uint64_t gathered_bytes_ = 0;
  std::uint64_t added_ = 0;
  std::uint64_t writing_ = 0;  // the last piece of the write under way; 0: none is
  std::uint64_t offset_ = 0;
  std::unique_ptr<net::PosixDisk> disk_;
  net::DiskWorker worker_;  // the last member: its thread uses the others
};

}  // namespace drydock::tools
