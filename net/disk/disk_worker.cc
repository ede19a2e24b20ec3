#include "net/disk/disk_worker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/storage/wal_format.h"

namespace drydock::net {
namespace {

using Clock = std::chrono::steady_clock;

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.find('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::uint64_t BytesOf(const DiskAction& action) {
  std::uint64_t bytes = 0;
  if (const auto* const write = std::get_if<WriteAndSync>(&action)) {
    for (const Bytes& piece : write->pieces) bytes += piece.size();
  }
  return bytes;
}

}  // namespace

DiskWorker::DiskWorker(PosixDisk& disk, std::function<void(DiskResult)> done)
    : disk_(disk), done_(std::move(done)), spare_(disk), thread_([this] { Run(); }) {}

DiskWorker::~DiskWorker() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void DiskWorker::Submit(DiskOp op) {
  const auto lane = static_cast<std::size_t>(op.lane);
  DRYDOCK_CHECK(lane < kLanes, lane);
  {
    const std::lock_guard lock(mutex_);
    lanes_[lane].waiting.push_back(std::move(op));
  }
  wake_.notify_one();
}

DiskWorker::LaneState* DiskWorker::NextLane() {
  const auto lane =
      std::ranges::find_if(lanes_, [](const LaneState& state) { return !state.waiting.empty(); });
  return lane == lanes_.end() ? nullptr : &*lane;
}

void DiskWorker::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    LaneState* lane = nullptr;
    wake_.wait(lock, [&] {
      lane = NextLane();
      return lane != nullptr || stop_;
    });
    if (lane == nullptr) return;
    const DiskOp op = std::move(lane->waiting.front());
    lane->waiting.pop_front();
    lock.unlock();
    done_(CarryOut(op, *lane));
    lock.lock();
  }
}

DiskResult DiskWorker::CarryOut(const DiskOp& op, LaneState& lane) {
  DiskResult result{.done = {op.ticket, std::nullopt}, .bytes = BytesOf(op.action)};
  if (lane.failure.has_value()) {
    result.done.error = "not tried, because an operation before it failed: " + *lane.failure;
    return result;
  }
  const auto begin = Clock::now();
  const Status status = std::visit([this](const auto& action) { return Do(action); }, op.action);
  result.took = Clock::now() - begin;
  if (!status.ok()) {
    lane.failure = status.error().text;
    result.done.error = status.error().text;
  }
  result.synced = status.ok() && std::holds_alternative<WriteAndSync>(op.action);
  return result;
}

Status DiskWorker::Do(const WriteAndSync& write) {
  const Status status = disk_.WriteAll(write.path, write.offset, write.pieces);
  return status.ok() ? disk_.Sync(write.path) : status;
}

Status DiskWorker::Do(const CreateDurably& create) {
  const std::string folder = FolderOf(create.path);
  const bool segment = folder == kWalFolder;
  Status status = Ok();
  if (!segment || !spare_.TakeAs(create.path, create.size)) {
    status = disk_.Create(create.path, create.size);
    if (status.ok()) status = disk_.Sync(create.path);
  }
  if (status.ok()) status = disk_.SyncDirectory(folder);
  if (status.ok() && segment) spare_.Want(create.size);
  return status;
}

}  // namespace drydock::net
