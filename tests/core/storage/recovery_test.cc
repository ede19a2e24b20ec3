#include "core/storage/recovery.h"

#include <doctest/doctest.h>

#include <string>

#include "core/storage/identity.h"
#include "core/storage/wal_format.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

std::string ErrorOf(MemoryDisk& disk, const StartOptions& options) {
  const auto recovered = Recover(disk, options);
  return recovered.ok() ? "" : recovered.error().text;
}
bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("an empty directory starts only with bootstrap") {
  MemoryDisk disk;
  CHECK(ErrorOf(disk, kTestRestart).starts_with("no store in this directory"));
  const auto founded = Recover(disk, kTestBootstrap);
  REQUIRE(founded.ok());
  CHECK(founded.value().node == NodeId(1));
  CHECK(founded.value().store == *kTestBootstrap.bootstrap);
  CHECK(founded.value().incarnation == Incarnation(1));
  CHECK(founded.value().term == Term(0));
  CHECK_FALSE(founded.value().vote.has_value());
  CHECK(founded.value().log.last() == Index(0));
  CHECK(founded.value().position.next_batch == 1);
  CHECK(disk.unsynced() == 0);
}

TEST_CASE("bootstrap on a store starts it with its own store id, and each start is counted") {
  MemoryDisk disk;
  REQUIRE(Recover(disk, kTestBootstrap).ok());
  StartOptions again = kTestBootstrap;
  again.bootstrap = StoreId(999);
  const auto second = Recover(disk, again);
  REQUIRE(second.ok());
  CHECK(second.value().store == *kTestBootstrap.bootstrap);
  CHECK(second.value().incarnation == Incarnation(2));
  disk.LoseUnsynced();
  CHECK(Recover(disk, kTestRestart).value().incarnation == Incarnation(3));
}

TEST_CASE("everything stored comes back, through restarts") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), std::nullopt}});
  store.Write({StoreTermAndVote{Term(1), NodeId(2)}, TestEntry(1, 1, ""), TestEntry(2, 1, "x")});
  for (int kind = 0; kind <= kLastEntryKind; ++kind) {
    const Index index(3 + static_cast<std::uint64_t>(kind));
    store.Write({StoreEntry{index, {Term(1), static_cast<EntryKind>(kind), Bytes("payload")}}});
  }
  store.Write({StoreTruncation{Index(4), Term(1)}, StoreTermAndVote{Term(5), NodeId(0)}});
  store.Write({TestEntry(5, 5, std::string(256 << 10, 'p')), TestEntry(6, 5, std::string(513, 'q')),
               TestEntry(7, 5, std::string(512, 'r'))});
  for (std::uint64_t start = 2; start < 6; ++start) {
    store.disk.LoseUnsynced();
    const auto recovered = Recover(store.disk, kTestRestart);
    REQUIRE(recovered.ok());
    CHECK(StateOf(recovered.value()) == store.states.back());
    CHECK(recovered.value().incarnation == Incarnation(start));
    CHECK_FALSE(recovered.value().torn.has_value());
    store.writer.emplace(recovered.value(), kTestRestart.segment_bytes);
    store.Write({TestEntry(recovered.value().log.last().value() + 1, 5, "more")});
  }
}

TEST_CASE("a truncated tail is not revived") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), std::nullopt}, TestEntry(1, 1, "a"), TestEntry(2, 1, "b"),
               TestEntry(3, 1, "c")});
  store.Write({StoreTermAndVote{Term(2), std::nullopt}, StoreTruncation{Index(1), Term(1)}});
  const auto recovered = Recover(store.disk, kTestRestart);
  CHECK(recovered.value().log.last() == Index(1));
  store.Write({TestEntry(2, 2, "new")});
  const auto after = Recover(store.disk, kTestRestart);
  CHECK(after.value().log.last() == Index(2));
  CHECK(after.value().log.At(Index(2)).payload.view() == "new");
}

TEST_CASE("a directory of another node is refused with both names") {
  MemoryDisk disk;
  REQUIRE(Recover(disk, kTestBootstrap).ok());
  StartOptions other = kTestRestart;
  other.node = NodeId(2);
  CHECK(ErrorOf(disk, other).starts_with("this directory belongs to n1, not n2"));
}

TEST_CASE("a log without its identity is refused, with bootstrap and without") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}});
  store.disk.Delete(kIdentityPath);
  CHECK(Contains(ErrorOf(store.disk, kTestBootstrap), "identity at byte 0"));
  CHECK(Contains(ErrorOf(store.disk, kTestRestart), "identity at byte 0"));
}

TEST_CASE("a missing segment is refused by name") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}});
  for (std::uint64_t i = 1; i <= 12; ++i)
    store.Write({TestEntry(i, 1, std::string(256 << 10, 'x'))});
  for (const std::uint64_t segment : {1u, 2u, 3u}) {
    MemoryDisk disk = store.disk;
    disk.Delete(SegmentPath(segment));
    CHECK(Contains(ErrorOf(disk, kTestRestart), SegmentPath(segment) + " at byte 0"));
  }
  MemoryDisk disk = store.disk;
  for (std::uint64_t segment = 1; disk.Exists(SegmentPath(segment)); ++segment) {
    disk.Delete(SegmentPath(segment));
  }
  CHECK(Contains(ErrorOf(disk, kTestRestart), SegmentPath(1)));
}

TEST_CASE("segments of different sizes follow one another; too small a size is an error") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}});
  StartOptions larger = kTestRestart;
  larger.segment_bytes = (3 << 20) + 1;
  auto recovered = Recover(store.disk, larger);
  REQUIRE(recovered.ok());
  CHECK(recovered.value().position.segment_bytes == 1 << 20);
  store.writer.emplace(recovered.value(), larger.segment_bytes);
  for (std::uint64_t i = 1; i <= 8; ++i)
    store.Write({TestEntry(i, 1, std::string(256 << 10, 'x'))});
  CHECK(store.disk.Size(SegmentPath(2)).value() == (3 << 20) + 512);
  recovered = Recover(store.disk, kTestRestart);
  REQUIRE(recovered.ok());
  CHECK(StateOf(recovered.value()) == store.states.back());
  StartOptions tiny = kTestRestart;
  tiny.segment_bytes = (1 << 20) - 1;
  CHECK(Contains(ErrorOf(store.disk, tiny), "segment_bytes is 1048575"));
}

TEST_CASE("files that are not ours are left alone") {
  MemoryDisk disk;
  REQUIRE(disk.Create("notes.txt", 10).ok());
  REQUIRE(disk.Create("wal/lost", 10).ok());
  REQUIRE(Recover(disk, kTestBootstrap).ok());
  REQUIRE(Recover(disk, kTestRestart).ok());
  CHECK(disk.Exists("notes.txt"));
  CHECK(disk.Exists("wal/lost"));
}

TEST_CASE("an error of the disk ends the start with the disk's words") {
  for (std::uint64_t operations = 0;; ++operations) {
    MemoryDisk disk;
    disk.CutPowerAfter(operations);
    const auto recovered = Recover(disk, kTestBootstrap);
    if (recovered.ok()) break;
    CHECK(Contains(recovered.error().text, "the power is gone"));
  }
}

}  // namespace
}  // namespace drydock
