// Every flipped bit and every truncation of a small log gives a correct prefix, where the torn-tail
// rule allows one, or a refusal; never a wrong entry.
#include <doctest/doctest.h>

#include <string>

#include "core/base/crc32c.h"
#include "core/storage/identity.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Four batches of all kinds of records, the third over two sectors.
TestStore SmallStore() {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write(
      {StoreTermAndVote{Term(1), NodeId(1)}, TestEntry(1, 1, "one"), TestEntry(2, 1, "two")});
  store.Write({StoreTermAndVote{Term(3), NodeId(2)}, StoreTruncation{Index(1), Term(1)}});
  store.Write({TestEntry(2, 3, std::string(700, 'x')), TestEntry(3, 3, "three")});
  store.Write({TestEntry(4, 3, "four")});
  return store;
}

// The same with a segment so small that the second one begins after two batches.
TestStore TwoSegmentStore() {
  TestStore store;
  store.StartWithSmallSegment();
  store.Write(
      {StoreTermAndVote{Term(1), NodeId(1)}, TestEntry(1, 1, "one"), TestEntry(2, 1, "two")});
  store.Write({StoreTermAndVote{Term(3), NodeId(2)}, StoreTruncation{Index(1), Term(1)}});
  store.Write({TestEntry(2, 3, std::string(600, 'y'))});
  store.Write({TestEntry(3, 3, "three"), TestEntry(4, 3, "four")});
  REQUIRE(store.disk.Exists(SegmentPath(2)));
  return store;
}

// How many of the last batches are gone; nullopt when the start was refused. Fails on anything that
// is no prefix, and on a loss that is not said.
std::optional<std::size_t> Lost(MemoryDisk disk, const TestStore& store, const std::string& path) {
  const auto recovered = Recover(disk, kTestRestart);
  if (!recovered.ok()) {
    CHECK_MESSAGE(Contains(recovered.error().text, path), recovered.error().text);
    return std::nullopt;
  }
  const std::uint64_t batches = recovered.value().position.next_batch - 1;
  REQUIRE(batches < store.states.size());
  CHECK(StateOf(recovered.value()) == store.states[batches]);
  // What was cut off stays so.
  CHECK(disk.unsynced() == 0);
  const auto again = Recover(disk, kTestRestart);
  REQUIRE(again.ok());
  CHECK_FALSE(again.value().torn.has_value());
  CHECK(StateOf(again.value()) == store.states[batches]);
  return store.states.size() - 1 - batches;
}

struct Tally {
  std::size_t refused = 0, lost = 0, whole = 0;
};

Tally FlipEveryBit(const TestStore& store, const std::string& path) {
  Tally tally;
  // One sector more than was written, for the zeros behind the end.
  const std::uint64_t bytes =
      std::min(store.disk.Written(path) + kSectorBytes, MemoryDisk(store.disk).Size(path).value());
  for (std::uint64_t bit = 0; bit < 8 * bytes; ++bit) {
    MemoryDisk disk = store.disk;
    disk.FlipBit(path, bit);
    const auto lost = Lost(disk, store, path);
    // The documented limit: only the very last batch can be lost to a flipped bit.
    REQUIRE(lost.value_or(0) <= 1);
    ++(!lost.has_value() ? tally.refused : *lost == 1 ? tally.lost : tally.whole);
  }
  return tally;
}

TEST_CASE("any flipped bit of a log in one segment is refused, harmless, or in the last batch") {
  const TestStore store = SmallStore();
  const Tally tally = FlipEveryBit(store, SegmentPath(1));
  CHECK(tally.refused > 8 * kSectorBytes);  // the header and three batches
  CHECK(tally.lost == 8 * (kBatchHeaderBytes + 9 + 17 + 4));
}

TEST_CASE("any flipped bit of a log in two segments is refused, harmless, or in the last batch") {
  const TestStore store = TwoSegmentStore();
  CHECK(FlipEveryBit(store, SegmentPath(1)).lost == 0);
  CHECK(FlipEveryBit(store, SegmentPath(2)).lost > 0);
}

TEST_CASE("once the store was started again not even the last batch is lost to a flipped bit") {
  for (TestStore store : {SmallStore(), TwoSegmentStore()}) {
    store.Start(kTestRestart);
    for (const std::uint64_t segment : {1u, 2u}) {
      if (!store.disk.Exists(SegmentPath(segment))) continue;
      CHECK(FlipEveryBit(store, SegmentPath(segment)).lost == 0);
    }
  }
}

