#include "net/disk/disk_worker.h"

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

// What an operation gives back that reads nothing.
Result<Bytes> Nothing(const Status& status) {
  if (!status.ok()) return status.error();
  return Bytes();
}

}  // namespace

DiskWorker::DiskWorker(PosixDisk& disk, std::function<void(DiskResult)> done)
    : disk_(disk), done_(std::move(done)), spare_(disk) {
  for (LaneState& lane : lanes_) lane.thread = std::thread([this, &lane] { Run(lane); });
}

DiskWorker::~DiskWorker() {
  for (LaneState& lane : lanes_) {
    {
      const std::lock_guard lock(lane.mutex);
      lane.stop = true;
    }
    lane.wake.notify_one();
  }
  for (LaneState& lane : lanes_) lane.thread.join();
}

void DiskWorker::Submit(DiskOp op) {
  const auto number = static_cast<std::size_t>(op.lane);
  DRYDOCK_CHECK(number < kLanes, number);
  LaneState& lane = lanes_[number];
  {
    const std::lock_guard lock(lane.mutex);
    lane.waiting.push_back(std::move(op));
  }
  lane.wake.notify_one();
}

void DiskWorker::Run(LaneState& lane) {
  std::unique_lock lock(lane.mutex);
  while (true) {
    lane.wake.wait(lock, [&] { return !lane.waiting.empty() || lane.stop; });
    if (lane.waiting.empty()) return;
    const DiskOp op = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    lock.unlock();
    done_(CarryOut(op, lane));
    lock.lock();
  }
}

DiskResult DiskWorker::CarryOut(const DiskOp& op, LaneState& lane) {
  DiskResult result{
      .done = {op.ticket, std::nullopt, {}}, .lane = op.lane, .bytes = BytesOf(op.action)};
  if (lane.failure.has_value()) {
    result.done.error = "not tried, because an operation before it failed: " + *lane.failure;
    return result;
  }
  const auto begin = Clock::now();
  Result<Bytes> done = std::visit([this](const auto& action) { return Do(action); }, op.action);
  result.took = Clock::now() - begin;
  if (done.ok()) {
    result.done.bytes = std::move(done.value());
  } else {
    lane.failure = done.error().text;
    result.done.error = done.error().text;
  }
  result.synced = done.ok() && std::holds_alternative<WriteAndSync>(op.action);
  return result;
}

Result<Bytes> DiskWorker::Do(const WriteAndSync& write) {
  const Status status = disk_.WriteAll(write.path, write.offset, write.pieces);
  return Nothing(status.ok() ? disk_.Sync(write.path) : status);
}

Result<Bytes> DiskWorker::Do(const CreateDurably& create) {
  const std::string folder = FolderOf(create.path);
  const bool segment = folder == kWalFolder;
  Status status = Ok();
  if (!segment || !spare_.TakeAs(create.path, create.size)) {
    status = disk_.Create(create.path, create.size);
    if (status.ok()) status = disk_.Sync(create.path);
  }
  if (status.ok()) status = disk_.SyncDirectory(folder);
  // The folder may have been made for it.
  if (status.ok() && !segment) status = disk_.SyncDirectory("");
  if (status.ok() && segment) spare_.Want(create.size);
  return Nothing(status);
}

Result<Bytes> DiskWorker::Do(const RenameDurably& rename) {
  const Status status = disk_.Rename(rename.from, rename.to);
  return Nothing(status.ok() ? disk_.SyncDirectory(FolderOf(rename.to)) : status);
}

Result<Bytes> DiskWorker::Do(const RemoveDurably& remove) {
  const Status status = disk_.Remove(remove.path);
  return Nothing(status.ok() ? disk_.SyncDirectory(FolderOf(remove.path)) : status);
}

Result<Bytes> DiskWorker::Do(const ReadBytes& read) {
  Result<std::string> bytes = disk_.Read(read.path, read.offset, read.size);
  if (!bytes.ok()) return bytes.error();
  return Bytes(std::move(bytes.value()));
}

}  // namespace drydock::net
