#include "sim/disk/sim_disk.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

using Lose = SimDisk::Lose;

const Pins kNoPins;
const std::string kPath = "wal/1";
constexpr std::uint64_t kFileBytes = 8192;

// A disk with pins, and one durable file of zeros at kPath.
struct Fixture {
  explicit Fixture(StreamPins stream_pins = {}, DiskSettings settings = {}, std::uint64_t seed = 1)
      : pins{{"d0", std::move(stream_pins)}}, disk(Stream(seed, "d0", pins), settings) {
    REQUIRE(disk.Create(kPath, kFileBytes).ok());
    // Not through Sync: tests pin its draws from ordinal 0 on.
    disk.Crash(Lose::kNothing);
  }

  Ticket Submit(std::uint64_t offset, const std::vector<std::string>& pieces,
                Lane lane = Lane::kWal, const std::string& path = kPath) {
    WriteAndSync write{path, offset, {}};
    for (const std::string& piece : pieces) write.pieces.push_back(Bytes(piece));
    return Submit(lane, write);
  }
  Ticket Submit(Lane lane, DiskAction action) {
    const Ticket ticket(++last_ticket);
    disk.Submit({lane, ticket, std::move(action)});
    return ticket;
  }
  std::string Read(std::uint64_t offset, std::uint64_t size, const std::string& path = kPath) {
    Result<std::string> read = disk.Read(path, offset, size);
    REQUIRE(read.ok());
    return read.value();
  }
  std::uint64_t SizeOf(const std::string& path) {
    Result<std::uint64_t> size = disk.Size(path);
    return size.ok() ? size.value() : ~std::uint64_t{0};
  }

  Pins pins;
  SimDisk disk;
  std::uint64_t last_ticket = 0;
};

StreamPins Keeping(std::int64_t keeps) {
  return {{{Decision::kCrashKeeps, 0}, keeps}};
}

std::string Zeros(std::size_t count) {
  return std::string(count, '\0');
}

TEST_CASE("a completed write survives every crash that does not wipe the disk") {
  Fixture f;
  CHECK_FALSE(f.disk.Complete(f.Submit(512, {"ab", "cd"})).error.has_value());
  CHECK(f.disk.durable_bytes() == 4);
  for (const Lose lose : {Lose::kNothing, Lose::kUnsynced}) {
    const CrashReport report = f.disk.Crash(lose);
    CHECK(report.writes_lost + report.writes_torn + report.lost_lies.size() == 0);
    CHECK(f.Read(510, 8) == Zeros(2) + "abcd" + Zeros(2));
  }
}

TEST_CASE("a submitted write is read at once, and a crash keeps all or nothing of it by draw") {
  for (const std::int64_t keeps : {0, 1}) {
    Fixture f(Keeping(keeps));
    f.Submit(0, {"data"});
    CHECK(f.Read(0, 4) == "data");
    CHECK(f.disk.durable_bytes() == 0);
    const CrashReport report = f.disk.Crash(Lose::kUnsynced);
    CHECK(f.Read(0, 4) == (keeps == 1 ? "data" : Zeros(4)));
    CHECK(report.writes_kept == (keeps == 1 ? 1 : 0));
    CHECK(report.writes_lost == (keeps == 1 ? 0 : 1));
    CHECK(report.lost_lies.empty());
  }
}

TEST_CASE("a crash that loses nothing keeps what was submitted, not what waited in its lane") {
  Fixture f;
  f.Submit(0, {"first"});
  f.Submit(512, {"second"});
  f.Submit(1024, {"bulk"}, Lane::kBulk);
  CHECK(f.disk.Crash(Lose::kNothing).writes_kept == 2);
  CHECK(f.Read(0, 5) == "first");
  CHECK(f.Read(512, 6) == Zeros(6));
  CHECK(f.Read(1024, 4) == "bulk");
}

TEST_CASE("a crash that loses everything leaves an empty disk") {
  Fixture f;
  f.disk.Complete(f.Submit(0, {"data"}));
  CHECK(f.disk.HasFiles());
  f.disk.Crash(Lose::kEverything);
  CHECK_FALSE(f.disk.HasFiles());
  CHECK(f.disk.durable_bytes() == 0);
  CHECK(f.disk.List("wal").value().empty());
  CHECK_FALSE(f.disk.Read(kPath, 0, 1).ok());
}

