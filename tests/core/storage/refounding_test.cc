// A store made the beginning of a cluster of its node alone, after the loss of a quorum.
#include "core/storage/refounding.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/storage/snapshot_writer.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

constexpr StoreId kNewStore(0xfeed);

Configuration ThreeVoters() {
  Configuration configuration(std::vector{NodeId(0), NodeId(1), NodeId(2)});
  configuration.Bind(NodeId(1), *kTestBootstrap.bootstrap);
  configuration.SetFounded();
  return configuration;
}

StoreEntry ConfigurationEntry(std::uint64_t index, std::uint64_t term,
                              const Configuration& configuration) {
  return {Index(index), {Term(term), EntryKind::kConfiguration, Bytes(configuration.Encode())}};
}

// Four entries, the first of them the configuration, written in term 7.
TestStore Survivors() {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(3), NodeId(2)}, ConfigurationEntry(1, 2, ThreeVoters()),
               TestEntry(2, 3, "a")});
  store.Write({TestEntry(3, 3, std::string(300 << 10, 'b')), TestEntry(4, 3, "c")});
  store.Write({StoreTermAndVote{Term(7), NodeId(0)}});
  return store;
}

// A snapshot up to entry 3, in two pieces.
void AddSnapshot(MemoryDisk& disk) {
  const SnapshotMeta meta{.index = Index(3),
                          .term = Term(3),
                          .configuration_index = Index(1),
                          .configuration = ThreeVoters()};
  SnapshotWriter writer(SnapshotPath(Index(3)), *kTestBootstrap.bootstrap, meta);
  REQUIRE(disk.Create(SnapshotPath(Index(3)), 0).ok());
  REQUIRE(disk.CarryOut({.action = writer.Append(Bytes("first "), false)}));
  REQUIRE(disk.CarryOut({.action = writer.Append(Bytes("second"), true)}));
  REQUIRE(disk.SyncDirectory(kSnapshotFolder).ok());
}

StoreContent ContentOf(MemoryDisk& disk) {
  auto content = ReadStore(disk, NodeId(1));
  REQUIRE_MESSAGE(content.ok(), (content.ok() ? "" : content.error().text));
  return std::move(content.value());
}

Status RefoundFrom(MemoryDisk& from, MemoryDisk& into) {
  return Refound(ContentOf(from), kNewStore, kTestRestart.segment_bytes, into);
}

// The last entry is a configuration of this node alone, in a term above all that it knew.
void CheckRefounded(const Recovered& recovered, std::uint64_t last) {
  CHECK(recovered.store == kNewStore);
  CHECK(recovered.term == Term(8));
  CHECK_FALSE(recovered.vote.has_value());
  REQUIRE(recovered.log.last() == Index(last));
  const Entry& entry = recovered.log.At(Index(last));
  CHECK(entry.term == Term(8));
  const auto alone = Configuration::Decode(entry.payload.view());
  REQUIRE(alone.has_value());
  CHECK(alone->incoming().voters() == std::vector{NodeId(1)});
  CHECK_FALSE(alone->IsJoint());
  CHECK(alone->founded());
  CHECK(alone->StoreOf(NodeId(1)) == kNewStore);
  CHECK(alone->members().size() == 1);
}

TEST_CASE("refounding keeps every entry and adds a configuration of the node alone") {
  TestStore store = Survivors();
  MemoryDisk into;
  REQUIRE(RefoundFrom(store.disk, into).ok());
  CHECK(into.unsynced() == 0);
  const auto recovered = Recover(into, kTestRestart);
  REQUIRE(recovered.ok());
  CheckRefounded(recovered.value(), 5);
  for (std::uint64_t index = 1; index <= 4; ++index) {
    CHECK(recovered.value().log.At(Index(index)) == store.states.back().entries[index - 1]);
  }
}

TEST_CASE("refounding keeps the snapshot and the log behind it") {
  TestStore store = Survivors();
  AddSnapshot(store.disk);
  MemoryDisk into;
  REQUIRE(RefoundFrom(store.disk, into).ok());
  const auto recovered = Recover(into, kTestRestart);
  REQUIRE(recovered.ok());
  CheckRefounded(recovered.value(), 5);
  REQUIRE(recovered.value().snapshot.has_value());
  const LoadedSnapshot& snapshot = *recovered.value().snapshot;
  CHECK(snapshot.stored.meta.index == Index(3));
  CHECK(snapshot.stored.meta.configuration == ThreeVoters());
  std::string state;
  for (const Bytes& piece : snapshot.pieces) state += piece.view();
  CHECK(state == "first second");
}

TEST_CASE("a log that was given up for a newer snapshot is not revived by refounding") {
  TestStore store;
  store.Start(kTestBootstrap);
  store.Write({StoreTermAndVote{Term(7), std::nullopt}, ConfigurationEntry(1, 2, ThreeVoters()),
               TestEntry(2, 2, "stale")});
  AddSnapshot(store.disk);
  MemoryDisk into;
  REQUIRE(RefoundFrom(store.disk, into).ok());
  const auto recovered = Recover(into, kTestRestart);
  REQUIRE(recovered.ok());
  CheckRefounded(recovered.value(), 4);
  CHECK(recovered.value().log.base() == Index(3));
  CHECK(recovered.value().log.TermAt(Index(3)) == Term(3));
}

TEST_CASE("what a survivor tells is its newest configuration and the end of its log") {
  TestStore store = Survivors();
  const Survivor survivor = SurvivorOf(ContentOf(store.disk));
  CHECK(survivor.last == Index(4));
  CHECK(survivor.last_term == Term(3));
  CHECK(survivor.term == Term(7));
  CHECK(survivor.snapshot == Index(0));
  CHECK(survivor.configuration == ThreeVoters());
  CHECK(survivor.configuration_index == Index(1));
}

TEST_CASE("refounding reads the old store and changes nothing in it") {
  TestStore store = Survivors();
  MemoryDisk into;
  store.disk.CutPowerAfter(0);
  CHECK(RefoundFrom(store.disk, into).ok());
}

TEST_CASE("a store that knows of no cluster is not refounded") {
  TestStore store;
  store.Start(kTestBootstrap);
  MemoryDisk into;
  const Status status = RefoundFrom(store.disk, into);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().text.starts_with("this store knows of no cluster"));
  CHECK(into.List(kWalFolder).value().empty());
}

TEST_CASE("refounding leaves a directory alone that holds a store or half of one") {
  TestStore store = Survivors();
  TestStore other = Survivors();
  CHECK_FALSE(RefoundFrom(store.disk, other.disk).ok());
  CHECK(StateOf(Recover(other.disk, kTestRestart).value()) == other.states.back());
}

TEST_CASE("a crash anywhere within refounding leaves no store, or the whole of it") {
  TestStore store = Survivors();
  AddSnapshot(store.disk);
  bool through = false;
  for (std::uint64_t operations = 0; !through; ++operations) {
    MemoryDisk into;
    into.CutPowerAfter(operations);
    through = RefoundFrom(store.disk, into).ok();
    for (const bool keep : {false, true}) {
      MemoryDisk after = into;
      after.Crash([keep](std::size_t) { return keep; });
      const auto recovered = Recover(after, kTestRestart);
      if (recovered.ok()) CheckRefounded(recovered.value(), 5);
      CHECK((recovered.ok() || !through));
    }
  }
}

}  // namespace
}  // namespace drydock
