// The rules of Raft, each shown on nodes stepped by hand. Section numbers are those of the paper.
#include <doctest/doctest.h>

#include "core/base/check.h"
#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

// --- Elections ----------------------------------------------------------------------------------

TEST_CASE("5.2: a node votes for at most one candidate in a term, and again for the same one") {
  HandCluster cluster(3);
  const auto ask = [&](std::uint32_t from) {
    cluster.Hand({NodeId(from), NodeId(2), StoreId(from + 1), Term(5), VoteRequest{}});
  };
  const auto granted = [&] {
    REQUIRE(!cluster.in_flight.empty());
    const bool yes = std::get<VoteResponse>(cluster.in_flight.back().body).granted;
    cluster.Lose();
    return yes;
  };
  ask(0);
  CHECK(granted());
  ask(1);
  CHECK(!granted());
  ask(0);
  CHECK(granted());
}

TEST_CASE("5.4.1: a candidate whose log lacks entries gets no vote") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "k", "v");
  cluster.Deliver(Between(0, 1));  // n2 does not hear of it
  cluster.Lose();
  cluster.Advance(Duration::Seconds(2));
  cluster.Step(1, Wake{});
  cluster.Lose();
  cluster.Wake(2);
  cluster.Deliver(Between(1, 2));
  CHECK(cluster[2].raft().role() == Role::kPreCandidate);
  CHECK(cluster.RefusalsFor(RefusalReason::kLogBehind) > 0);
}

TEST_CASE("thesis 9.6: a node that was cut off does not raise anybody's term") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Term term = cluster[0].raft().term();
  for (int i = 0; i < 50; ++i) {  // n2 alone
    cluster.Wake(2);
    cluster.Lose(Between(0, 2));
    cluster.Lose(Between(1, 2));
    cluster.Deliver();
  }
  CHECK(cluster[2].raft().term() == term);
}

TEST_CASE("thesis 4.2.3: nobody is voted for while the leader is heard") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Term term = cluster[1].raft().term();
  cluster.Hand({NodeId(2), NodeId(1), StoreId(3), Next(term), VoteRequest{Index(100), Next(term)}});
  CHECK(cluster[1].raft().term() == term);
  CHECK(cluster.RefusalsFor(RefusalReason::kLeaderIsAlive) == 1);
}

TEST_CASE("thesis 6.2: a leader that no quorum answers steps down") {
  HandCluster cluster(3);
  cluster.Elect(0);
  while (cluster[0].raft().IsLeader() && cluster.now() < TimePoint() + Duration::Seconds(5)) {
    cluster.Wake(0);
    cluster.Lose();
  }
  CHECK(cluster[0].raft().role() == Role::kFollower);
}

TEST_CASE("two leaders in one term are a bug that stops the node, not something to live with") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Message impostor{NodeId(1), NodeId(0), StoreId(2), cluster[0].raft().term(), Heartbeat{}};
  CHECK_THROWS_AS(cluster.Hand(impostor), CheckFailed);
}

// --- Replication --------------------------------------------------------------------------------

TEST_CASE("5.4.2: entries of earlier terms are not committed by counting copies") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Lose();
  cluster.Put(0, "k", "v");  // only on n0
  cluster.Lose();
  const Index index = cluster[0].raft().log().last();
  const Index committed = cluster[0].raft().commit();
  cluster.Crash(0, true);
  // n0 leads again; its no-op of the new term is kept from n1, the old entry is not.
  cluster.Advance(Duration::Seconds(2));
  while (!cluster[0].raft().IsLeader()) {
    cluster.Wake(0);
    cluster.Deliver([](const Message& m) { return !Is<AppendRequest>(m); });
  }
  REQUIRE(!cluster.in_flight.empty());
  for (Message& m : cluster.in_flight) {
    auto* append = std::get_if<AppendRequest>(&m.body);
    if (append != nullptr) {
      append->previous_index = Previous(index);
      append->previous_term = cluster[1].raft().log().last_term();
      append->entries = {cluster[0].raft().log().At(index)};
    }
  }
  cluster.Deliver(To(1));
  cluster.Deliver(To(0));
  CHECK(cluster[1].raft().log().last() == index);
  CHECK(cluster[0].raft().commit() <= committed);
}

