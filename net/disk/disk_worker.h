// The disk thread of a node: carries out what the node asks of its disk.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/node/effects.h"
#include "core/storage/disk.h"
#include "net/disk/posix_disk.h"
#include "net/disk/spare_segment.h"

namespace drydock::net {

struct DiskResult {
  DiskDone done;
  std::chrono::nanoseconds took{};  // to carry it out, without the time until its turn came
  std::uint64_t bytes = 0;          // of data to be written; a creation has none
  bool synced = false;              // the data is durable: a WriteAndSync that succeeded
};

// Each lane is carried out in the order of submission; an operation of kWal is taken before one of
// kBulk. (One thread serves both, until something is submitted that takes long.) Once an operation
// of a lane has failed, all behind it in that lane fail without being tried: they may rely on it.
//
// Keeps a spare segment ready after the first creation of a segment, so that the next one of the
// same size takes a rename and the sync of a directory.
class DiskWorker {
 public:
  // `done` is called on the worker's thread, once for each operation; it may call Submit. The disk
  // must outlive this, and Recover must be through with it.
  DiskWorker(PosixDisk& disk, std::function<void(DiskResult)> done);
  // Carries out what was submitted, then stops.
  ~DiskWorker();
  DiskWorker(const DiskWorker&) = delete;
  DiskWorker& operator=(const DiskWorker&) = delete;

  void Submit(DiskOp op);  // from any thread
  // Makes a spare of this size before the first creation asks for one.
  void KeepSpare(std::uint64_t size) { spare_.Want(size); }

  // Bytes of the spare segment that is ready; 0: there is none.
  std::uint64_t spare_bytes() const { return spare_.ready(); }

 private:
  static constexpr std::size_t kLanes = 2;
  struct LaneState {
    std::deque<DiskOp> waiting;
    std::optional<std::string> failure;  // the first one; of the worker's thread only
  };

  void Run();
  LaneState* NextLane();  // the one to be served, null when nothing waits
  DiskResult CarryOut(const DiskOp& op, LaneState& lane);
  Status Do(const WriteAndSync& write);
  Status Do(const CreateDurably& create);

  PosixDisk& disk_;
  const std::function<void(DiskResult)> done_;
  SpareSegment spare_;
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stop_ = false;
  std::array<LaneState, kLanes> lanes_;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace drydock::net
