#include "core/storage/wal_writer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/storage/wal_format.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

const StoreTermAndVote kTerm1{Term(1), NodeId(2)};

TestStore Founded() {
  TestStore store;
  store.Start(kTestBootstrap);
  return store;
}

TEST_CASE("batch k+1 is not emitted before batch k is done, and gathers meanwhile") {
  TestStore store = Founded();
  WalWriter& writer = *store.writer;
  CHECK(store.Flush().empty());
  CHECK(writer.Add(kTerm1) == Lsn(1));
  CHECK(writer.Add(TestEntry(1, 1, "a")) == Lsn(2));
  const auto first = store.Flush();
  REQUIRE(first.size() == 1);
  CHECK(first[0].lane == Lane::kWal);
  CHECK(first[0].ticket == Ticket(1));
  CHECK(writer.busy());
  CHECK(writer.Add(TestEntry(2, 1, "b")) == Lsn(3));
  CHECK(writer.Add(TestEntry(3, 1, "c")) == Lsn(4));
  CHECK(store.Flush().empty());
  CHECK(writer.durable() == Lsn(0));
  CHECK(writer.Done(Ticket(1)) == Lsn(2));
  CHECK(writer.durable() == Lsn(2));
  CHECK(writer.last() == Lsn(4));
  const auto second = store.Flush();
  REQUIRE(second.size() == 1);
  CHECK(std::get<WriteAndSync>(second[0].action).offset == 2 * kSectorBytes);
  CHECK(writer.Done(Ticket(2)) == Lsn(4));
  CHECK_FALSE(writer.busy());
  CHECK(store.Flush().empty());
}

TEST_CASE("only the ticket under way can be done") {
  TestStore store = Founded();
  CHECK_THROWS_AS(store.writer->Done(Ticket(1)), CheckFailed);
  store.writer->Add(kTerm1);
  store.Flush();
  CHECK_THROWS_AS(store.writer->Done(Ticket(2)), CheckFailed);
}

TEST_CASE("copies of the writer go on independently") {
  TestStore store = Founded();
  store.writer->Add(kTerm1);
  const auto under_way = store.Flush();
  store.writer->Add(TestEntry(1, 1, "both"));
  TestStore copy = store;
  store.writer->Add(TestEntry(2, 1, "left"));
  copy.writer->Add(TestEntry(2, 1, "right"));
  copy.writer->Add(TestEntry(3, 1, "right"));
  for (TestStore* side : {&store, &copy}) {
    REQUIRE(side->disk.CarryOut(under_way[0]));
    CHECK(side->writer->Done(under_way[0].ticket) == Lsn(1));
    side->Finish();
  }
  CHECK(store.writer->durable() == Lsn(3));
  CHECK(copy.writer->durable() == Lsn(4));
  const auto left = Recover(store.disk, kTestRestart);
  const auto right = Recover(copy.disk, kTestRestart);
  CHECK(left.value().log.At(Index(2)).payload.view() == "left");
  CHECK(right.value().log.last() == Index(3));
}

TEST_CASE("a large payload is written from where it is, a small one is copied") {
  TestStore store = Founded();
  store.writer->Add(kTerm1);
  const StoreEntry large = TestEntry(1, 1, std::string(5000, 'x'));
  store.writer->Add(large);
  store.writer->Add(TestEntry(2, 1, std::string(100, 'y')));
  const auto ops = store.Flush();
  const auto& pieces = std::get<WriteAndSync>(ops.at(0).action).pieces;
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].view().data() == large.entry.payload.view().data());
}

TEST_CASE("a batch holds about 1 MiB and the rest waits") {
  TestStore store;
  StartOptions options = kTestBootstrap;
  options.segment_bytes = 64 << 20;
  store.Start(options);
  store.writer->Add(kTerm1);
  for (std::uint64_t i = 1; i <= 12; ++i)
    store.writer->Add(TestEntry(i, 1, std::string(256 << 10, 'x')));
  std::vector<std::uint64_t> durable;
  for (auto ops = store.Flush(); !ops.empty(); ops = store.Flush()) {
    std::size_t bytes = 0;
    for (const Bytes& piece : std::get<WriteAndSync>(ops.at(0).action).pieces)
      bytes += piece.size();
    CHECK(bytes <= (1 << 20) + 4096);
    REQUIRE(store.disk.CarryOut(ops[0]));
    durable.push_back(store.writer->Done(ops[0].ticket).value().value());
  }
  CHECK(durable == std::vector<std::uint64_t>{4, 7, 10, 13});
}

