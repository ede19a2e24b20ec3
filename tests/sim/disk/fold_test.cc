// Random operations and crashes, compared with a naive disk.
#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <string>

#include "core/base/hasher.h"
#include "core/base/random.h"
#include "sim/disk/sim_disk.h"
#include "tests/sim/disk/naive_disk.h"

namespace drydock::sim {
namespace {

using Lose = SimDisk::Lose;
using Sync = NaiveDisk::Sync;

constexpr std::uint64_t kSyncs = 2000;
const std::array<std::string, 5> kPaths = {"wal/1", "wal/2", "wal/3", "a", "b"};

// Which syncs fail or lie is pinned, so that the naive disk knows it, too.
Pins PinnedSyncs(std::uint64_t seed) {
  Pins pins;
  for (std::uint64_t i = 0; i < kSyncs; ++i) {
    const std::uint64_t drawn = Reduce(Mix(seed ^ 0x5eed, i), 10);
    pins["d0"][{Decision::kSyncFails, i}] = drawn < 2;
    pins["d0"][{Decision::kSyncLies, i}] = drawn >= 2 && drawn < 5;
  }
  return pins;
}

class Fold {
 public:
  explicit Fold(std::uint64_t seed)
      : seed_(seed), pins_(PinnedSyncs(seed)), disk_(Stream(seed, "d0", pins_), {}) {}

  void Run(int crashes) {
    for (int i = 0; i < crashes; ++i) {
      const std::uint64_t operations = Draw(12);
      for (std::uint64_t n = 0; n < operations && naive_.changes() < 6; ++n) Operate();
      Crash(Draw(8) == 0 ? Lose::kNothing : Lose::kUnsynced);
    }
  }
  std::uint64_t Digest() const { return hasher_.Finish(); }
  std::uint64_t lies_lost() const { return lies_lost_; }

 private:
  std::uint64_t Draw(std::uint64_t bound) { return Reduce(Mix(seed_, ++draws_), bound); }
  std::string AnyPath() { return kPaths[Draw(kPaths.size())]; }
  std::string AnyBytes() {
    const char fill = static_cast<char>(Draw(5) == 0 ? 0 : Draw(256));
    return std::string(Draw(Draw(4) == 0 ? 9000 : 900), fill);
  }
  // What the pins say about the next sync.
  Sync NextSync() {
    const std::uint64_t ordinal = syncs_++;
    REQUIRE(ordinal < kSyncs);
    if (pins_["d0"][{Decision::kSyncFails, ordinal}] != 0) return Sync::kFails;
    return pins_["d0"][{Decision::kSyncLies, ordinal}] != 0 ? Sync::kLies : Sync::kHonest;
  }

  void Operate() {
    const std::string path = AnyPath();
    const bool there = naive_.Has(path);
    switch (Draw(10)) {
      case 0: {
        const std::uint64_t size = Draw(3000);
        REQUIRE(disk_.Create(path, size).ok());
        naive_.Create(path, size);
        break;
      }
      case 1:
      case 2: {
        const std::uint64_t offset = Draw(3000);
        const std::string bytes = AnyBytes();
        REQUIRE(disk_.Write(path, offset, bytes).ok() == there);
        if (there) naive_.Write(path, offset, bytes);
        break;
      }
      case 3:
        if (there) SyncOne(path);
        break;
      case 4:
        if (there) RenameOne(path);
        break;
      case 5:
        REQUIRE(disk_.Remove(path).ok() == there);
        if (there) naive_.Remove(path);
        break;
      case 6: {
        const std::string folder(FolderOf(path));
        const Sync sync = NextSync();
        REQUIRE(disk_.SyncDirectory(folder).ok() == (sync != Sync::kFails));
        naive_.SyncDirectory(folder, sync);
        break;
      }
      case 7:
      case 8:
        SubmitOne(path);
        break;
      default:
        CompleteOne(Draw(2));
    }
    REQUIRE(Shown() == naive_.Seen());
  }

