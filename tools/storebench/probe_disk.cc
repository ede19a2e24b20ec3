#include "tools/storebench/probe_disk.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/base/check.h"

namespace drydock::tools {
namespace {

constexpr const char* kFile = "log";
// As a segment of the log would be, and enough for the largest write.
constexpr std::uint64_t kFileBytes = 64 << 20;
constexpr std::uint64_t kBlock = 4096;

}  // namespace

Result<std::unique_ptr<ProbeDisk>> ProbeDisk::Open(const std::string& directory,
                                                   net::Mailbox& mailbox,
                                                   std::function<void(std::uint64_t)> durable) {
  Result<std::unique_ptr<net::PosixDisk>> disk = net::PosixDisk::Open(directory);
  if (!disk.ok()) return disk.error();
  Status status = disk.value()->Create(kFile, kFileBytes);
  if (status.ok()) status = disk.value()->Sync(kFile);
  if (status.ok()) status = disk.value()->SyncDirectory("");
  if (!status.ok()) return status.error();
  return std::unique_ptr<ProbeDisk>(
      new ProbeDisk(std::move(disk.value()), mailbox, std::move(durable)));
}

ProbeDisk::ProbeDisk(std::unique_ptr<net::PosixDisk> disk, net::Mailbox& mailbox,
                     std::function<void(std::uint64_t)> durable)
    : durable_(std::move(durable)),
      disk_(std::move(disk)),
      worker_(*disk_, [this, &mailbox](net::DiskResult result) {
        mailbox.Post([this, done = std::move(result.done)] { OnDone(done); });
      }) {}

std::uint64_t ProbeDisk::Add(Bytes piece) {
  gathered_bytes_ += piece.size();
  gathered_.push_back(std::move(piece));
  return ++added_;
}

void ProbeDisk::Flush() {
  if (writing_ != 0 || gathered_.empty()) return;
  DRYDOCK_CHECK(gathered_bytes_ <= kFileBytes, gathered_bytes_);
  if (offset_ + gathered_bytes_ > kFileBytes) offset_ = 0;
  DiskOp op;
  op.action = WriteAndSync{.path = kFile, .offset = offset_, .pieces = std::move(gathered_)};
  offset_ = (offset_ + gathered_bytes_ + kBlock - 1) / kBlock * kBlock;
  writing_ = added_;
  gathered_.clear();
  gathered_bytes_ = 0;
  worker_.Submit(std::move(op));
}

void ProbeDisk::OnDone(const DiskDone& done) {
  if (done.error.has_value()) {
    std::fprintf(stderr, "storebench: %s\n", done.error->c_str());
    std::_Exit(1);
  }
  durable_(std::exchange(writing_, 0));
}

}  // namespace drydock::tools