TEST_CASE("any flipped bit and any truncation of the identity is refused") {
  const TestStore store = SmallStore();
  const std::uint64_t bytes = store.disk.Written(kIdentityPath);
  for (std::uint64_t bit = 0; bit < 8 * bytes; ++bit) {
    MemoryDisk disk = store.disk;
    disk.FlipBit(kIdentityPath, bit);
    CHECK_FALSE(Lost(disk, store, kIdentityPath).has_value());
  }
  for (std::uint64_t size = 0; size < bytes; ++size) {
    MemoryDisk disk = store.disk;
    disk.Truncate(kIdentityPath, size);
    CHECK_FALSE(Lost(disk, store, kIdentityPath).has_value());
  }
}

TEST_CASE("a shortened first segment is refused at any length") {
  for (const TestStore& store : {SmallStore(), TwoSegmentStore()}) {
    const std::uint64_t bytes = store.disk.Written(SegmentPath(1));
    for (std::uint64_t size = 0; size < bytes; ++size) {
      MemoryDisk disk = store.disk;
      disk.Truncate(SegmentPath(1), size);
      REQUIRE_FALSE(Lost(disk, store, SegmentPath(1)).has_value());
    }
  }
}

TEST_CASE("a shortened later segment is refused, or dropped if not even its header is there") {
  const TestStore store = TwoSegmentStore();
  const std::uint64_t bytes = store.disk.Written(SegmentPath(2));
  for (std::uint64_t size = 0; size < bytes; ++size) {
    MemoryDisk disk = store.disk;
    disk.Truncate(SegmentPath(2), size);
    const auto lost = Lost(disk, store, SegmentPath(2));
    if (size >= kSectorBytes) REQUIRE_FALSE(lost.has_value());
    if (size < kSectorBytes) REQUIRE(lost == 2);
  }
}

TEST_CASE("a tail of zeros from anywhere on gives a prefix or a refusal") {
  for (const TestStore& store : {SmallStore(), TwoSegmentStore()}) {
    for (const std::uint64_t segment : {1u, 2u}) {
      const std::string path = SegmentPath(segment);
      if (!store.disk.Exists(path)) continue;
      for (std::uint64_t from = 0; from < store.disk.Written(path); ++from) {
        MemoryDisk disk = store.disk;
        disk.ZeroFrom(path, from);
        const auto lost = Lost(disk, store, path);
        // Where something follows that a crash cannot have left, nothing may be missing.
        if (segment == 1 && store.disk.Exists(SegmentPath(2))) REQUIRE(lost.value_or(0) == 0);
        // Against the zeroing of what was there at the last start the identity file stands.
        TestStore restarted = store;
        restarted.Start(kTestRestart);
        restarted.disk.ZeroFrom(path, from);
        const auto refused = Lost(restarted.disk, store, path.substr(0, 4));
        REQUIRE(refused.value_or(0) == 0);
      }
    }
  }
}

TEST_CASE("a refusal names file and offset and says what to do") {
  const TestStore store = SmallStore();
  MemoryDisk disk = store.disk;
  disk.FlipBit(SegmentPath(1), 8 * (2 * kSectorBytes + 40));
  const auto recovered = Recover(disk, kTestRestart);
  REQUIRE_FALSE(recovered.ok());
  CHECK(Contains(recovered.error().text, "wal/0000000001 at byte 1024: "));
  CHECK(Contains(recovered.error().text, "a later batch follows at byte 1536"));
  CHECK(Contains(recovered.error().text, "remove the node from the cluster"));
}

TEST_CASE("a log whose records contradict each other is refused") {
  const auto refusal = [](const std::vector<Mutation>& mutations) {
    TestStore store = SmallStore();
    auto recovered = Recover(store.disk, kTestRestart);
    std::string records;
    for (const Mutation& mutation : mutations) AppendRecord(mutation, false, records);
    const BatchHeader header{.number = recovered.value().position.next_batch,
                             .payload_bytes = static_cast<std::uint32_t>(records.size()),
                             .records = static_cast<std::uint32_t>(mutations.size()),
                             .payload_checksum = Crc32c(records)};
    std::string batch(kBatchHeaderBytes, '\0');
    EncodeBatchHeader(header, BatchSalt(*kTestBootstrap.bootstrap), batch.data());
    const std::uint64_t offset = recovered.value().position.offset;
    REQUIRE(store.disk.Write(SegmentPath(1), offset, batch + records).ok());
    recovered = Recover(store.disk, kTestRestart);
    if (recovered.ok()) return std::string();
    CHECK(Contains(recovered.error().text, SegmentPath(1) + " at byte " + std::to_string(offset)));
    return recovered.error().text;
  };
  CHECK(refusal({TestEntry(5, 3, "follows")}).empty());
  CHECK(Contains(refusal({TestEntry(4, 3, "twice")}), "entry 4 follows entry 4"));
  CHECK(Contains(refusal({TestEntry(6, 3, "gap")}), "entry 6 follows entry 4"));
  CHECK(Contains(refusal({TestEntry(5, 2, "old term")}), "entry 5 has term 2"));
  CHECK(Contains(refusal({TestEntry(5, 4, "new term")}), "entry 5 has term 4"));
  CHECK(Contains(refusal({StoreTermAndVote{Term(2), std::nullopt}}), "goes back from 3 to 2"));
  CHECK(Contains(refusal({StoreTermAndVote{Term(3), NodeId(1)}}), "the vote of term 3 changes"));
  CHECK(Contains(refusal({StoreTruncation{Index(5), Term(1)}}), "keeps 5 entries of 4"));
}