TEST_CASE("a torn write keeps each of its sectors or not, by draw") {
  StreamPins pins = Keeping(2);
  for (std::uint64_t i = 0; i < 4; ++i) pins[{Decision::kTornSectors, i}] = i == 1 || i == 3;
  Fixture f(pins);
  // From the middle of sector 0 to the middle of sector 3.
  f.Submit(256, {std::string(700, 'a'), std::string(836, 'b')});
  CHECK(f.disk.Crash(Lose::kUnsynced).writes_torn == 1);
  const std::string written =
      Zeros(256) + std::string(700, 'a') + std::string(836, 'b') + Zeros(256);
  std::string expected = Zeros(2048);
  expected.replace(512, 512, written.substr(512, 512));
  expected.replace(1536, 512, written.substr(1536, 512));
  CHECK(f.Read(0, 2048) == expected);
}

TEST_CASE("by default a crash loses, keeps and tears evenly; the torn fault sets its share") {
  const auto count = [](std::optional<Probability> torn) {
    CrashReport sum;
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
      Fixture f({}, {}, seed);
      DiskFaults faults;
      faults.torn = torn;
      f.disk.SetFaults(faults);
      f.Submit(0, {"x"});
      const CrashReport report = f.disk.Crash(Lose::kUnsynced);
      sum.writes_kept += report.writes_kept;
      sum.writes_lost += report.writes_lost;
      sum.writes_torn += report.writes_torn;
    }
    return sum;
  };
  const auto near = [](std::uint64_t value, std::uint64_t expected) {
    return value + 120 > expected && value < expected + 120;
  };
  const CrashReport even = count(std::nullopt);
  CHECK(near(even.writes_kept, 1000));
  CHECK(near(even.writes_lost, 1000));
  CHECK(near(even.writes_torn, 1000));
  CHECK(count(kCertain).writes_torn == 3000);
  const CrashReport none = count(0);
  CHECK(none.writes_torn == 0);
  CHECK(near(none.writes_kept, 1500));
  const CrashReport half = count(kCertain / 2);
  CHECK(near(half.writes_torn, 1500));
  CHECK(near(half.writes_lost, 750));
}

TEST_CASE("a pin decides what a crash keeps also while the torn fault is set") {
  Fixture f(Keeping(1));
  DiskFaults faults;
  faults.torn = kCertain;
  f.disk.SetFaults(faults);
  f.Submit(0, {"data"});
  CHECK(f.disk.Crash(Lose::kUnsynced).writes_kept == 1);
}

TEST_CASE("a failed sync says so, and its data may be lost") {
  Fixture f(Keeping(0));
  DiskFaults faults;
  faults.sync_fails = kCertain;
  f.disk.SetFaults(faults);
  const DiskOutcome outcome = f.disk.Complete(f.Submit(0, {"data"}));
  CHECK(outcome.error == "simulated: input/output error on sync of wal/1");
  CHECK_FALSE(outcome.lied);
  CHECK(f.disk.durable_bytes() == 0);
  CHECK(f.disk.Crash(Lose::kUnsynced).lost_lies.empty());
  CHECK(f.Read(0, 4) == Zeros(4));
}

TEST_CASE("one sync can be made to fail by a pin") {
  Fixture f({{{Decision::kSyncFails, 1}, 1}});
  CHECK_FALSE(f.disk.Complete(f.Submit(0, {"a"})).error.has_value());
  CHECK(f.disk.Complete(f.Submit(512, {"b"})).error.has_value());
  CHECK_FALSE(f.disk.Complete(f.Submit(1024, {"c"})).error.has_value());
  CHECK(f.disk.durable_bytes() == 3);  // the last sync took the failed write with it
}

TEST_CASE("a lying sync is remembered until a crash shows it") {
  Fixture f(Keeping(0));
  DiskFaults faults;
  faults.sync_lies = kCertain;
  f.disk.SetFaults(faults);
  const DiskOutcome outcome = f.disk.Complete(f.Submit(512, {"data"}));
  CHECK_FALSE(outcome.error.has_value());
  CHECK(outcome.lied);
  CHECK(f.Read(512, 4) == "data");
  f.disk.SetFaults({});
  const CrashReport report = f.disk.Crash(Lose::kUnsynced);
  REQUIRE(report.lost_lies.size() == 1);
  CHECK(report.lost_lies[0].path == kPath);
  CHECK(report.lost_lies[0].offset == 512);
  CHECK(report.lost_lies[0].size == 4);
  CHECK(f.Read(512, 4) == Zeros(4));
  CHECK(f.disk.Crash(Lose::kUnsynced).lost_lies.empty());
}

