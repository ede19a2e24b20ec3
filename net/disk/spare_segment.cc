#include "net/disk/spare_segment.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "core/storage/wal_format.h"

namespace drydock::net {
namespace {

using Clock = std::chrono::steady_clock;

// What the log's syncs may have to wait behind. With smaller pieces and longer pauses a segment
// takes longer to make (with these a third of a second for 64 MiB) and disturbs less.
constexpr std::uint64_t kPieceBytes = 512 << 10;
constexpr int kPauseForWork = 3;  // times as long as a piece took
// The lowest but a few: on a busy machine the node comes first, yet this must still get on.
constexpr int kNiceness = 15;

std::string_view FileName(std::string_view path) {
  return path.substr(path.find('/') + 1);
}

bool AllZero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return c == 0; });
}

}  // namespace

SpareSegment::SpareSegment(PosixDisk& disk) : disk_(disk), thread_([this] { Run(); }) {}

SpareSegment::~SpareSegment() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void SpareSegment::Want(std::uint64_t size) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = size;
  }
  wake_.notify_all();
}

bool SpareSegment::TakeAs(const std::string& path, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  if (ready_ != size) {
    late_ = making_;
    return false;
  }
  // Whether it was renamed or has vanished: it is there no more.
  ready_ = 0;
  return disk_.Rename(kSparePath, path).ok();
}

std::uint64_t SpareSegment::ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

void SpareSegment::SetReady(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  ready_ = size;
}

bool SpareSegment::Stopping() {
  const std::lock_guard lock(mutex_);
  return stop_;
}

template <class Length>
bool SpareSegment::Pause(Length length) {
  std::unique_lock lock(mutex_);
  if (late_) return stop_;
  return wake_.wait_for(lock, length, [this] { return stop_; });
}

void SpareSegment::Run() {
  // Linux keeps a niceness for each thread; its disk priority follows from it.
  ::setpriority(PRIO_PROCESS, 0, kNiceness);
  LookAtLeftovers();
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_ || wanted_ != 0; });
    if (stop_) return;
    const std::uint64_t size = std::exchange(wanted_, 0);
    if (ready_ == size) continue;
    ready_ = 0;
    making_ = true;
    lock.unlock();
    Renew(size);
    lock.lock();
    making_ = late_ = false;
  }
}

void SpareSegment::LookAtLeftovers() {
  const auto names = disk_.List(kWalFolder);
  if (!names.ok()) return;
  const auto there = [&names](const char* path) {
    return std::ranges::find(names.value(), FileName(path)) != names.value().end();
  };
  if (there(kUnfinishedSparePath)) static_cast<void>(disk_.Remove(kUnfinishedSparePath));
  if (!there(kSparePath)) return;
  const auto size = disk_.Size(kSparePath);
  if (size.ok() && size.value() != 0 && LeftoverIsSound(size.value())) {
    SetReady(size.value());
  } else if (!Stopping()) {
    static_cast<void>(disk_.Remove(kSparePath));
  }
}

// It was durable and zero before it got its name; but the directory was out of our hands since.
bool SpareSegment::LeftoverIsSound(std::uint64_t size) {
  for (std::uint64_t offset = 0; offset < size; offset += kPieceBytes) {
    if (Stopping()) return false;
    const auto bytes =
        disk_.Read(kSparePath, offset, std::min<std::uint64_t>(size - offset, kPieceBytes));
    if (!bytes.ok() || !AllZero(bytes.value())) return false;
  }
  return disk_.Sync(kSparePath).ok();
}

void SpareSegment::Renew(std::uint64_t size) {
  // One of another size, or one that is there though it should not be.
  static_cast<void>(disk_.Remove(kSparePath));
  if (Make(size).ok()) {
    SetReady(size);
  } else {
    static_cast<void>(disk_.Remove(kUnfinishedSparePath));
  }
}

bool SpareSegment::HasRoomFor(std::uint64_t size) {
  const auto left = disk_.SpaceLeft();
  return left.ok() && left.value() / 2 >= size;
}

Status SpareSegment::Make(std::uint64_t size) {
  if (!HasRoomFor(size)) return Error{"not enough room for a spare segment"};
  Status status = disk_.Create(kUnfinishedSparePath, 0);
  for (std::uint64_t offset = 0; status.ok() && offset < size; offset += kPieceBytes) {
    const auto begin = Clock::now();
    status = MakePiece(offset, std::min<std::uint64_t>(size - offset, kPieceBytes));
    if (Pause(kPauseForWork * (Clock::now() - begin))) return Error{"stopped"};
  }
  // Its content is durable by now, so the name says that it is whole.
  if (status.ok()) status = disk_.Rename(kUnfinishedSparePath, kSparePath);
  return status;
}

Status SpareSegment::MakePiece(std::uint64_t offset, std::uint64_t size) {
  const Status status = disk_.Write(kUnfinishedSparePath, offset, std::string(size, '\0'));
  return status.ok() ? disk_.Sync(kUnfinishedSparePath) : status;
}

}  // namespace drydock::net
