#include "net/disk/disk_worker.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSegment = 1 << 20;

// The results in the order in which they came.
class Results {
 public:
  std::function<void(DiskResult)> Collect() {
    return [this](const DiskResult& result) {
      const std::lock_guard lock(mutex_);
      all_.push_back(result);
      thread_ = std::this_thread::get_id();
      more_.notify_all();
    };
  }
  // Waits until there are so many; fewer after a very long time.
  std::vector<DiskResult> Wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    more_.wait_for(lock, std::chrono::seconds(60), [&] { return all_.size() >= count; });
    return all_;
  }
  std::thread::id thread() {
    const std::lock_guard lock(mutex_);
    return thread_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<DiskResult> all_;
  std::thread::id thread_;
};

struct Fixture {
  Fixture() : disk(std::move(PosixDisk::Open(temporary.path()).value())) {
    REQUIRE(disk->Create("wal/0000000001", 4096).ok());
  }
  std::string FileOf(const std::string& path) const { return temporary / path; }
  ino_t InodeOf(const std::string& path) const {
    struct stat status {};
    return ::stat(FileOf(path).c_str(), &status) == 0 ? status.st_ino : 0;
  }

  TemporaryDirectory temporary;
  std::unique_ptr<PosixDisk> disk;
  Results results;
};

DiskOp Write(std::uint64_t ticket, const std::string& path, std::uint64_t offset,
             const std::vector<std::string>& pieces, Lane lane = Lane::kWal) {
  WriteAndSync write{path, offset, {}};
  for (const std::string& piece : pieces) write.pieces.emplace_back(piece);
  return {lane, Ticket(ticket), std::move(write)};
}

DiskOp CreateSegment(std::uint64_t number, std::uint64_t size = kSegment) {
  return {Lane::kWal, Ticket(number), CreateDurably{SegmentPath(number), size}};
}

// Waits until the spare has this size.
bool SpareBecomes(const DiskWorker& worker, std::uint64_t size) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (worker.spare_bytes() != size) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

TEST_CASE_FIXTURE(Fixture, "operations are carried out in order, on a thread of their own") {
  DiskWorker worker(*disk, results.Collect());
  // Each overwrites what the one before wrote, so that the outcome tells the order.
  for (std::uint64_t i = 1; i <= 100; ++i) {
    worker.Submit(Write(i, SegmentPath(1), i, {std::to_string(i), "", "."}));
  }
  const auto all = results.Wait(100);
  REQUIRE(all.size() == 100);
  std::string expected(200, '\0');
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const std::string bytes = std::to_string(i) + ".";
    expected.replace(i, bytes.size(), bytes);
    const DiskResult& result = all[i - 1];
    CHECK(result.done.ticket == Ticket(i));
    CHECK_FALSE(result.done.error.has_value());
    CHECK(result.bytes == bytes.size());
    CHECK(result.synced);
    CHECK(result.took > std::chrono::nanoseconds(0));
  }
  CHECK(disk->Read(SegmentPath(1), 0, 200).value() == expected);
  CHECK(results.thread() != std::this_thread::get_id());
}

TEST_CASE_FIXTURE(Fixture, "what was submitted is finished before the worker is gone") {
  {
    DiskWorker worker(*disk, results.Collect());
    for (std::uint64_t i = 1; i <= 50; ++i) {
      worker.Submit(Write(i, SegmentPath(1), i, {"x"}));
      worker.Submit(Write(100 + i, "bulk", i, {"x"}, Lane::kBulk));
    }
  }
  const auto all = results.Wait(100);
  REQUIRE(all.size() == 100);
  CHECK(disk->Read(SegmentPath(1), 1, 50).value() == std::string(50, 'x'));
}