  void SyncOne(const std::string& path) {
    const Sync sync = NextSync();
    REQUIRE(disk_.Sync(path).ok() == (sync != Sync::kFails));
    naive_.SyncFile(path, sync);
  }
  void RenameOne(const std::string& from) {
    const std::string to = AnyPath();
    const bool allowed = FolderOf(from) == FolderOf(to);
    REQUIRE(disk_.Rename(from, to).ok() == allowed);
    if (allowed) naive_.Rename(from, to);
  }
  void SubmitOne(const std::string& path) {
    const std::uint64_t lane = Draw(2);
    const Ticket ticket(++last_ticket_);
    const std::uint64_t offset = Draw(3000);
    DiskOp op{static_cast<Lane>(lane), ticket, CreateDurably{path, offset}};
    NaiveDisk::Op naive_op{path, offset, "", true};
    if (Draw(4) != 0) {
      const std::string first = AnyBytes();
      const std::string second = AnyBytes();
      op.action = WriteAndSync{path, offset, {Bytes(first), Bytes(second)}};
      naive_op = {path, offset, first + second, false};
    }
    disk_.Submit(op);
    naive_.Submit(lane, naive_op);
    tickets_[lane].push_back(ticket);
  }
  void CompleteOne(std::uint64_t lane) {
    if (tickets_[lane].empty()) return;
    const bool will_sync = naive_.WillSync(lane);
    const Sync sync = will_sync ? NextSync() : Sync::kFails;
    const DiskOutcome outcome = disk_.Complete(tickets_[lane].front());
    REQUIRE(outcome.error.has_value() == (sync == Sync::kFails));
    REQUIRE(outcome.lied == (sync == Sync::kLies));
    naive_.Complete(lane, sync);
    tickets_[lane].pop_front();
  }

  void Crash(Lose lose) {
    const NaiveDisk::Contents before = naive_.Seen();
    const CrashReport report = disk_.Crash(lose);
    const NaiveDisk::Contents after = Shown();
    if (lose == Lose::kNothing) REQUIRE(after == before);
    REQUIRE(naive_.MayLeave(after, false));
    if (report.lost_lies.empty()) {
      REQUIRE(naive_.MayLeave(after, true));
    } else {
      REQUIRE(naive_.HasLies());
    }
    lies_lost_ += report.lost_lies.size();
    naive_.ContinueFrom(after);
    tickets_ = {};
    for (const auto& [path, content] : after) {
      hasher_.Add(path);
      hasher_.Add(content);
    }
    REQUIRE(disk_.Crash(Lose::kUnsynced).writes_lost == 0);
    REQUIRE(Shown() == after);
  }

  NaiveDisk::Contents Shown() {
    NaiveDisk::Contents shown;
    for (const std::string folder : {"", "wal"}) {
      const Result<std::vector<std::string>> names = disk_.List(folder);
      for (const std::string& name : names.value()) {
        const std::string path = folder.empty() ? name : folder + "/" + name;
        const std::uint64_t size = disk_.Size(path).value();
        shown[path] = disk_.Read(path, 0, size).value();
      }
    }
    return shown;
  }

  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t lies_lost_ = 0;
  Pins pins_;
  SimDisk disk_;
  NaiveDisk naive_;
  std::array<std::deque<Ticket>, 2> tickets_;
  Hasher hasher_;
};

TEST_CASE("random operations and crashes leave only states that a naive disk allows") {
  std::uint64_t lies_lost = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Fold fold(seed);
    fold.Run(40);
    lies_lost += fold.lies_lost();
  }
  CHECK(lies_lost > 100);
}

TEST_CASE("the same seed breaks the same disk in the same way") {
  Fold a(5), b(5), other(6);
  a.Run(30);
  b.Run(30);
  other.Run(30);
  CHECK(a.Digest() == b.Digest());
  CHECK(a.Digest() != other.Digest());
  CHECK(a.Digest() == 18353173709572137981u);
}

}  // namespace
}  // namespace drydock::sim
