// A power cut or a kill at any moment, on real files: what was acknowledged is there afterwards,
// and damage to it is refused.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/storage/identity.h"
#include "core/storage/recovery.h"
#include "net/disk/disk_worker.h"
#include "net/disk/posix_disk.h"
#include "tests/core/kv/draws.h"
#include "tests/net/disk/temporary_directory.h"
#include "tests/net/disk/wal_workload.h"
#include "tests/support/memory_disk.h"

namespace drydock::net {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<PosixDisk> OpenDisk(const std::string& directory) {
  auto disk = PosixDisk::Open(directory);
  DRYDOCK_CHECK(disk.ok(), disk.error().text);
  return std::move(disk.value());
}

Status CarryOut(PosixDisk& disk, const DiskOp& op) {
  if (const auto* create = std::get_if<CreateDurably>(&op.action)) {
    Status status = disk.Create(create->path, create->size);
    if (status.ok()) status = disk.Sync(create->path);
    if (status.ok()) status = disk.SyncDirectory(kWalFolder);
    return status;
  }
  const auto& write = std::get<WriteAndSync>(op.action);
  const Status status = disk.WriteAll(write.path, write.offset, write.pieces);
  return status.ok() ? disk.Sync(write.path) : status;
}

// Copies up to the last page that is not zero, and the length: the rest of a segment is zeros.
void CopyFile(const fs::path& from, const fs::path& to) {
  static const std::string kZeros(4096, '\0');
  std::string bytes = ReadWhole(from);
  const std::uint64_t size = bytes.size();
  while (bytes.size() >= kZeros.size() && bytes.ends_with(kZeros)) {
    bytes.resize(bytes.size() - kZeros.size());
  }
  WriteWhole(to, bytes);
  fs::resize_file(to, size);
}

// The data directory as it is now.
void CopyDirectory(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::create_directories(to + "/wal");
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (entry.is_regular_file()) CopyFile(entry.path(), to / fs::relative(entry.path(), from));
  }
}

void Overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(offset));
  file << bytes;
  DRYDOCK_CHECK(file.flush().good(), path);
}

std::string Garbage(Draws& draws, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = draws.Below(~std::uint64_t{0});
    std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, size - i));
  }
  return bytes;
}

// What a power cut made of a sector that was written and not synced.
enum class Fate : std::uint8_t { kNew, kOld, kZero, kGarbage };

// One choice for all of a write: all alike, all but one, a prefix, or each by itself.
std::vector<Fate> DrawFates(Draws& draws, std::size_t sectors) {
  const auto fate = [&draws] { return static_cast<Fate>(draws.Below(4)); };
  std::vector<Fate> fates(sectors, fate());
  switch (draws.Below(4)) {
    case 0:
      break;
    case 1:
      fates[draws.Below(sectors)] = fate();
      break;
    case 2: {
      const std::size_t prefix = draws.Below(sectors + 1);
      std::fill_n(fates.begin(), prefix, Fate::kNew);
      break;
    }
    default:
      for (Fate& one : fates) one = fate();
  }
  return fates;
}

// Does to the file what the fates tell; `old` is what stood there before.
void WriteTorn(const std::string& path, std::uint64_t offset, const std::string& bytes,
               const std::string& old, const std::vector<Fate>& fates, Draws& draws) {
  std::string torn = old;
  for (std::size_t i = 0; i < fates.size(); ++i) {
    const std::size_t at = i * kSectorBytes;
    const std::size_t size = std::min<std::size_t>(kSectorBytes, torn.size() - at);
    std::string sector = old.substr(at, size);
    if (fates[i] == Fate::kNew) sector.replace(0, bytes.size() - at, bytes, at, size);
    if (fates[i] == Fate::kZero) sector.assign(size, '\0');
    if (fates[i] == Fate::kGarbage) sector = Garbage(draws, size);
    torn.replace(at, size, sector);
  }
  Overwrite(path, offset, torn);
}

void TearWrite(const std::string& directory, const WriteAndSync& write, Draws& draws) {
  std::string bytes;
  for (const Bytes& piece : write.pieces) bytes += piece.view();
  const std::size_t room = RoundUpToSector(bytes.size());
  const std::string path = directory + "/" + write.path;
  const std::string old = ReadWhole(path).substr(write.offset, room);
  bytes.resize(room, '\0');
  WriteTorn(path, write.offset, bytes, old, DrawFates(draws, room / kSectorBytes), draws);
}

// A file whose name, length and zeros were not all durable.
void TearCreation(const std::string& directory, const CreateDurably& create, Draws& draws) {
  const std::string path = directory + "/" + create.path;
  const std::uint64_t kind = draws.Below(4);
  if (kind == 0) return;  // the name is missing
  WriteWhole(path, kind == 1 ? Garbage(draws, kSectorBytes * (1 + draws.Below(9))) : "");
  fs::resize_file(path, kind == 2 ? draws.Below(create.size) : create.size);
}

