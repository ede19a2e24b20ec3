// Nothing leaves a node while a crash could still take it back.
#include <doctest/doctest.h>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

template <class Body>
std::size_t CountOf(const HandCluster& cluster, std::uint32_t from) {
  std::size_t count = 0;
  for (const Message& m : cluster.in_flight) {
    count += m.from == NodeId(from) && Is<Body>(m) ? 1 : 0;
  }
  return count;
}

TEST_CASE("a candidate asks for votes only when its own vote is durable") {
  HandCluster cluster(3);
  cluster.instant_disks = false;
  cluster.Wake(0);
  cluster.Deliver();  // pre-votes
  REQUIRE(cluster[0].raft().role() == Role::kCandidate);
  CHECK(CountOf<VoteRequest>(cluster, 0) == 0);
  cluster.FinishDisk(0);
  CHECK(CountOf<VoteRequest>(cluster, 0) == 2);
}

TEST_CASE("a vote leaves only when it is durable, and a crash before forgets it") {
  HandCluster cluster(3);
  cluster.instant_disks = false;
  cluster.Wake(0);
  cluster.Deliver();
  cluster.FinishDisk(0);
  cluster.Deliver(To(1));
  REQUIRE(cluster[1].raft().vote() == NodeId(0));
  CHECK(CountOf<VoteResponse>(cluster, 1) == 0);

  SUBCASE("synced: the vote goes out and survives") {
    while (cluster.FinishDisk(1)) {
    }
    CHECK(CountOf<VoteResponse>(cluster, 1) == 1);
    cluster.Crash(1);
    CHECK(cluster[1].raft().vote() == NodeId(0));
    CHECK(cluster[1].raft().term() == Term(1));
  }
  SUBCASE("not synced: nobody heard of it") {
    cluster.Crash(1);
    CHECK(cluster[1].raft().vote() == std::nullopt);
    CHECK(cluster[1].raft().term() == Term(0));
  }
}

TEST_CASE("a follower acknowledges entries only when they are durable") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.instant_disks = false;
  cluster.Put(0, "k", "v");
  cluster.Deliver(To(1));
  CHECK(cluster[1].raft().log().last() == cluster[0].raft().log().last());
  CHECK(CountOf<AppendResponse>(cluster, 1) == 0);
  cluster.FinishDisk(1);
  CHECK(CountOf<AppendResponse>(cluster, 1) == 1);
}

TEST_CASE("a leader sends entries while it writes them, and counts itself when they are durable") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.instant_disks = false;
  const CallId call = cluster.Put(0, "k", "v");
  CHECK(CountOf<AppendRequest>(cluster, 0) == 2);
  const Index before = cluster[0].raft().commit();
  cluster.Deliver(Between(0, 1));
  cluster.FinishDisk(1);
  cluster.Deliver(Between(0, 1));
  CHECK(cluster[0].raft().commit() == before);  // one durable copy of three
  CHECK(!cluster.answers.contains(call));
  cluster.FinishDisk(0);
  CHECK(cluster[0].raft().commit() == Next(before));
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
}

TEST_CASE("two followers commit without the leader's own disk") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.instant_disks = false;
  const CallId call = cluster.Put(0, "k", "v");
  cluster.Deliver();
  cluster.FinishDisk(1);
  cluster.FinishDisk(2);
  cluster.Deliver();
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
}

TEST_CASE("a single node answers a write only when it is durable") {
  HandCluster cluster(1);
  cluster.Elect(0);
  cluster.instant_disks = false;
  const CallId call = cluster.Put(0, "k", "v");
  CHECK(!cluster.answers.contains(call));
  cluster.FinishDisk(0);
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
}

TEST_CASE("a failed write stops the node, and what waited for it never leaves") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.instant_disks = false;
  cluster.Put(0, "k", "v");
  cluster.Deliver(To(1));
  cluster.FinishDisk(1, "input/output error");
  CHECK(cluster[1].halted());
  CHECK(cluster[1].NextDeadline() == TimePoint::Max());
  CHECK(CountOf<AppendResponse>(cluster, 1) == 0);
  cluster.Put(0, "k", "w");
  cluster.Deliver(To(1));
  CHECK(CountOf<AppendResponse>(cluster, 1) == 0);
}

TEST_CASE("an entry that replaces another at the same index is not durable by the old write") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Index agreed = cluster[1].raft().log().last();
  const Term agreed_term = cluster[1].raft().log().last_term();
  cluster.instant_disks = false;
  cluster.Put(0, "k", "old");
  cluster.Deliver(To(1));
  REQUIRE(cluster[1].raft().log().last() == Next(agreed));  // its write is under way
  const Term later = Next(cluster[1].raft().term());
  cluster.Hand({NodeId(2), NodeId(1), StoreId(3), later,
                AppendRequest{.sequence = 1,
                              .probe = true,
                              .previous_index = agreed,
                              .previous_term = agreed_term,
                              .entries = {Entry{later, EntryKind::kNoop, Bytes()}}}});
  REQUIRE(cluster[1].raft().log().TermAt(Next(agreed)) == later);
  cluster.FinishDisk(1);  // the old write
  CHECK(cluster[1].raft().durable_index() == agreed);
  cluster.FinishDisk(1);  // truncation and new entry
  CHECK(cluster[1].raft().durable_index() == Next(agreed));
}

}  // namespace
}  // namespace drydock
