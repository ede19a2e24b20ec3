// A power cut after any operation of the disk, with any choice of what was not synced, leaves a
// store that starts and has lost nothing that was durable.
#include <doctest/doctest.h>

#include <string>

#include "core/base/random.h"
#include "core/storage/identity.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

// Calls `check` with the disk as it is after each crash: all choices when they are few, else none,
// all, all but one, only one, and some drawn at random.
template <class Check>
void EachCrash(const MemoryDisk& disk, Check check) {
  const std::size_t count = disk.unsynced();
  const auto crash = [&](auto keep) {
    MemoryDisk after = disk;
    after.Crash(keep);
    check(after);
  };
  if (count <= 7) {
    for (std::uint64_t mask = 0; mask < std::uint64_t{1} << count; ++mask) {
      crash([mask](std::size_t i) { return (mask >> i & 1) != 0; });
    }
    return;
  }
  crash([](std::size_t) { return false; });
  crash([](std::size_t) { return true; });
  for (std::size_t one = 0; one < count; ++one) {
    crash([one](std::size_t i) { return i == one; });
    crash([one](std::size_t i) { return i != one; });
  }
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    crash([seed](std::size_t i) { return (Mix(seed, i) & 1) != 0; });
  }
}

// Crashes a start of `disk` after each operation; each time the next start must succeed and `check`
// the outcome. A start that ran through must survive the loss of everything not synced.
template <class Check>
std::size_t CrashWithin(const MemoryDisk& disk, const StartOptions& options, Check check) {
  std::size_t operations = 0;
  for (bool through = false; !through; ++operations) {
    MemoryDisk trial = disk;
    trial.CutPowerAfter(operations);
    through = Recover(trial, options).ok();
    if (through) CHECK(trial.unsynced() == 0);
    EachCrash(trial, [&](MemoryDisk& after) {
      const auto recovered = Recover(after, options);
      REQUIRE_MESSAGE(recovered.ok(), (recovered.ok() ? "" : recovered.error().text));
      check(recovered.value());
      CHECK(after.unsynced() == 0);
      const auto again = Recover(after, kTestRestart);
      REQUIRE_MESSAGE(again.ok(), (again.ok() ? "" : again.error().text));
      check(again.value());
    });
  }
  return operations - 1;
}

TestStore Written() {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}, TestEntry(1, 1, "one")});
  store.Write({TestEntry(2, 1, "two")});
  return store;
}

// Everything durable is there, and of what was under way all or nothing.
void CheckOneOf(const Recovered& recovered, const StoredState& durable, const StoredState& next) {
  const StoredState state = StateOf(recovered);
  CHECK((state == durable || state == next));
}

TEST_CASE("a crash anywhere within bootstrap leaves a directory that bootstrap can start") {
  const std::size_t operations =
      CrashWithin(MemoryDisk(), kTestBootstrap, [](const Recovered& recovered) {
        CHECK(StateOf(recovered) == StoredState());
        CHECK(recovered.store == *kTestBootstrap.bootstrap);
      });
  CHECK(operations == 10);
}

TEST_CASE("a crash within bootstrap never leaves a store that starts without it but is not whole") {
  for (std::uint64_t operations = 0; operations <= 10; ++operations) {
    MemoryDisk disk;
    disk.CutPowerAfter(operations);
    const bool through = Recover(disk, kTestBootstrap).ok();
    EachCrash(disk, [&](MemoryDisk& after) {
      const bool founded = after.Exists(kIdentityPath);
      const auto recovered = Recover(after, kTestRestart);
      CHECK(recovered.ok() == founded);
      if (!founded) CHECK(recovered.error().text.starts_with("no store in this directory"));
      if (through) CHECK(founded);
    });
  }
}

TEST_CASE("a crash anywhere within a restart loses nothing and counts no incarnation twice") {
  const TestStore store = Written();
  CrashWithin(store.disk, kTestRestart, [&](const Recovered& recovered) {
    CHECK(StateOf(recovered) == store.states.back());
    CHECK(recovered.incarnation >= Incarnation(2));
  });
  // The one that was given out is never given out again, whatever is lost.
  MemoryDisk disk = store.disk;
  const Incarnation given = Recover(disk, kTestRestart).value().incarnation;
  disk.LoseUnsynced();
  CHECK(Recover(disk, kTestRestart).value().incarnation > given);
}

