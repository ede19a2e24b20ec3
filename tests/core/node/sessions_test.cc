// A write in a session takes effect once, whatever happens to the nodes in between (thesis, 6.3).
#include <doctest/doctest.h>

#include <string>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

Settings Eager() {
  Settings settings;
  settings.snapshot_every = 10;
  settings.snapshot_margin_bytes = 0;
  settings.max_sessions = 2;
  return settings;
}

// What the client is told; its call is seen by all nodes that are not cut off.
ClientAnswer Ask(
    HandCluster& cluster, std::uint32_t leader, ClientRequest request,
    const HandCluster::Filter& passes = [](const Message&) { return true; }) {
  const CallId call = cluster.Call(leader, std::move(request));
  for (int i = 0; i < 100 && !cluster.answers.contains(call); ++i) {
    cluster.Deliver(passes);
    if (!cluster.answers.contains(call)) cluster.Wake(leader);
  }
  return cluster.answers.at(call);
}

ClientRequest Cas(SessionId session, std::uint64_t sequence) {
  return {.session = session,
          .sequence = sequence,
          .op = CompareAndSetOp{Bytes("k"), std::nullopt, Bytes("v")}};
}
ClientRequest Put(std::string_view key) {
  return {.op = PutOp{Bytes(key), Bytes("x")}};
}
ClientRequest Delete(std::string_view key) {
  return {.op = DeleteOp{Bytes(key)}};
}

SessionId Open(HandCluster& cluster, std::uint32_t leader) {
  const ClientAnswer answer = Ask(cluster, leader, {.op = RegisterOp{}});
  REQUIRE(answer.outcome == Outcome::kOk);
  return answer.session;
}

// n2 misses so much that it gets a snapshot, and leads then.
void LeadFromSnapshot(HandCluster& cluster) {
  for (int i = 0; i < 30; ++i) {
    Ask(cluster, 0, Put("other"), Between(0, 1));
    cluster.Lose();
  }
  REQUIRE(cluster[0].raft().log().base() > cluster[2].raft().log().last());
  for (int i = 0; i < 200 && cluster[2].applied() != cluster[0].applied(); ++i) {
    cluster.Wake(0);
    cluster.Deliver();
  }
  REQUIRE(cluster[2].snapshot() != nullptr);
  cluster.Transfer(0, NodeId(2));
  cluster.Deliver();
  REQUIRE(cluster[2].raft().IsLeader());
}

void RestartAll(HandCluster& cluster) {
  cluster.Lose();
  for (std::uint32_t n = 0; n < 3; ++n) cluster.Crash(n);
  cluster.Elect(1);
}

}  // namespace

TEST_CASE("sessions: a retry gets the first answer from another leader, a snapshot, a restart") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  const SessionId session = Open(cluster, 0);
  REQUIRE(Ask(cluster, 0, Cas(session, 1)).outcome == Outcome::kOk);
  const ClientAnswer failed = Ask(cluster, 0, Cas(session, 2));
  REQUIRE(failed.outcome == Outcome::kCompareFailed);
  REQUIRE(Ask(cluster, 0, Delete("k")).found);  // a retry that is applied again would show
  std::uint32_t leader = 0;
  SUBCASE("another leader") {
    cluster.Transfer(0, NodeId(1));
    cluster.Deliver();
    leader = 1;
  }
  SUBCASE("a restart of all nodes") {
    RestartAll(cluster);
    leader = 1;
  }
  SUBCASE("a node that has the session from a snapshot") {
    LeadFromSnapshot(cluster);
    leader = 2;
  }
  CHECK(Ask(cluster, leader, Cas(session, 1)).outcome == Outcome::kOk);
  const ClientAnswer again = Ask(cluster, leader, Cas(session, 2));
  CHECK(again.outcome == Outcome::kCompareFailed);
  CHECK(again.value == failed.value);
  cluster.Wake(leader);
  cluster.Deliver();
  for (std::uint32_t n = 0; n < 3; ++n) CHECK_FALSE(cluster[n].kv().Get("k").has_value());
}

TEST_CASE("sessions: the retry of an expired one is refused by everybody, and not applied again") {
  HandCluster cluster(3, Eager());
  cluster.Elect(0);
  const SessionId session = Open(cluster, 0);
  REQUIRE(Ask(cluster, 0, Cas(session, 1)).outcome == Outcome::kOk);
  Ask(cluster, 0, Delete("k"));
  Open(cluster, 0);
  Open(cluster, 0);
  std::uint32_t leader = 0;
  SUBCASE("the leader that saw it expire") {}
  SUBCASE("another leader, set to keep more sessions") {
    Settings roomy = Eager();
    roomy.max_sessions = 100;
    cluster.SetSettings(roomy);
    RestartAll(cluster);
    leader = 1;
  }
  SUBCASE("after a restart of all nodes") {
    RestartAll(cluster);
    leader = 1;
  }
  SUBCASE("a node that never saw it, but for a snapshot") {
    LeadFromSnapshot(cluster);
    leader = 2;
  }
  CHECK(Ask(cluster, leader, Cas(session, 1)).outcome == Outcome::kSessionUnknown);
  CHECK(Ask(cluster, leader, Cas(session, 2)).outcome == Outcome::kSessionUnknown);
  cluster.Wake(leader);
  cluster.Deliver();
  for (std::uint32_t n = 0; n < 3; ++n) {
    CHECK_FALSE(cluster[n].kv().Get("k").has_value());
    CHECK(cluster[n].kv().session_count() == 2);
  }
}

TEST_CASE("sessions: busy is no answer that is kept, the retry of it is applied") {
  Settings settings;
  settings.max_append_bytes = 1000;
  settings.max_piece_bytes = 1000;
  settings.max_uncommitted_bytes = 1000;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  const SessionId session = Open(cluster, 0);
  cluster.Put(0, "other", std::string(900, 'x'));
  const CallId refused = cluster.Call(0, Cas(session, 1));
  CHECK(cluster.answers.at(refused).outcome == Outcome::kBusy);
  cluster.Deliver();
  CHECK(Ask(cluster, 0, Cas(session, 1)).outcome == Outcome::kOk);
  CHECK(cluster[0].kv().Get("k") == Bytes("v"));
}

}  // namespace drydock