TEST_CASE("a batch of an older number where the next belongs is refused") {
  TestStore store = SmallStore();
  const std::string first = store.disk.Read(SegmentPath(1), kSectorBytes, kSectorBytes).value();
  const auto recovered = Recover(store.disk, kTestRestart);
  const std::uint64_t offset = recovered.value().position.offset;
  REQUIRE(store.disk.Write(SegmentPath(1), offset, first).ok());
  const auto again = Recover(store.disk, kTestRestart);
  REQUIRE_FALSE(again.ok());
  CHECK(Contains(again.error().text, "batch 1 stands where batch 5 belongs"));
}

// A value whose bytes are, at each sector boundary, the header of a batch: forged with `salt`.
std::string ForgedValue(std::uint64_t number, std::uint32_t salt) {
  std::string value(8 * kSectorBytes, '\0');
  // Shifted over the sector once, for the value does not begin on a boundary.
  const std::size_t shift = kSectorBytes - (kBatchHeaderBytes + 9 + 17);
  const BatchHeader header{.number = number};
  for (std::size_t at = shift; at + kBatchHeaderBytes <= value.size(); at += kSectorBytes) {
    EncodeBatchHeader(header, salt, value.data() + at);
  }
  return value;
}

bool TornWithValue(const std::string& value) {
  TestStore store = SmallStore();
  const std::uint64_t number = 5;
  store.Add({TestEntry(number, 3, value)});
  const auto ops = store.Flush();
  REQUIRE(store.disk.CarryOut(ops.at(0)));
  const std::uint64_t offset = std::get<WriteAndSync>(ops[0].action).offset;
  store.disk.FlipBit(SegmentPath(1), 8 * offset);  // as if the first sector had not been written
  const auto recovered = Recover(store.disk, kTestRestart);
  return recovered.ok() && recovered.value().torn.has_value();
}

TEST_CASE("a batch forged within a value cannot make a torn tail look like damage") {
  CHECK(TornWithValue("plain"));
  CHECK(TornWithValue(ForgedValue(5, 0)));
  CHECK(TornWithValue(ForgedValue(6, BatchSalt(StoreId(1)))));
  const std::uint32_t own_salt = BatchSalt(*kTestBootstrap.bootstrap);
  // A copy of the store's own log has the right salt, but numbers of the past.
  CHECK(TornWithValue(ForgedValue(4, own_salt)));
  // The forgery would work with both, which shows that the test aims right.
  CHECK_FALSE(TornWithValue(ForgedValue(6, own_salt)));
}

TEST_CASE("one bad read never costs what is stored") {
  TestStore store = SmallStore();
  store.Add({TestEntry(5, 3, "torn")});
  store.disk.Submit(std::get<WriteAndSync>(store.Flush().at(0).action));
  const TestStore whole = store;
  std::size_t refused = 0;
  for (std::uint64_t read = 1; read <= 25; ++read) {
    for (std::uint64_t byte = 0; byte < 4000; byte += 37) {
      MemoryDisk disk = whole.disk;
      disk.FlipInRead(read, byte);
      const auto first = Recover(disk, kTestRestart);
      if (first.ok()) CHECK(StateOf(first.value()) == whole.states.back());
      if (!first.ok()) ++refused;
      disk.FlipInRead(0, 0);
      const auto second = Recover(disk, kTestRestart);
      REQUIRE_MESSAGE(second.ok(), (second.ok() ? "" : second.error().text));
      CHECK(StateOf(second.value()) == whole.states.back());
    }
  }
  CHECK(refused > 20);
}

}  // namespace
}  // namespace drydock