TEST_CASE("a write that was under way is there whole or not at all, however it was torn") {
  TestStore store = Written();
  store.Add({TestEntry(3, 1, std::string(1500, 'x')), TestEntry(4, 1, std::string(400, 'y'))});
  store.disk.Submit(std::get<WriteAndSync>(store.Flush().at(0).action));
  std::size_t torn = 0;
  EachCrash(store.disk, [&](MemoryDisk& after) {
    const MemoryDisk before = after;
    const auto recovered = Recover(after, kTestRestart);
    REQUIRE(recovered.ok());
    CheckOneOf(recovered.value(), store.states[2], store.states[3]);
    if (!recovered.value().torn.has_value()) return;
    ++torn;
    CHECK(recovered.value().torn->path == SegmentPath(1));
    CHECK(recovered.value().torn->offset == 3 * kSectorBytes);
    // Cutting it off can crash as well.
    CrashWithin(before, kTestRestart,
                [&](const Recovered& later) { CHECK(StateOf(later) == store.states[2]); });
  });
  CHECK(torn > 10);
}

TEST_CASE("nothing of a torn batch is left behind a shorter one that takes its place") {
  TestStore store = Written();
  store.Add({TestEntry(3, 1, std::string(3000, 'x'))});
  store.disk.Submit(std::get<WriteAndSync>(store.Flush().at(0).action));
  store.disk.Crash([](std::size_t i) { return i != 1; });
  store.Start(kTestRestart);
  store.states.pop_back();
  store.Write({TestEntry(3, 1, "short")});
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE(recovered.ok());
  CHECK_FALSE(recovered.value().torn.has_value());
  CHECK(StateOf(recovered.value()) == store.states.back());
}

TEST_CASE("a crash anywhere within the change to a new segment is no damage") {
  TestStore store;
  store.StartWithSmallSegment();
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}, TestEntry(1, 1, "one")});
  store.Write({TestEntry(2, 1, "two")});
  const std::size_t durable = store.states.size() - 1;
  store.Add({TestEntry(3, 1, std::string(1500, 'n'))});
  std::size_t operations = 0;
  for (auto ops = store.Flush(); !ops.empty(); ops = store.Flush(), ++operations) {
    for (std::uint64_t cut = 0; cut <= 3; ++cut) {
      MemoryDisk disk = store.disk;
      disk.CutPowerAfter(cut);
      if (disk.CarryOut(ops[0])) break;
      EachCrash(disk, [&](MemoryDisk& after) {
        CrashWithin(after, kTestRestart, [&](const Recovered& recovered) {
          CheckOneOf(recovered, store.states[durable], store.states[durable + 1]);
        });
        TestStore later{after, std::nullopt, {StoredState()}};
        const auto recovered = Recover(later.disk, kTestRestart);
        REQUIRE(recovered.ok());
        later.states = {StateOf(recovered.value())};
        later.writer.emplace(recovered.value(), kTestRestart.segment_bytes);
        const std::uint64_t next = recovered.value().log.last().value() + 1;
        later.Write({TestEntry(next, 1, std::string(900, 'm'))});
        const auto last = Recover(later.disk, kTestRestart);
        REQUIRE_MESSAGE(last.ok(), (last.ok() ? "" : last.error().text));
        CHECK(StateOf(last.value()) == later.states.back());
      });
    }
    REQUIRE(store.disk.CarryOut(ops[0]));
    store.writer->Done(ops[0].ticket);
  }
  CHECK(operations == 3);
}

TEST_CASE("a batch that is only in the cache after a failed sync is written again at the start") {
  TestStore store = Written();
  store.Add({TestEntry(3, 1, "three")});
  store.disk.Submit(std::get<WriteAndSync>(store.Flush().at(0).action));
  store.disk.ForgetDirtyPages();
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE(recovered.ok());
  CHECK(StateOf(recovered.value()) == store.states.back());
  // The node now counts on it, so a power cut must not take it any more.
  store.disk.LoseUnsynced();
  const auto after = Recover(store.disk, kTestRestart);
  REQUIRE(after.ok());
  CHECK(StateOf(after.value()) == store.states.back());
}

}  // namespace
}  // namespace drydock