TEST_CASE("a lie is harmless when the crash keeps the data, or an honest sync comes first") {
  Fixture kept(Keeping(1));
  DiskFaults faults;
  faults.sync_lies = kCertain;
  kept.disk.SetFaults(faults);
  kept.disk.Complete(kept.Submit(0, {"data"}));
  CHECK(kept.disk.Crash(Lose::kUnsynced).lost_lies.empty());
  CHECK(kept.Read(0, 4) == "data");

  Fixture synced(Keeping(0));
  synced.disk.SetFaults(faults);
  synced.disk.Complete(synced.Submit(0, {"data"}));
  synced.disk.SetFaults({});
  synced.disk.Complete(synced.Submit(512, {"more"}));
  CHECK(synced.disk.Crash(Lose::kUnsynced).lost_lies.empty());
  CHECK(synced.Read(0, 4) == "data");
}

TEST_CASE("a lie covers what was unsynced when it was told, not what came after") {
  Fixture f({{{Decision::kCrashKeeps, 0}, 0}, {{Decision::kCrashKeeps, 1}, 0}});
  DiskFaults faults;
  faults.sync_lies = kCertain;
  f.disk.SetFaults(faults);
  f.disk.Complete(f.Submit(0, {"data"}));
  f.Submit(512, {"in flight"});
  const CrashReport report = f.disk.Crash(Lose::kUnsynced);
  CHECK(report.writes_lost == 2);
  REQUIRE(report.lost_lies.size() == 1);
  CHECK(report.lost_lies[0].offset == 0);
}

TEST_CASE("a lie about a new file's name can take the file, honest syncs of its data or not") {
  Fixture f({{{Decision::kSyncLies, 0}, 1}, {{Decision::kNameVanishes, 0}, 1}});
  CHECK(f.disk.Complete(f.Submit(Lane::kWal, CreateDurably{"wal/2", 4096})).lied);
  CHECK_FALSE(f.disk.Complete(f.Submit(0, {"data"}, Lane::kWal, "wal/2")).lied);
  const CrashReport report = f.disk.Crash(Lose::kUnsynced);
  REQUIRE(report.lost_lies.size() == 1);
  CHECK(report.lost_lies[0].path == "wal/2");
  CHECK(report.lost_lies[0].size == 4096);
  CHECK(f.disk.List("wal").value() == std::vector<std::string>{"1"});
}

TEST_CASE(
    "a read that may leave zeros out does so where nothing was written, and flips as others do") {
  Fixture f({{{Decision::kReadFlips, 3}, 1}, {{Decision::kFlippedBit, 0}, 9}});
  const auto read = [&f](std::uint64_t offset, std::uint64_t size) {
    return f.disk.ReadUnlessZero(kPath, offset, size).value();
  };
  const Ticket written = f.Submit(512, {"ab"});
  CHECK(read(0, 512).empty());
  CHECK(read(511, 2) == Zeros(1) + "a");  // though it is not durable
  f.disk.Complete(written);
  CHECK(read(511, 2) == Zeros(1) + "a");
  CHECK(read(0, 3) == Zeros(1) + "\2" + Zeros(1));
  CHECK(read(514, 100).empty());
  CHECK_FALSE(f.disk.ReadUnlessZero(kPath, kFileBytes, 1).ok());
}

TEST_CASE("a read that flips gives one wrong bit and leaves the disk alone") {
  Fixture f({{{Decision::kReadFlips, 1}, 1}, {{Decision::kFlippedBit, 0}, 9}});
  f.disk.Complete(f.Submit(0, {"aaaa"}));
  CHECK(f.Read(0, 4) == "aaaa");
  CHECK(f.Read(0, 4) == "acaa");
  CHECK(f.Read(0, 4) == "aaaa");
  DiskFaults faults;
  faults.read_flips = kCertain;
  f.disk.SetFaults(faults);
  for (int i = 0; i < 20; ++i) {
    const std::string read = f.Read(0, 100);
    int bits = 0;
    for (std::size_t at = 0; at < read.size(); ++at) {
      const char real = at < 4 ? 'a' : '\0';
      bits += std::popcount(static_cast<unsigned char>(read[at] ^ real));
    }
    REQUIRE(bits == 1);
  }
}

