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

// --- From a backup ------------------------------------------------------------------------------

LoadedSnapshot Backup() {
  LoadedSnapshot backup;
  backup.stored.meta = {.index = Index(9),
                        .term = Term(3),
                        .configuration_index = Index(2),
                        .configuration = ThreeVoters(),
                        .bytes = 12,
                        .checksum = 7};
  backup.stored.meta.configuration.SetAddress(NodeId(1), "10.0.0.2:7000");
  backup.pieces = {Bytes("first "), Bytes("second")};
  return backup;
}

Status RestoreInto(MemoryDisk& into, NodeId node = NodeId(1)) {
  return Restore(Backup(), node, kNewStore, kTestRestart.segment_bytes, into);
}

void CheckRestored(const Recovered& recovered, NodeId node = NodeId(1)) {
  CHECK(recovered.store == kNewStore);
  CHECK(recovered.term == Term(4));
  CHECK(recovered.incarnation == Incarnation(2));
  REQUIRE(recovered.snapshot.has_value());
  const Index restored = Index(9) + kRestoreLeap;
  CHECK(recovered.snapshot->stored.meta.index == restored);
  std::string state;
  for (const Bytes& piece : recovered.snapshot->pieces) state += piece.view();
  CHECK(state == "first second");
  REQUIRE(recovered.log.last() == Next(restored));
  const auto alone = Configuration::Decode(recovered.log.At(recovered.log.last()).payload.view());
  REQUIRE(alone.has_value());
  CHECK(alone->incoming().voters() == std::vector{node});
  CHECK(alone->members().size() == 1);
  CHECK(alone->founded());
  CHECK(alone->StoreOf(node) == kNewStore);
  CHECK(alone->FindMember(node)->address.empty());
}

TEST_CASE("a restored store has the backup's state, and its node alone for a member") {
  MemoryDisk into;
  REQUIRE(RestoreInto(into).ok());
  CHECK(into.unsynced() == 0);
  const auto recovered = Recover(into, kTestRestart);
  REQUIRE(recovered.ok());
  CheckRestored(recovered.value());
}

TEST_CASE("a node that was no member of the old cluster can be restored") {
  MemoryDisk into;
  REQUIRE(RestoreInto(into, NodeId(7)).ok());
  StartOptions options = kTestRestart;
  options.node = NodeId(7);
  const auto recovered = Recover(into, options);
  REQUIRE(recovered.ok());
  CheckRestored(recovered.value(), NodeId(7));
}

TEST_CASE("restoring leaves a directory alone that holds a store") {
  TestStore store = Survivors();
  CHECK_FALSE(RestoreInto(store.disk).ok());
  CHECK(StateOf(Recover(store.disk, kTestRestart).value()) == store.states.back());
}

TEST_CASE("a crash anywhere within restoring leaves no store, or the whole of it") {
  bool through = false;
  for (std::uint64_t operations = 0; !through; ++operations) {
    MemoryDisk into;
    into.CutPowerAfter(operations);
    through = RestoreInto(into).ok();
    for (const bool keep : {false, true}) {
      MemoryDisk after = into;
      after.Crash([keep](std::size_t) { return keep; });
      const auto recovered = Recover(after, kTestRestart);
      if (recovered.ok()) CheckRestored(recovered.value());
      CHECK((recovered.ok() || !through));
    }
  }
}

}  // namespace
}  // namespace drydock