TEST_CASE("5.3: a follower commits no further than what an append has matched") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Term term = cluster[0].raft().term();
  const Index last = cluster[1].raft().log().last();
  // n1 has a tail that its leader never sent in this term.
  HandCluster other(3);
  const std::vector<Entry> tail(3, Entry{Term(1), EntryKind::kNoop, Bytes()});
  other.Hand({NodeId(0), NodeId(1), StoreId(1), Term(1),
              AppendRequest{.sequence = 1, .probe = true, .entries = tail}});
  REQUIRE(other[1].raft().log().last() == Index(3));
  other.Hand({NodeId(2), NodeId(1), StoreId(3), Term(2),
              AppendRequest{.sequence = 1,
                            .probe = true,
                            .previous_index = Index(1),
                            .previous_term = Term(1),
                            .commit = Index(3),
                            .entries = {}}});
  CHECK(other[1].raft().commit() == Index(1));
  other.Hand(
      {NodeId(2), NodeId(1), StoreId(3), Term(2), Heartbeat{.commit = Index(3), .round = 1}});
  CHECK(other[1].raft().commit() == Index(1));
  CHECK(cluster[1].raft().commit() == last);
  CHECK(term == Term(1));
}

TEST_CASE("an append that overtakes its predecessor is held, not refused") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "a", "1");
  cluster.Put(0, "b", "2");
  std::vector<Message> appends;
  for (const Message& m : cluster.in_flight) {
    if (m.to == NodeId(1) && Is<AppendRequest>(m)) appends.push_back(m);
  }
  REQUIRE(appends.size() == 2);
  cluster.Lose(To(1));
  const Index before = cluster[1].raft().log().last();
  cluster.Hand(appends[1]);
  CHECK(cluster[1].raft().log().last() == before);
  cluster.Hand(appends[0]);
  CHECK(cluster[1].raft().log().last() == before + 2);
  cluster.Deliver();
  CHECK(cluster[1].kv().Get("b") == Bytes("2"));
}

TEST_CASE("a lost append is sent again after the next heartbeat") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const CallId call = cluster.Put(0, "k", "v");
  cluster.Lose();
  CHECK(!cluster.answers.contains(call));
  for (int i = 0; i < 3; ++i) {
    cluster.Wake(0);
    cluster.Deliver();
  }
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
}

TEST_CASE("an acknowledgement from before a follower's restart counts for nothing") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "k", "v");
  cluster.Lose(To(2));
  cluster.Deliver(To(1));
  std::vector<Message> old_acks = cluster.in_flight;
  cluster.Lose();
  cluster.Crash(1);
  cluster.Wake(0);  // a heartbeat makes the new incarnation known
  cluster.Lose(To(2));
  cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m) || Is<HeartbeatResponse>(m); });
  cluster.Lose();
  const Index commit = cluster[0].raft().commit();
  for (const Message& ack : old_acks) cluster.Hand(ack);
  CHECK(cluster[0].raft().commit() == commit);
}

// --- Reads --------------------------------------------------------------------------------------

TEST_CASE("thesis 6.4: a read waits until a quorum has confirmed the leader after it came") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "k", "v");
  cluster.Deliver();
  const CallId read = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  CHECK(!cluster.answers.contains(read));
  cluster.Deliver(Between(0, 1));
  CHECK(cluster.answers.at(read).value == Bytes("v"));
}

TEST_CASE("reads that come while a round is under way share the next one") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  const CallId first = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  const std::size_t messages = cluster.in_flight.size();
  const CallId second = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  const CallId third = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  CHECK(cluster.in_flight.size() == messages);
  cluster.Deliver();
  for (const CallId read : {first, second, third}) {
    CHECK(cluster.answers.at(read).outcome == Outcome::kNotFound);
  }
}

TEST_CASE("a deposed leader's reads and writes end as unknown, each once") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const CallId read = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  const CallId write = cluster.Put(0, "k", "v");
  cluster.Lose();
  cluster.Hand({NodeId(1), NodeId(0), StoreId(2), Next(cluster[0].raft().term()), Heartbeat{}});
  CHECK(cluster.answers.at(read).outcome == Outcome::kUnknown);
  CHECK(cluster.answers.at(write).outcome == Outcome::kUnknown);
  CHECK(cluster.replies.at(read) == 1);
  CHECK(cluster.replies.at(write) == 1);
}

// --- Overload and bad input ---------------------------------------------------------------------

TEST_CASE("a leader that cannot commit refuses writes beyond its bound as busy") {
  Settings settings;
  settings.max_uncommitted_bytes = 10000;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  Outcome last = Outcome::kOk;
  for (int i = 0; i < 100; ++i) {
    const CallId call = cluster.Put(0, "k", std::string(1000, 'x'));
    cluster.Lose();
    if (cluster.answers.contains(call)) last = cluster.answers.at(call).outcome;
  }
  CHECK(last == Outcome::kBusy);
  CHECK(cluster[0].raft().uncommitted_bytes() <= 10000 + 2000);
}