TEST_CASE("a full segment is followed by a new one: created, then its header, then the batch") {
  TestStore store = Founded();
  store.Write({kTerm1});
  std::uint64_t index = 0;
  std::vector<DiskOp> ops;
  while (true) {
    store.Add({TestEntry(++index, 1, std::string(100000, 'x'))});
    ops = store.Flush();
    if (std::holds_alternative<CreateDurably>(ops.at(0).action)) break;
    REQUIRE(store.disk.CarryOut(ops[0]));
    store.writer->Done(ops[0].ticket);
  }
  CHECK(std::get<CreateDurably>(ops[0].action).path == SegmentPath(2));
  CHECK(std::get<CreateDurably>(ops[0].action).size == 1 << 20);
  const Lsn durable = store.writer->durable();
  // What comes now must not make the batch outgrow its segment.
  for (int i = 0; i < 20; ++i) store.Add({TestEntry(++index, 1, std::string(100000, 'y'))});
  REQUIRE(store.disk.CarryOut(ops[0]));
  CHECK_FALSE(store.writer->Done(ops[0].ticket).has_value());
  const auto header = store.Flush();
  CHECK(std::get<WriteAndSync>(header.at(0).action).offset == 0);
  REQUIRE(store.disk.CarryOut(header[0]));
  CHECK_FALSE(store.writer->Done(header[0].ticket).has_value());
  const auto batch = store.Flush();
  CHECK(std::get<WriteAndSync>(batch.at(0).action).offset == kSectorBytes);
  REQUIRE(store.disk.CarryOut(batch[0]));
  CHECK(store.writer->Done(batch[0].ticket) == Next(durable));
  store.Finish();
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE_MESSAGE(recovered.ok(), (recovered.ok() ? "" : recovered.error().text));
  CHECK(StateOf(recovered.value()) == store.states.back());
  CHECK(recovered.value().position.segment >= 4);
}

TEST_CASE("each segment begins with the term and vote that hold there") {
  TestStore store = Founded();
  store.Write({StoreTermAndVote{Term(7), NodeId(3)}});
  for (std::uint64_t i = 1; i <= 12; ++i) store.Write({TestEntry(i, 7, std::string(200000, 'x'))});
  REQUIRE(store.disk.Exists(SegmentPath(3)));
  for (const std::uint64_t segment : {1u, 2u, 3u}) {
    const std::string bytes = store.disk.Read(SegmentPath(segment), kSectorBytes, 4096).value();
    std::string_view records = std::string_view(bytes).substr(kBatchHeaderBytes);
    const std::optional<Mutation> first = TakeRecord(records);
    REQUIRE(first.has_value());
    const auto* state = std::get_if<StoreTermAndVote>(&*first);
    REQUIRE(state != nullptr);
    CHECK(state->term == Term(segment == 1 ? 0 : 7));
    CHECK(state->vote == (segment == 1 ? std::nullopt : std::optional(NodeId(3))));
  }
}

TEST_CASE("a payload larger than a segment gets a segment of its own size") {
  TestStore store = Founded();
  const std::string huge(3 << 20, 'z');
  store.Write({kTerm1, TestEntry(1, 1, "small")});
  store.Write({TestEntry(2, 1, huge)});
  store.Write({TestEntry(3, 1, "small again")});
  const auto recovered = Recover(store.disk, kTestRestart);
  REQUIRE(recovered.ok());
  CHECK(StateOf(recovered.value()) == store.states.back());
  CHECK(recovered.value().log.At(Index(2)).payload.view() == huge);
}

TEST_CASE("what Recover would refuse is never written") {
  TestStore store = Founded();
  WalWriter& writer = *store.writer;
  CHECK_THROWS_AS(writer.Add(TestEntry(1, 1, "of a term that is not stored")), CheckFailed);
  writer.Add(StoreTermAndVote{Term(2), std::nullopt});
  writer.Add(StoreTermAndVote{Term(2), NodeId(1)});
  CHECK_THROWS_AS(writer.Add(StoreTermAndVote{Term(2), NodeId(2)}), CheckFailed);
  CHECK_THROWS_AS(writer.Add(StoreTermAndVote{Term(2), std::nullopt}), CheckFailed);
  CHECK_THROWS_AS(writer.Add(StoreTermAndVote{Term(1), std::nullopt}), CheckFailed);
  CHECK_THROWS_AS(writer.Add(TestEntry(2, 1, "gap")), CheckFailed);
  writer.Add(TestEntry(1, 1, "a"));
  CHECK_THROWS_AS(writer.Add(TestEntry(1, 2, "overwrites")), CheckFailed);
  CHECK_THROWS_AS(writer.Add(StoreTruncation{Index(2), Term(1)}), CheckFailed);
  CHECK_THROWS_AS(WalWriter(Recovered{}, 1000), CheckFailed);
}

std::uint64_t Digest(const WalWriter& writer) {
  Hasher hasher;
  writer.AddTo(hasher, {});
  return hasher.Finish();
}

TEST_CASE("the hash sees what is not durable, and is blind to how much was before") {
  TestStore young = Founded();
  young.Write({kTerm1, TestEntry(1, 1, "a")});
  TestStore old = young;
  for (int i = 0; i < 5; ++i) old.Write({TestEntry(2, 1, "b"), StoreTruncation{Index(1), Term(1)}});
  CHECK(Digest(*young.writer) == Digest(*old.writer));
  for (TestStore* store : {&young, &old}) store->Add({TestEntry(2, 1, "c")});
  CHECK(Digest(*young.writer) == Digest(*old.writer));
  TestStore other = young;
  other.Add({TestEntry(3, 1, "d")});
  CHECK(Digest(*young.writer) != Digest(*other.writer));
  const std::uint64_t gathered = Digest(*young.writer);
  const auto ops = young.Flush();
  old.Flush();
  CHECK(Digest(*young.writer) != gathered);
  CHECK(Digest(*young.writer) == Digest(*old.writer));
}

}  // namespace
}  // namespace drydock