void Tear(const std::string& directory, const DiskOp& op, Draws& draws) {
  if (const auto* create = std::get_if<CreateDurably>(&op.action)) {
    TearCreation(directory, *create, draws);
  } else {
    TearWrite(directory, std::get<WriteAndSync>(op.action), draws);
  }
}

// The store in the directory starts with what was acknowledged, or with the batch under way as
// well; gives true for the latter.
bool CheckStarts(const std::string& directory, const WalWorkload& expected, bool batch_under_way) {
  const auto disk = OpenDisk(directory);
  const auto recovered = Recover(*disk, kTestRestart);
  // The contract of Recover would let it refuse here; it never has to.
  REQUIRE_MESSAGE(recovered.ok(), (recovered.ok() ? "" : recovered.error().text));
  const StoredState found = StateOf(recovered.value());
  const bool next = batch_under_way && found == expected.next();
  CHECK((next || found == expected.durable()));
  return next;
}

// It goes on: what is written from here on is there at the next start.
void CheckGoesOn(const std::string& directory, std::uint64_t seed) {
  const auto disk = OpenDisk(directory);
  const auto recovered = Recover(*disk, kTestRestart);
  REQUIRE_MESSAGE(recovered.ok(), (recovered.ok() ? "" : recovered.error().text));
  CHECK_FALSE(recovered.value().torn.has_value());
  WalWorkload more(seed, recovered.value());
  for (int i = 0; i < 3; ++i) {
    const DiskOp op = more.Next();
    REQUIRE(CarryOut(*disk, op).ok());
    more.Done(op.ticket);
  }
  CheckStarts(directory, more, false);
}

TEST_CASE("a power cut at any moment loses nothing that was acknowledged") {
  int cuts = 0;
  int torn_away = 0;
  int kept = 0;
  int creations = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const TemporaryDirectory temporary;
    const std::string after = temporary / "after";
    const auto disk = OpenDisk(temporary / "data");
    WalWorkload workload(seed, Recover(*disk, kTestBootstrap).value());
    Draws draws(Mix(seed, 1));
    for (int step = 0; step < 60; ++step) {
      CAPTURE(step);
      // Between two batches only: a start drops the segment that was made for the next one.
      if (workload.durable() == workload.next() && draws.Below(15) == 0) {
        const auto recovered = Recover(*disk, kTestRestart);
        REQUIRE_MESSAGE(recovered.ok(), (recovered.ok() ? "" : recovered.error().text));
        CHECK(StateOf(recovered.value()) == workload.durable());
        workload.Restart(recovered.value());
      }
      const DiskOp op = workload.Next();
      const bool batch = WalWorkload::IsBatch(op);
      if (!batch || draws.Below(2) == 0) {
        CopyDirectory(temporary / "data", after);
        Tear(after, op, draws);
        const bool next = CheckStarts(after, workload, batch);
        ++(next ? kept : torn_away);
        if (draws.Below(4) == 0) CheckGoesOn(after, seed);
        creations += std::holds_alternative<CreateDurably>(op.action) ? 1 : 0;
        ++cuts;
      }
      REQUIRE(CarryOut(*disk, op).ok());
      workload.Done(op.ticket);
    }
  }
  // The draws reached what they are meant to.
  CHECK(cuts > 300);
  CHECK(creations > 12);
  CHECK(kept > 30);
  CHECK(torn_away > 100);
}

// Changes a part of what was written there: a bit, a sector that is zeros or garbage afterwards.
void Damage(const std::string& path, const Place& place, Draws& draws) {
  const std::uint64_t at = place.offset + draws.Below(place.bytes);
  const std::uint64_t sector = at / kSectorBytes * kSectorBytes;
  const std::uint64_t size = std::min(kSectorBytes, place.offset + place.bytes - sector);
  const std::string old = ReadWhole(path).substr(sector, size);
  std::string bytes = old;
  switch (draws.Below(3)) {
    case 0:
      bytes[at - sector] = static_cast<char>(bytes[at - sector] ^ (1 << draws.Below(8)));
      break;
    case 1:
      bytes.assign(size, '\0');
      break;
    default:
      bytes = Garbage(draws, size);
  }
  if (bytes == old) bytes[0] = static_cast<char>(bytes[0] ^ 1);
  Overwrite(path, sector, bytes);
}

