// A crash anywhere while a snapshot is taken or installed, with any loss of what was not synced,
// leaves a node that starts, has all that was acknowledged, and ends with the others' state.
#include <doctest/doctest.h>

#include <string>

#include "core/base/random.h"
#include "core/kv/state_codec.h"
#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

// The log goes as far as it can: nothing stays for those behind.
Settings Eager() {
  Settings settings;
  settings.snapshot_margin_bytes = 0;
  settings.snapshot_chunk_bytes = 600;
  return settings;
}

void PutSome(HandCluster& cluster, std::uint32_t node, int count, const std::string& value) {
  for (int i = 0; i < count; ++i) {
    const CallId call = cluster.Put(node, "key " + std::to_string(i), value);
    cluster.Deliver([](const Message& m) { return m.to != NodeId(2) && m.from != NodeId(2); });
    REQUIRE(cluster.answers.at(call).outcome == Outcome::kOk);
  }
}

void TakeSnapshotOn(HandCluster& cluster, std::uint32_t node) {
  cluster.Step(node, TakeSnapshot{CallId(1'000'000)});
}

void CheckHolds(const Node& node, int count, const std::string& value) {
  for (int i = 0; i < count; ++i) {
    const std::optional<Bytes> found = node.kv().Get("key " + std::to_string(i));
    REQUIRE(found.has_value());
    CHECK(found->view() == value);
  }
}

// Everything happens but on the disk of this node.
void SettleOthers(HandCluster& cluster, std::uint32_t node) {
  for (bool any = true; any;) {
    cluster.Deliver();
    any = false;
    for (std::uint32_t other = 0; other < cluster.size(); ++other) {
      while (other != node && cluster.FinishDisk(other)) any = true;
    }
  }
}

// Time passes until the last node has all that the leader has.
void CatchUp(HandCluster& cluster, std::uint32_t leader) {
  for (int i = 0; i < 400 && cluster[2].applied() != cluster[leader].applied(); ++i) {
    cluster.Wake(leader);
    cluster.Deliver();
  }
  REQUIRE(cluster[2].applied() == cluster[leader].applied());
}

// Delivers until the last node has acknowledged so much of a snapshot, and loses what follows.
std::uint64_t ReceivePart(HandCluster& cluster, std::uint32_t leader, std::uint64_t at_least) {
  std::uint64_t received = 0;
  for (int i = 0; i < 400 && received == 0; ++i) {
    cluster.Wake(leader);
    cluster.Deliver([&](const Message& m) {
      if (received > 0) return false;
      const auto* answer = std::get_if<SnapshotChunkResponse>(&m.body);
      if (answer != nullptr && answer->received >= at_least) received = answer->received;
      return true;
    });
  }
  REQUIRE(received >= at_least);
  cluster.Lose();
  return received;
}

// Branches off a crash after each operation of the node's disk, cut at each of its steps, with
// nothing, all and two drawn halves of the unsynced effects kept. Gives the number of operations.
template <class Check>
std::size_t EachCrash(const HandCluster& start, std::uint32_t node, Check check) {
  std::size_t operations = 0;
  HandCluster cluster = start;
  cluster.instant_disks = false;
  for (;; ++operations) {
    SettleOthers(cluster, node);
    for (std::uint64_t cut = 0; cut <= 3; ++cut) {
      for (std::uint64_t kept = 0; kept < 4; ++kept) {
        HandCluster crashed = cluster;
        crashed.CutPower(node, cut, [kept](std::size_t i) {
          return kept == 1 || (kept > 1 && (Mix(kept, i) & 1) != 0);
        });
        check(crashed);
      }
    }
    if (!cluster.FinishDisk(node)) return operations;
  }
}

TEST_CASE("a crash anywhere while a snapshot is taken loses nothing and leaves no half of one") {
  HandCluster cluster(1, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'a'));
  TakeSnapshotOn(cluster, 0);
  REQUIRE(cluster[0].snapshot() != nullptr);
  const Index first = cluster[0].snapshot()->meta.index;
  PutSome(cluster, 0, 40, std::string(100, 'b'));

  cluster.instant_disks = false;
  TakeSnapshotOn(cluster, 0);
  std::size_t with_new = 0;
  const std::size_t operations = EachCrash(cluster, 0, [&](HandCluster& crashed) {
    REQUIRE(crashed[0].snapshot() != nullptr);
    with_new += crashed[0].snapshot()->meta.index > first ? 1 : 0;
    crashed.instant_disks = true;
    crashed.Elect(0);
    CheckHolds(crashed[0], 40, std::string(100, 'b'));
    TakeSnapshotOn(crashed, 0);  // what a crash left behind is in nobody's way
    CHECK(crashed[0].snapshot()->meta.index == crashed[0].applied());
  });
  CHECK(operations > 8);
  CHECK(with_new > 0);
}

TEST_CASE("a crash anywhere while a snapshot is installed ends with the leader's state") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 5, "old");
  cluster.Deliver();
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  cluster.Lose();
  REQUIRE(cluster[0].raft().log().base() > cluster[2].raft().log().last());

  cluster.Wake(0);
  std::size_t with_snapshot = 0;
  const std::size_t operations = EachCrash(cluster, 2, [&](HandCluster& crashed) {
    with_snapshot += crashed[2].snapshot() != nullptr ? 1 : 0;
    CHECK(crashed[2].raft().log().last() >= crashed[2].raft().log().base());
    crashed.instant_disks = true;
    CatchUp(crashed, 0);
    CheckHolds(crashed[2], 40, std::string(100, 'n'));
  });
  CHECK(operations > 8);
  CHECK(with_snapshot > 0);
}