TEST_CASE("keys and values above the limits are refused, those at the limits are taken") {
  Settings settings;
  settings.max_value_bytes = 1000;
  settings.max_key_bytes = 10;
  HandCluster cluster(1, settings);
  cluster.Elect(0);
  const auto outcome = [&](std::size_t key, std::size_t value) {
    return cluster.answers.at(cluster.Put(0, std::string(key, 'k'), std::string(value, 'v')))
        .outcome;
  };
  CHECK(outcome(10, 1000) == Outcome::kOk);
  CHECK(outcome(11, 1) == Outcome::kTooLarge);
  CHECK(outcome(1, 1001) == Outcome::kTooLarge);
  CHECK(outcome(0, 0) == Outcome::kOk);
}

TEST_CASE("a large value travels in pieces and is read back whole") {
  Settings settings;
  settings.max_piece_bytes = 1000;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  const std::string value(123456, 'x');
  const CallId call = cluster.Put(0, "k", value);
  cluster.Deliver();
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
  for (std::uint32_t node = 0; node < 3; ++node) CHECK(cluster[node].kv().Get("k") == Bytes(value));
}

TEST_CASE("strangers, wrong stores and nonsense are dropped, each call once") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const Term term = cluster[0].raft().term();
  const std::uint64_t digest = cluster[1].Digest();
  const Entry future{Next(term), EntryKind::kNoop, Bytes()};
  const Entry garbled{term, EntryKind::kConfiguration, Bytes("nonsense")};
  const std::vector<Message> bad = {
      {NodeId(9), NodeId(1), StoreId(1), term, Heartbeat{}},   // a stranger
      {NodeId(1), NodeId(1), StoreId(2), term, Heartbeat{}},   // from itself
      {NodeId(0), NodeId(2), StoreId(1), term, Heartbeat{}},   // not for this node
      {NodeId(0), NodeId(1), StoreId(77), term, Heartbeat{}},  // a wiped n0
      {NodeId(0), NodeId(1), StoreId(0), term, Heartbeat{}},
      {NodeId(0), NodeId(1), StoreId(1), Term(~std::uint64_t{0}), Heartbeat{}},
      {NodeId(0), NodeId(1), StoreId(1), term,
       AppendRequest{.sequence = 99, .probe = true, .previous_term = Term(1)}},
      {NodeId(0), NodeId(1), StoreId(1), term,
       AppendRequest{.sequence = 99, .probe = true, .entries = {future}}},
      {NodeId(0), NodeId(1), StoreId(1), term,
       AppendRequest{.sequence = 99, .probe = true, .entries = {garbled}}},
      {NodeId(0), NodeId(1), StoreId(1), term, VoteResponse{true}},  // not a request
  };
  std::uint64_t call = 5000;
  for (const Message& message : bad) {
    cluster.Step(1, PeerRequest{CallId(call), message});
    CHECK(cluster.replies[CallId(call)] == 1);
    CHECK(cluster[1].Digest() == digest);
    ++call;
  }
  CHECK(cluster.in_flight.empty());
}

TEST_CASE("a suspended node is silent, keeps its data, and wakes as a follower") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const CallId write = cluster.Put(0, "k", "v");
  cluster.Lose();
  cluster.Step(0, Suspend{Duration::Seconds(20)});
  CHECK(cluster.replies.at(write) == 1);
  CHECK(!cluster.answers.contains(write));
  cluster.Hand({NodeId(1), NodeId(0), StoreId(2), Term(9), Heartbeat{}});
  CHECK(cluster.in_flight.empty());
  const Index last = cluster[0].raft().log().last();
  const TimePoint suspended_at = cluster.now();
  cluster.Wake(0);
  CHECK(cluster.now() == suspended_at + Duration::Seconds(20));
  CHECK(!cluster[0].raft().suspended());
  CHECK(cluster[0].raft().role() == Role::kFollower);
  CHECK(cluster[0].raft().log().last() == last);
}

TEST_CASE("a clock that steps back counts as no time: timers keep what they have left to run") {
  HandCluster cluster(3);
  cluster.Elect(0);
  Effects effects;
  const Duration left = cluster[1].NextDeadline() - cluster.now();
  const TimePoint back = cluster.now() - Duration::Milliseconds(100);
  cluster[1].Step(back, Wake{}, effects);
  CHECK(effects.trace.empty());
  CHECK(cluster[1].NextDeadline() == back + left);
}

}  // namespace
}  // namespace drydock