TEST_CASE("a preallocated file counts in full against the capacity") {
  DiskSettings settings;
  settings.capacity = 20000;
  Fixture f({}, settings);
  CHECK(f.disk.SpaceLeft().value() == 20000 - kFileBytes);
  const Status full = f.disk.Create("wal/2", 12000);
  REQUIRE_FALSE(full.ok());
  CHECK(full.error().text.find("no space left on device (simulated): wal/2") == 0);
  CHECK(f.disk.List("wal").value().size() == 1);
  CHECK(f.disk.Create(kPath, 20000).ok());  // it replaces the old one
  CHECK(f.disk.SpaceLeft().value() == 0);
}

TEST_CASE("a full disk takes writes in place, refuses to grow, and frees what is removed") {
  Fixture f;
  DiskFaults faults;
  faults.capacity = kFileBytes + 100;
  f.disk.SetFaults(faults);
  CHECK_FALSE(f.disk.Complete(f.Submit(kFileBytes - 4, {"fits"})).error.has_value());
  const DiskOutcome outcome = f.disk.Complete(f.Submit(kFileBytes, {std::string(101, 'x')}));
  REQUIRE(outcome.error.has_value());
  CHECK(outcome.error->find("no space left on device (simulated)") == 0);
  CHECK(f.SizeOf(kPath) == kFileBytes);
  CHECK(f.disk.Write(kPath, kFileBytes, std::string(100, 'x')).ok());
  CHECK(f.disk.SpaceLeft().value() == 0);
  CHECK(f.disk.Complete(f.Submit(Lane::kBulk, CreateDurably{"snap/1", 1})).error.has_value());
  CHECK(f.disk.Remove(kPath).ok());
  CHECK(f.disk.SpaceLeft().value() == kFileBytes + 100);
  faults.capacity = 10;
  f.disk.SetFaults(faults);
  CHECK(f.disk.SpaceLeft().value() == 10);
}

TEST_CASE("operations of a lane are carried out in order, the lanes beside each other") {
  Fixture f;
  const Ticket create = f.Submit(Lane::kWal, CreateDurably{"wal/2", 4096});
  const Ticket write = f.Submit(0, {"data"}, Lane::kWal, "wal/2");
  const Ticket bulk = f.Submit(512, {"bulk"}, Lane::kBulk);
  CHECK_THROWS_AS(f.disk.Complete(write), CheckFailed);
  CHECK_FALSE(f.disk.Complete(bulk).error.has_value());
  CHECK_FALSE(f.disk.Complete(create).error.has_value());
  CHECK_FALSE(f.disk.Complete(write).error.has_value());
  CHECK_THROWS_AS(f.disk.Complete(write), CheckFailed);
  CHECK(f.Read(0, 4, "wal/2") == "data");
}

TEST_CASE("operations under way at a crash are forgotten") {
  Fixture f;
  const Ticket before = f.Submit(0, {"before"});
  f.disk.Crash(Lose::kNothing);
  CHECK_THROWS_AS(f.disk.Complete(before), CheckFailed);
  CHECK_FALSE(f.disk.Complete(f.Submit(512, {"after"})).error.has_value());
}

TEST_CASE("a write to a file that is not there fails and does not stop its lane") {
  Fixture f;
  const Ticket lost = f.Submit(0, {"x"}, Lane::kWal, "wal/9");
  const Ticket good = f.Submit(0, {"y"});
  CHECK(f.disk.Complete(lost).error == "no such file (simulated): wal/9");
  CHECK_FALSE(f.disk.Complete(good).error.has_value());
}

TEST_CASE("a file created durably keeps its name and size; one that was not may lose either") {
  Fixture f({{{Decision::kNameVanishes, 0}, 0},
             {{Decision::kCrashKeeps, 0}, 2},
             {{Decision::kTornSectors, 0}, 3},
             {{Decision::kNameVanishes, 1}, 1}});
  f.disk.Complete(f.Submit(Lane::kWal, CreateDurably{"wal/2", 4096}));
  f.Submit(Lane::kWal, CreateDurably{"wal/3", 4096});
  f.disk.Crash(Lose::kUnsynced);
  CHECK(f.SizeOf("wal/2") == 4096);
  CHECK(f.SizeOf("wal/3") == 3 * kSectorBytes);
  f.Submit(Lane::kWal, CreateDurably{"wal/4", 4096});
  const CrashReport report = f.disk.Crash(Lose::kUnsynced);
  CHECK(report.names_lost == 1);
  CHECK_FALSE(f.disk.Size("wal/4").ok());
}

