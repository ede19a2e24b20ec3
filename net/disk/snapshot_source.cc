#include "net/disk/snapshot_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "core/base/crc32c.h"

namespace drydock::net {

SnapshotSource::SnapshotSource(std::string directory, StoredSnapshot snapshot, Deliver deliver)
    : path_(std::move(directory) + "/" + SnapshotPath(snapshot.meta.index)),
      snapshot_(std::move(snapshot)),
      deliver_(std::move(deliver)),
      thread_([this] { Run(); }) {}

SnapshotSource::~SnapshotSource() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SnapshotSource::Next() {
  DRYDOCK_CHECK(!AtEnd(), asked_);
  {
    const std::lock_guard lock(mutex_);
    DRYDOCK_CHECK(wanted_ == nullptr, asked_);
    wanted_ = &snapshot_.frames[asked_++];
  }
  wake_.notify_one();
}

void SnapshotSource::Run() {
  fd_ = FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_.open()) open_error_ = errno;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return wanted_ != nullptr || stop_; });
    if (stop_) return;
    const SnapshotFrame* frame = std::exchange(wanted_, nullptr);
    lock.unlock();
    deliver_(Read(*frame));
    lock.lock();
  }
}

Error SnapshotSource::Failed(const SnapshotFrame& frame, const std::string& what) const {
  return Error{path_ + " at byte " + std::to_string(frame.file_offset) + ": " + what};
}

SnapshotSource::Piece SnapshotSource::Read(const SnapshotFrame& frame) const {
  if (open_error_ == ENOENT) return std::optional<Bytes>();
  if (open_error_ != 0) {
    return Failed(frame, std::error_code(open_error_, std::generic_category()).message());
  }
  int error = 0;
  std::size_t got = 0;
  const Bytes bytes = Bytes::Make(frame.bytes, [&](char* out) {
    while (got < frame.bytes) {
      const auto at = static_cast<off_t>(frame.file_offset + got);
      const ssize_t some = ::pread(fd_.get(), out + got, frame.bytes - got, at);
      if (some < 0 && errno == EINTR) continue;
      if (some < 0) error = errno;
      if (some <= 0) break;
      got += static_cast<std::size_t>(some);
    }
  });
  if (error != 0) return Failed(frame, std::error_code(error, std::generic_category()).message());
  if (got == frame.bytes && Crc32c(bytes.view()) == frame.checksum) return std::optional(bytes);
  return Failed(frame, "this is not what was written there");
}

}  // namespace drydock::net
