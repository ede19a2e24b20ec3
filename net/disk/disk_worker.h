// The disk threads of a node: carry out what the node asks of its disk.
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
  Lane lane = Lane::kWal;
  std::chrono::nanoseconds took{};  // to carry it out, without the time until its turn came
  std::uint64_t bytes = 0;          // of data to be written; a creation has none
  bool synced = false;              // the data is durable: a WriteAndSync that succeeded
};

// Each lane has a thread and is carried out in the order of submission: the log does not wait
// behind a snapshot. Once an operation of a lane has failed, all behind it in that lane fail
// without being tried: they may rely on it.
//
// Keeps a spare segment ready after the first creation of a segment, so that the next one of the
// same size takes a rename and the sync of a directory.
class DiskWorker {
 public:
  // `done` is called on the lanes' threads, once for each operation; it may call Submit. The disk
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
    std::mutex mutex;  // of these three
    std::condition_variable wake;
    std::deque<DiskOp> waiting;
    bool stop = false;
    std::optional<std::string> failure;  // the first one; of the lane's thread only
    std::thread thread;
  };

  void Run(LaneState& lane);
  DiskResult CarryOut(const DiskOp& op, LaneState& lane);
  Result<Bytes> Do(const WriteAndSync& write);
  Result<Bytes> Do(const CreateDurably& create);
  Result<Bytes> Do(const RenameDurably& rename);
  Result<Bytes> Do(const RemoveDurably& remove);
  Result<Bytes> Do(const ReadBytes& read);

  PosixDisk& disk_;
  const std::function<void(DiskResult)> done_;
  SpareSegment spare_;
  std::array<LaneState, kLanes> lanes_;  // the last member: their threads use the others
};

}  // namespace drydock::net