TEST_CASE("a rename without a directory sync may vanish, with one it may not") {
  for (const bool synced : {false, true}) {
    Fixture f;
    DiskFaults faults;
    faults.name_vanishes = kCertain;
    f.disk.SetFaults(faults);
    REQUIRE(f.disk.Create("current", 3).ok());
    REQUIRE(f.disk.Write("current", 0, "old").ok());
    REQUIRE(f.disk.Sync("current").ok());
    REQUIRE(f.disk.SyncDirectory("").ok());
    REQUIRE(f.disk.Create("current.tmp", 3).ok());
    REQUIRE(f.disk.Write("current.tmp", 0, "new").ok());
    REQUIRE(f.disk.Sync("current.tmp").ok());
    REQUIRE(f.disk.Rename("current.tmp", "current").ok());
    CHECK(f.Read(0, 3, "current") == "new");
    if (synced) REQUIRE(f.disk.SyncDirectory("").ok());
    f.disk.Crash(Lose::kUnsynced);
    CHECK(f.Read(0, 3, "current") == (synced ? "new" : "old"));
    CHECK(f.disk.List("").value() == std::vector<std::string>{"current"});
  }
}

TEST_CASE("damage at rest flips one stored bit, by default in the middle of the newest segment") {
  Fixture f;
  f.disk.Complete(f.Submit(512, {"abcdefgh"}));
  f.disk.Complete(f.Submit(Lane::kWal, CreateDurably{"wal/2", 4096}));  // nothing written yet
  f.disk.Complete(f.Submit(Lane::kBulk, CreateDurably{"zzz", 10}));
  const Result<Corruption> done = f.disk.CorruptAtRest("", std::nullopt, 1);
  REQUIRE(done.ok());
  CHECK(done.value().path == kPath);
  CHECK(done.value().offset == 516);
  CHECK(f.Read(512, 8) == "abcdgfgh");
  CHECK(f.disk.CorruptAtRest("zz", 9, 7).ok());
  CHECK(f.Read(8, 2, "zzz") == std::string("\0\x80", 2));
}

// Of a node that writes batches, each in a sector of its own, and numbered as these are.
struct Batches : Fixture {
  using Fixture::Fixture;
  std::uint64_t next = kSectorBytes;
  void Write(bool synced) {
    const Ticket ticket = Submit(next, {"abcdefgh"});
    if (synced) disk.Complete(ticket);
    next += kSectorBytes;
  }
  bool MayPass(std::uint64_t batch) {
    return disk.CorruptAtRest(kPath, kSectorBytes * batch, 0).value().may_pass;
  }
};

TEST_CASE("damage may pass for a torn write in the newest write since the node started, only") {
  Batches f;
  for (int i = 0; i < 3; ++i) f.Write(true);
  CHECK_FALSE(f.MayPass(0));
  CHECK_FALSE(f.MayPass(2));
  CHECK(f.MayPass(3));
  f.disk.NoteStart();
  CHECK_FALSE(f.MayPass(3));
  f.Write(true);
  CHECK_FALSE(f.MayPass(3));
  CHECK(f.MayPass(4));
}

TEST_CASE("a write that a crash took is not the newest one, and one under way may be taken") {
  for (const bool lost : {true, false}) {
    Batches f(Keeping(lost ? 0 : 1));
    f.Write(true);
    f.Write(true);
    CHECK_FALSE(f.MayPass(1));
    f.Write(false);
    CHECK(f.MayPass(2));
    f.disk.Crash(Lose::kUnsynced);
    CHECK(f.MayPass(2) == lost);
  }
}

TEST_CASE(
    "damage to what is settled is in the middle of what was written before the newest write") {
  Batches f;
  f.Write(true);
  CHECK_FALSE(f.disk.CorruptAtRest(kPath, std::nullopt, 0, true).ok());
  for (int i = 0; i < 3; ++i) f.Write(true);
  const Result<Corruption> done = f.disk.CorruptAtRest(kPath, std::nullopt, 0, true);
  CHECK(done.value().offset == 2 * kSectorBytes + 4);
  CHECK_FALSE(done.value().may_pass);
}

TEST_CASE("damage at rest splits a shared payload and leaves the other disks' copies alone") {
  Fixture f, other;
  const Bytes payload(std::string(100000, 'p'));
  for (Fixture* one : {&f, &other}) {
    one->disk.Complete(one->Submit(Lane::kWal, WriteAndSync{kPath, 0, {payload}}));
  }
  REQUIRE(f.disk.CorruptAtRest("wal/1", 70000, 0).ok());
  CHECK(f.Read(69999, 3) == "pqp");
  CHECK(other.Read(69999, 3) == "ppp");
}