TEST_CASE_FIXTURE(Fixture,
                  "an operation that failed tells why, and none behind it in its lane is tried") {
  REQUIRE(disk->Create("bulk", 10).ok());
  {
    DiskWorker worker(*disk, results.Collect());
    worker.Submit(Write(1, "wal/missing", 0, {"x"}));
    worker.Submit(Write(2, SegmentPath(1), 0, {"x"}));
    worker.Submit(Write(3, "bulk", 0, {"x"}, Lane::kBulk));
  }
  const auto all = results.Wait(3);
  REQUIRE(all.size() == 3);
  for (const DiskResult& result : all) {
    if (result.done.ticket == Ticket(3)) {
      CHECK_FALSE(result.done.error.has_value());
      continue;
    }
    REQUIRE(result.done.error.has_value());
    CHECK_FALSE(result.synced);
    CHECK(Contains(*result.done.error, FileOf("wal/missing") + ": No such file or directory"));
    CHECK(Contains(*result.done.error, "not tried") == (result.done.ticket == Ticket(2)));
  }
  CHECK(disk->Read(SegmentPath(1), 0, 1).value() == std::string(1, '\0'));
}

// The null device takes every byte and can make none durable.
TEST_CASE_FIXTURE(Fixture, "a write that was not synced is not done") {
  fs::create_symlink("/dev/null", FileOf(SegmentPath(2)));
  {
    DiskWorker worker(*disk, results.Collect());
    worker.Submit(Write(1, SegmentPath(2), 0, {"x"}));
    worker.Submit(Write(2, SegmentPath(2), 1, {"x"}));
  }
  const auto all = results.Wait(2);
  REQUIRE(all.size() == 2);
  REQUIRE(all[0].done.error.has_value());
  CHECK(all[0].done.error->starts_with("cannot sync " + FileOf(SegmentPath(2)) + ": "));
  REQUIRE(all[1].done.error.has_value());
  CHECK(all[1].done.error->starts_with("not tried"));
  CHECK_FALSE((all[0].synced || all[1].synced));
}

TEST_CASE_FIXTURE(Fixture, "an operation of the log does not wait for one of the bulk lane") {
  REQUIRE(disk->Create("bulk", 10).ok());
  std::promise<void> log_is_written;
  std::vector<Lane> order;
  {
    DiskWorker worker(*disk, [&](const DiskResult& result) {
      // The bulk lane stands still until the log has gone on.
      if (result.lane == Lane::kBulk) log_is_written.get_future().wait();
      order.push_back(result.lane);
      if (result.done.ticket == Ticket(3)) log_is_written.set_value();
    });
    worker.Submit(Write(1, "bulk", 0, {"x"}, Lane::kBulk));
    worker.Submit(Write(2, SegmentPath(1), 1, {"x"}));
    worker.Submit(Write(3, SegmentPath(1), 2, {"x"}));
  }
  CHECK((order == std::vector<Lane>{Lane::kWal, Lane::kWal, Lane::kBulk}));
}

TEST_CASE_FIXTURE(Fixture, "a snapshot's file is made, written, read back, renamed and removed") {
  const std::string state(100000, 's');
  DiskWorker worker(*disk, results.Collect());
  std::uint64_t ticket = 0;
  const auto does = [&](DiskAction action) {
    worker.Submit({Lane::kBulk, Ticket(++ticket), std::move(action)});
    const auto all = results.Wait(ticket);
    REQUIRE(all.size() == ticket);
    REQUIRE_MESSAGE(!all.back().done.error.has_value(), *all.back().done.error);
    CHECK(all.back().lane == Lane::kBulk);
    return all.back().done.bytes;
  };
  does(CreateDurably{"snapshots/writing", 0});
  does(WriteAndSync{"snapshots/writing", 0, {Bytes(state)}});
  does(WriteAndSync{"snapshots/writing", state.size(), {Bytes("end")}});
  does(RenameDurably{"snapshots/writing", "snapshots/0001"});
  CHECK_FALSE(fs::exists(FileOf("snapshots/writing")));
  CHECK(does(ReadBytes{"snapshots/0001", state.size() - 1, 3}).view() == "sen");
  // A name is taken over from an older file.
  does(CreateDurably{"snapshots/writing", 0});
  does(WriteAndSync{"snapshots/writing", 0, {Bytes("new")}});
  does(RenameDurably{"snapshots/writing", "snapshots/0001"});
  CHECK(does(ReadBytes{"snapshots/0001", 0, 3}).view() == "new");
  does(RemoveDurably{"snapshots/0001"});
  CHECK_FALSE(fs::exists(FileOf("snapshots/0001")));
  CHECK(results.Wait(ticket).front().synced == false);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be read back fails, and so does all behind it") {
  REQUIRE(disk->Create("snapshots/0001", 10).ok());
  {
    DiskWorker worker(*disk, results.Collect());
    worker.Submit({Lane::kBulk, Ticket(1), ReadBytes{"snapshots/0001", 5, 6}});
    worker.Submit({Lane::kBulk, Ticket(2), RemoveDurably{"snapshots/0001"}});
  }
  const auto all = results.Wait(2);
  REQUIRE(all.size() == 2);
  CHECK(all[0].done.error.has_value());
  CHECK(Contains(*all[1].done.error, "not tried"));
  CHECK(fs::exists(FileOf("snapshots/0001")));
}