// The log and snapshots are written side by side: the snapshot may be there before the log says
// that there is such a term.
TEST_CASE("a node starts from a snapshot of a term that its log had no time to learn of") {
  HandCluster cluster(3, 2, Eager());  // the last one, new and to be added, is in term 0
  cluster.Elect(0);
  cluster.Change(0, {.add = {NodeId(2)}});
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  cluster.Lose();
  const SnapshotMeta meta = cluster[0].snapshot()->meta;

  cluster.instant_disks = false;
  cluster.Hand({NodeId(0), NodeId(2), cluster[0].raft().store(), cluster[0].raft().term(),
                SnapshotChunk{meta, 0, StateEncoder(cluster[0].kv()).Next(meta.bytes)},
                cluster[2].raft().store()});
  while (cluster.FinishLane(2, Lane::kBulk)) {
  }
  cluster.Crash(2);
  CHECK(cluster[2].raft().term() == meta.term);
  CHECK(cluster[2].raft().log().base() == meta.index);

  cluster.instant_disks = true;
  cluster.Wake(2);
  cluster.Lose();
  cluster.Crash(2);
  CHECK(cluster[2].raft().term() >= meta.term);
  CatchUp(cluster, 0);
  CheckHolds(cluster[2], 40, std::string(100, 'n'));
}

// The lowest offset of what is sent until the last node has caught up.
std::uint64_t LowestSent(HandCluster& cluster, std::uint32_t leader) {
  std::uint64_t lowest = ~std::uint64_t{0};
  for (int i = 0; i < 400 && cluster[2].applied() != cluster[leader].applied(); ++i) {
    cluster.Wake(leader);
    cluster.Deliver([&](const Message& m) {
      const auto* chunk = std::get_if<SnapshotChunk>(&m.body);
      if (chunk != nullptr && !chunk->bytes.empty()) lowest = std::min(lowest, chunk->offset);
      return true;
    });
  }
  CheckHolds(cluster[2], 40, std::string(100, 'n'));
  return lowest;
}

TEST_CASE("a snapshot's transfer goes on where it was after a restart of the follower") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  cluster.Lose();
  const std::uint64_t received = ReceivePart(cluster, 0, 1200);
  cluster.Crash(2);
  // The last piece that is found is not believed: its sync may have failed.
  CHECK(LowestSent(cluster, 0) == received - 600);
}

TEST_CASE("a new leader goes on with the snapshot that the old one began to send") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  cluster.Wake(0);
  cluster.Deliver(Between(0, 1));
  REQUIRE(cluster[0].applied() == cluster[1].applied());
  TakeSnapshotOn(cluster, 0);
  TakeSnapshotOn(cluster, 1);
  REQUIRE(cluster[0].snapshot()->meta == cluster[1].snapshot()->meta);
  cluster.Lose();
  const std::uint64_t received = ReceivePart(cluster, 0, 1200);
  cluster.Crash(0);
  while (!cluster[1].raft().IsLeader()) {
    cluster.Wake(1);
    cluster.Deliver([](const Message& m) { return Between(1, 2)(m) && !Is<SnapshotChunk>(m); });
  }
  CHECK(LowestSent(cluster, 1) == received);
}

TEST_CASE("a follower keeps what is newer than a snapshot that arrives late") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  const Message late{
      NodeId(0), NodeId(1), cluster[0].raft().store(), cluster[0].raft().term(),
      SnapshotChunk{.meta = cluster[0].snapshot()->meta, .offset = 0, .bytes = Bytes("x")}};
  PutSome(cluster, 0, 10, "newer");
  const Index applied = cluster[1].applied();
  cluster.Hand(late);
  CHECK(cluster[1].applied() == applied);
  CheckHolds(cluster[1], 10, "newer");
  REQUIRE(!cluster.in_flight.empty());
  const auto* answer = std::get_if<SnapshotChunkResponse>(&cluster.in_flight.back().body);
  REQUIRE(answer != nullptr);
  CHECK(answer->installed);
}

TEST_CASE("a chunk that is not what its snapshot says is refused, and what came of it given up") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  cluster.Lose();
  const auto offer = [&](std::uint64_t offset, const std::string& bytes) {
    cluster.Hand({NodeId(0), NodeId(2), cluster[0].raft().store(), cluster[0].raft().term(),
                  SnapshotChunk{cluster[0].snapshot()->meta, offset, Bytes(bytes)}});
  };
  offer(0, std::string(600, '\xff'));
  const auto* refused = std::get_if<trace::Refused>(&cluster.trace.back());
  REQUIRE(refused != nullptr);
  CHECK(refused->reason == RefusalReason::kMalformed);
  offer(cluster[0].snapshot()->meta.bytes, std::string(1, 'x'));
  CHECK(std::holds_alternative<trace::Refused>(cluster.trace.back()));
  CatchUp(cluster, 0);
  CheckHolds(cluster[2], 40, std::string(100, 'n'));
}

TEST_CASE("a bit that flips on disk under a snapshot stops the leader, and is never sent") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  PutSome(cluster, 0, 40, std::string(100, 'n'));
  TakeSnapshotOn(cluster, 0);
  cluster.Lose();
  const StoredSnapshot& stored = *cluster[0].snapshot();
  const std::string path = SnapshotPath(stored.meta.index);
  cluster.disk(0).FlipBit(path, stored.frames.at(1).file_offset * 8);
  for (int i = 0; i < 400 && !cluster[0].halted(); ++i) {
    cluster.Wake(0);
    cluster.Deliver();
  }
  REQUIRE(cluster[0].halted());
  CHECK(cluster[2].raft().log().base() == Index(0));
}

}  // namespace
}  // namespace drydock
