// The number of a store's data format: read before all else, raised before anything newer is
// written.
#include "core/storage/data_format.h"

#include <doctest/doctest.h>

#include <string>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

void WriteFile(MemoryDisk& disk, const std::string& bytes) {
  REQUIRE(disk.Create(kDataFormatPath, bytes.size()).ok());
  REQUIRE(disk.Write(kDataFormatPath, 0, bytes).ok());
  REQUIRE(disk.Sync(kDataFormatPath).ok());
  REQUIRE(disk.SyncDirectory("").ok());
}

std::string ReadFile(MemoryDisk& disk) {
  return disk.Read(kDataFormatPath, 0, disk.Size(kDataFormatPath).value()).value();
}

TestStore SomeStore() {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(1), NodeId(1)}, TestEntry(1, 1, "a")});
  return store;
}

TEST_CASE("data format: a store without a number is of the first one") {
  MemoryDisk disk;
  CHECK(ReadDataFormat(disk).value() == 1);
  TestStore store = SomeStore();
  CHECK(ReadDataFormat(store.disk).value() == 1);
}

TEST_CASE("data format: a store of this program's own is not said to be raised") {
  TestStore store = SomeStore();
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE(recovered.ok());
  CHECK_FALSE(recovered.value().raised_from.has_value());
}

TEST_CASE("data format: a newer store is refused with both numbers, and nothing is written") {
  TestStore store = SomeStore();
  REQUIRE(RaiseDataFormat(store.disk, 1, DataFormat() + 1).ok());
  store.disk.CutPowerAfter(0);
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE_FALSE(recovered.ok());
  CHECK(
      recovered.error().text.starts_with("format: the store is of data format 2, and this "
                                         "program reads formats up to 1"));
}

TEST_CASE("data format: a damaged number is refused, whatever it says") {
  TestStore store = SomeStore();
  REQUIRE(RaiseDataFormat(store.disk, 0, 1).ok());
  const std::string sound = ReadFile(store.disk);
  REQUIRE(ReadDataFormat(store.disk).ok());
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    std::string flipped = sound;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    WriteFile(store.disk, flipped);
    CHECK_FALSE(Recover(store.disk, kTestRestart).ok());
  }
  for (std::size_t size = 0; size < sound.size(); ++size) {
    WriteFile(store.disk, sound.substr(0, size));
    CHECK_FALSE(Recover(store.disk, kTestRestart).ok());
  }
  WriteFile(store.disk, sound + "x");
  CHECK_FALSE(Recover(store.disk, kTestRestart).ok());
}

TEST_CASE("data format: a crash anywhere while it is raised leaves the old number or the new one") {
  bool through = false;
  for (std::uint64_t operations = 0; !through; ++operations) {
    TestStore store = SomeStore();
    store.disk.CutPowerAfter(operations);
    through = RaiseDataFormat(store.disk, 1, 2).ok();
    for (const bool keep : {false, true}) {
      MemoryDisk after = store.disk;
      after.Crash([keep](std::size_t) { return keep; });
      const auto format = ReadDataFormat(after);
      if (!format.ok()) CHECK(format.error().text.find("of data format 2") != std::string::npos);
      CHECK((!format.ok() || (format.value() == 1 && !through)));
    }
  }
}

TEST_CASE("data format: it is never lowered") {
  MemoryDisk disk;
  REQUIRE(RaiseDataFormat(disk, 2, 1).ok());
  CHECK(disk.List("").value().empty());
}

}  // namespace
}  // namespace drydock