TEST_CASE("damage to what was acknowledged before the last batch is refused, by file and offset") {
  int refusals = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    const TemporaryDirectory temporary;
    const std::string after = temporary / "after";
    const auto disk = OpenDisk(temporary / "data");
    WalWorkload workload(seed, Recover(*disk, kTestBootstrap).value());
    std::vector<Place> places{{SegmentPath(1), 0, kSectorBytes}};
    // Into the third segment, and up to the end of a batch.
    for (bool enough = false; !enough;) {
      const DiskOp op = workload.Next();
      if (const auto* write = std::get_if<WriteAndSync>(&op.action)) {
        places.push_back(PlaceOf(*write));
      }
      REQUIRE(CarryOut(*disk, op).ok());
      workload.Done(op.ticket);
      enough = WalWorkload::IsBatch(op) && places.back().path == SegmentPath(3);
    }
    places.pop_back();
    Draws draws(Mix(seed, 2));
    for (int i = 0; i < 30; ++i) {
      const Place& place = places[draws.Below(places.size())];
      CopyDirectory(temporary / "data", after);
      Damage(after + "/" + place.path, place, draws);
      const auto recovered = Recover(*OpenDisk(after), kTestRestart);
      REQUIRE_FALSE(recovered.ok());
      const std::string& text = recovered.error().text;
      CHECK_MESSAGE(text.starts_with(place.path + " at byte " + std::to_string(place.offset) + ":"),
                    text);
      ++refusals;
    }
  }
  CHECK(refusals == 120);
}

// What a child process does until it is killed: each operation that is done is a byte in the pipe.
[[noreturn]] void WorkUntilKilled(const std::string& directory, std::uint64_t seed, int pipe) {
  const auto disk = OpenDisk(directory);
  WalWorkload workload(seed, Recover(*disk, kTestBootstrap).value());
  std::promise<bool> result;
  DiskWorker worker(
      *disk, [&result](const DiskResult& done) { result.set_value(!done.done.error.has_value()); });
  worker.KeepSpare(kMinSegmentBytes);
  while (true) {
    DiskOp op = workload.Next();
    const Ticket ticket = op.ticket;
    result = std::promise<bool>();
    auto done = result.get_future();
    worker.Submit(std::move(op));
    const char said = done.get() ? 'y' : 'n';
    if (::write(pipe, &said, 1) != 1) ::_exit(1);
    workload.Done(ticket);
  }
}

// Kills the child some time after so many operations; gives how many were acknowledged.
std::size_t KillAfter(const std::string& directory, std::uint64_t seed, std::size_t operations) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) WorkUntilKilled(directory, seed, ends[1]);
  ::close(ends[1]);
  std::size_t acknowledged = 0;
  char said = 0;
  while (acknowledged < operations && ::read(ends[0], &said, 1) == 1) acknowledged += said == 'y';
  // Anywhere within the next operation, which takes some hundred microseconds.
  ::usleep(static_cast<useconds_t>(Reduce(Mix(seed, operations), 400)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(ends[0], &said, 1) == 1) acknowledged += said == 'y';
  ::close(ends[0]);
  REQUIRE(acknowledged >= operations);
  return acknowledged;
}

// The same work up to the operation that was under way, done in memory.
DiskOp Redo(WalWorkload& workload, std::size_t acknowledged) {
  for (std::size_t i = 0; i < acknowledged; ++i) workload.Done(workload.Next().ticket);
  return workload.Next();
}

// The new name of a spare may be lost; its content was durable before.
void TearKilled(const std::string& directory, const DiskOp& op, Draws& draws) {
  if (const auto* write = std::get_if<WriteAndSync>(&op.action)) {
    TearWrite(directory, *write, draws);
    return;
  }
  const std::string path = directory + "/" + std::get<CreateDurably>(op.action).path;
  if (fs::exists(path)) fs::rename(path, directory + "/" + kSparePath);
}

TEST_CASE("a killed process with a disk thread and a spare segment loses nothing it acknowledged") {
  for (std::uint64_t seed = 101; seed <= 120; ++seed) {
    CAPTURE(seed);
    const TemporaryDirectory temporary;
    const std::string after = temporary / "after";
    Draws draws(Mix(seed, 3));
    const std::size_t acknowledged = KillAfter(temporary / "data", seed, 1 + draws.Below(80));
    MemoryDisk memory;
    WalWorkload expected(seed, Recover(memory, kTestBootstrap).value());
    const DiskOp op = Redo(expected, acknowledged);
    for (int cut = 0; cut < 6; ++cut) {
      CAPTURE(cut);
      CopyDirectory(temporary / "data", after);
      // The first time as the kill left it; then as a power cut at that moment might have.
      if (cut > 0) TearKilled(after, op, draws);
      CheckStarts(after, expected, WalWorkload::IsBatch(op));
    }
    CheckGoesOn(after, seed);
    CheckGoesOn(temporary / "data", seed);
  }
}

}  // namespace
}  // namespace drydock::net