TEST_CASE_FIXTURE(Fixture, "a result may ask for the next operation") {
  std::promise<void> finished;
  DiskWorker* to = nullptr;
  DiskWorker worker(*disk, [&](const DiskResult& result) {
    const std::uint64_t ticket = result.done.ticket.value();
    if (ticket == 20) return finished.set_value();
    to->Submit(Write(ticket + 1, SegmentPath(1), ticket, {"y"}));
  });
  to = &worker;
  worker.Submit(Write(1, SegmentPath(1), 0, {"y"}));
  REQUIRE(finished.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  CHECK(disk->Read(SegmentPath(1), 0, 20).value() == std::string(20, 'y'));
}

TEST_CASE_FIXTURE(Fixture, "after the first created segment the next one is ready beforehand") {
  DiskWorker worker(*disk, results.Collect());
  CHECK(worker.spare_bytes() == 0);
  for (std::uint64_t segment = 2; segment <= 6; ++segment) {
    const ino_t spare = InodeOf(kSparePath);
    CHECK((spare != 0) == (segment > 2));
    worker.Submit(CreateSegment(segment));
    const auto all = results.Wait(segment - 1);
    REQUIRE(all.size() == segment - 1);
    CHECK_FALSE(all.back().done.error.has_value());
    CHECK_FALSE(all.back().synced);
    CHECK(all.back().bytes == 0);
    if (segment > 2) CHECK(InodeOf(SegmentPath(segment)) == spare);
    CHECK(ReadWhole(FileOf(SegmentPath(segment))) == std::string(kSegment, '\0'));
    REQUIRE(SpareBecomes(worker, kSegment));
    CHECK(ReadWhole(FileOf(kSparePath)) == std::string(kSegment, '\0'));
  }
  // It is written to as any other.
  worker.Submit(Write(7, SegmentPath(6), 512, {"batch"}));
  REQUIRE(results.Wait(6).back().synced);
  CHECK(disk->Read(SegmentPath(6), 512, 5).value() == "batch");
}

TEST_CASE_FIXTURE(Fixture,
                  "a segment of another size is created as it should be, and the spare follows") {
  DiskWorker worker(*disk, results.Collect());
  worker.KeepSpare(kSegment);
  REQUIRE(SpareBecomes(worker, kSegment));
  worker.Submit(CreateSegment(2, kSegment + 512));
  REQUIRE_FALSE(results.Wait(1).back().done.error.has_value());
  CHECK(disk->Size(SegmentPath(2)).value() == kSegment + 512);
  REQUIRE(SpareBecomes(worker, kSegment + 512));
  // A file that is no segment never takes it.
  worker.Submit({Lane::kBulk, Ticket(2), CreateDurably{"copy/0001", kSegment + 512}});
  REQUIRE_FALSE(results.Wait(2).back().done.error.has_value());
  CHECK(worker.spare_bytes() == kSegment + 512);
}

TEST_CASE_FIXTURE(Fixture, "a spare that somebody deleted is no harm") {
  DiskWorker worker(*disk, results.Collect());
  worker.KeepSpare(kSegment);
  REQUIRE(SpareBecomes(worker, kSegment));
  fs::remove(FileOf(kSparePath));
  worker.Submit(CreateSegment(2));
  REQUIRE_FALSE(results.Wait(1).back().done.error.has_value());
  CHECK(disk->Size(SegmentPath(2)).value() == kSegment);
}

TEST_CASE_FIXTURE(Fixture, "the spare that a process left is used again if it is whole and zero") {
  WriteWhole(FileOf(kUnfinishedSparePath), std::string(4096, '\0'));
  ino_t spare = 0;
  {
    DiskWorker worker(*disk, results.Collect());
    worker.KeepSpare(kSegment);
    REQUIRE(SpareBecomes(worker, kSegment));
    spare = InodeOf(kSparePath);
  }
  CHECK_FALSE(fs::exists(FileOf(kUnfinishedSparePath)));
  DiskWorker worker(*disk, results.Collect());
  REQUIRE(SpareBecomes(worker, kSegment));
  worker.Submit(CreateSegment(2));
  REQUIRE_FALSE(results.Wait(1).back().done.error.has_value());
  CHECK(InodeOf(SegmentPath(2)) == spare);
}

TEST_CASE("a spare with a byte in it, or of no size, is removed") {
  const std::string zeros(kSegment, '\0');
  for (const std::string& content : {"x" + zeros.substr(1), zeros.substr(1) + "x",
                                     zeros.substr(kSegment / 2) + "x", std::string()}) {
    Fixture fixture;
    WriteWhole(fixture.FileOf(kSparePath), content);
    // A second name, so that the number of the file is not given again.
    fs::create_hard_link(fixture.FileOf(kSparePath), fixture.FileOf("kept"));
    DiskWorker worker(*fixture.disk, fixture.results.Collect());
    worker.KeepSpare(kSegment);
    REQUIRE(SpareBecomes(worker, kSegment));
    CHECK(fixture.InodeOf(kSparePath) != fixture.InodeOf("kept"));
    CHECK(ReadWhole(fixture.FileOf(kSparePath)) == zeros);
  }
}

TEST_CASE_FIXTURE(Fixture, "a worker that stops leaves no half a spare behind") {
  {
    DiskWorker worker(*disk, results.Collect());
    worker.KeepSpare(std::uint64_t{64} << 20);
    worker.Submit(Write(1, SegmentPath(1), 0, {"x"}));
    REQUIRE(results.Wait(1).size() == 1);
  }
  CHECK_FALSE(fs::exists(FileOf(kUnfinishedSparePath)));
}

TEST_CASE("Recover passes over a spare segment, whole or half made") {
  const TemporaryDirectory temporary;
  const auto disk = std::move(PosixDisk::Open(temporary.path()).value());
  fs::create_directory(temporary / "wal");
  const auto recover = [&](std::optional<StoreId> bootstrap) {
    WriteWhole(temporary / kSparePath, std::string(kSegment, '\0'));
    WriteWhole(temporary / kUnfinishedSparePath, std::string(4096, '\0'));
    return Recover(*disk, {NodeId(1), bootstrap, kSegment});
  };
  const auto first = recover(StoreId(7));
  REQUIRE_MESSAGE(first.ok(), (first.ok() ? "" : first.error().text));
  const auto second = recover(std::nullopt);
  REQUIRE_MESSAGE(second.ok(), (second.ok() ? "" : second.error().text));
  CHECK(second.value().incarnation == Incarnation(2));
}

TEST_CASE("on a disk that fills up segments are created to the last, and only they can fail") {
  TemporaryDirectory temporary;
  if (!temporary.MountSmallDisk("5m")) {
    MESSAGE("skipped: mounting a small disk is not permitted here");
    return;
  }
  const auto disk = std::move(PosixDisk::Open(temporary.path()).value());
  Results results;
  std::uint64_t created = 0;
  {
    DiskWorker worker(*disk, results.Collect());
    for (std::uint64_t segment = 1; segment <= 6; ++segment) {
      worker.Submit(CreateSegment(segment));
      const auto all = results.Wait(segment);
      REQUIRE(all.size() == segment);
      if (all.back().done.error.has_value()) {
        CHECK(Contains(*all.back().done.error, "No space left on device"));
        break;
      }
      ++created;
    }
  }
  // A few pages of the five segments' room are the disk's own.
  CHECK(created >= 4);
  CHECK(created <= 5);
}

}  // namespace
}  // namespace drydock::net