TEST_CASE("damage that cannot be done is refused with a reason") {
  Fixture f;
  CHECK_FALSE(f.disk.CorruptAtRest("", std::nullopt, 0).ok());  // nothing is written
  CHECK_FALSE(f.disk.CorruptAtRest("nothing", 0, 0).ok());
  CHECK(f.disk.CorruptAtRest("", kFileBytes, 0).error().text ==
        "cannot flip a bit at offset 8192 of wal/1: it has 8192 durable bytes");
  CHECK_FALSE(f.disk.CorruptAtRest("", 0, 8).ok());
}

TEST_CASE("the synchronous interface answers bad calls with errors") {
  Fixture f;
  CHECK_FALSE(f.disk.Read(kPath, kFileBytes - 1, 2).ok());
  CHECK_FALSE(f.disk.Read(kPath, ~std::uint64_t{0}, 2).ok());
  CHECK_FALSE(f.disk.Write("none", 0, "x").ok());
  CHECK_FALSE(f.disk.Write(kPath, ~std::uint64_t{0}, "x").ok());
  CHECK_FALSE(f.disk.Sync("none").ok());
  CHECK_FALSE(f.disk.Remove("none").ok());
  CHECK_FALSE(f.disk.Rename("none", "other").ok());
  CHECK_FALSE(f.disk.Rename(kPath, "elsewhere").ok());
  CHECK(f.disk.Create("one", 0).ok());
  CHECK(f.disk.Create("wal/deeper/file", 0).ok());
  CHECK(f.disk.List("").value() == std::vector<std::string>{"one"});
  CHECK(f.disk.List("wal").value() == std::vector<std::string>{"1"});
}

TEST_CASE("syncs and directory syncs of the synchronous interface fail and lie as well") {
  Fixture f({{{Decision::kSyncFails, 0}, 1},
             {{Decision::kSyncFails, 1}, 1},
             {{Decision::kSyncLies, 2}, 1},
             {{Decision::kSyncLies, 3}, 1},
             {{Decision::kCrashKeeps, 0}, 0},
             {{Decision::kNameVanishes, 0}, 1}});
  REQUIRE(f.disk.Write(kPath, 0, "data").ok());
  REQUIRE(f.disk.Create("new", 0).ok());
  CHECK(f.disk.Sync(kPath).error().text == "simulated: input/output error on sync of wal/1");
  CHECK(f.disk.SyncDirectory("").error().text ==
        "simulated: input/output error on sync of directory .");
  CHECK(f.disk.Sync(kPath).ok());
  CHECK(f.disk.SyncDirectory("").ok());
  const CrashReport report = f.disk.Crash(Lose::kUnsynced);
  REQUIRE(report.lost_lies.size() == 2);
  CHECK(report.lost_lies[0].path == "new");
  CHECK(report.lost_lies[1].path == kPath);
}

TEST_CASE("an operation takes the time of its model and of the stall") {
  DiskSettings settings;
  const DiskOp op{Lane::kWal, Ticket(1), CreateDurably{"x", 1}};
  Fixture usual;
  CHECK(usual.disk.TimeFor(op) == Duration::Microseconds(100));
  settings.fsync = UniformLatency{Duration::Microseconds(5), Duration::Microseconds(9)};
  Fixture f({{{Decision::kSyncTime, 1}, 1234}}, settings);
  CHECK(f.disk.TimeFor(op) >= Duration::Microseconds(5));
  CHECK(f.disk.TimeFor(op) == Duration::Nanoseconds(1234));
  DiskFaults faults;
  faults.stall = Duration::Milliseconds(3);
  f.disk.SetFaults(faults);
  CHECK(f.disk.TimeFor(op) >= Duration::Microseconds(3005));
  CHECK(f.disk.TimeFor(op) <= Duration::Microseconds(3009));
}

TEST_CASE("a fault event changes what it names and leaves the rest") {
  DiskFault event;
  event.sync_lies = kCertain;
  event.stall = Duration::Milliseconds(1);
  DiskFaults before;
  before.sync_fails = 5;
  before.torn = 7;
  const DiskFaults after = before.With(event);
  CHECK(after.sync_fails == 5);
  CHECK(after.torn == Probability{7});
  CHECK(after.sync_lies == kCertain);
  CHECK(after.stall == Duration::Milliseconds(1));
  CHECK_FALSE(after.capacity.has_value());
}

}  // namespace
}  // namespace drydock::sim
