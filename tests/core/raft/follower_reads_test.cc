// Linearizable reads at nodes that do not lead: thesis, section 6.4.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

bool IsQuestion(const Message& m) {
  return Is<ReadIndexRequest>(m);
}
bool IsAnswer(const Message& m) {
  return Is<ReadIndexResponse>(m);
}

std::size_t CountOf(const HandCluster& cluster, bool (*is)(const Message&)) {
  return static_cast<std::size_t>(
      std::count_if(cluster.in_flight.begin(), cluster.in_flight.end(), is));
}

// n0 leads, all have all, and k is 1.
HandCluster Led(std::uint32_t size, Settings settings = {}) {
  HandCluster cluster(size, settings);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.Put(0, "k", "1");
  cluster.Deliver();
  return cluster;
}

CallId GetAnywhere(HandCluster& cluster, std::uint32_t node) {
  return cluster.Get(node, "k", ReadMode::kLinearizable, true);
}

}  // namespace

TEST_CASE("6.4: a follower answers a read once the leader is confirmed by a quorum") {
  HandCluster cluster = Led(3);
  const CallId call = GetAnywhere(cluster, 1);
  CHECK(CountOf(cluster, IsQuestion) == 1);
  cluster.Deliver(IsQuestion);
  CHECK(CountOf(cluster, IsAnswer) == 0);
  cluster.Deliver();
  CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
  CHECK(cluster.answers.at(call).value == Bytes("1"));
  CHECK(cluster.replies.at(call) == 1);
}

TEST_CASE("a read that does not ask for any node is sent to the leader") {
  HandCluster cluster = Led(3);
  for (const ReadMode mode : {ReadMode::kLinearizable, ReadMode::kLease}) {
    const CallId call = cluster.Get(1, "k", mode);
    CHECK(cluster.answers.at(call).outcome == Outcome::kNotLeader);
    CHECK(cluster.answers.at(call).leader == NodeId(0));
  }
}

TEST_CASE("6.4: a follower that lacks committed entries does not answer before it has them") {
  HandCluster cluster = Led(3);
  cluster.Put(0, "k", "2");
  const auto no_log_for_n1 = [](const Message& m) {
    return m.to != NodeId(1) || Is<ReadIndexResponse>(m) || Is<Heartbeat>(m);
  };
  cluster.Deliver(no_log_for_n1);
  const CallId call = GetAnywhere(cluster, 1);
  cluster.Deliver(no_log_for_n1);
  CHECK(CountOf(cluster, IsAnswer) == 0);  // it has arrived
  CHECK_FALSE(cluster.answers.contains(call));
  cluster.Deliver();
  CHECK(cluster.answers.at(call).value == Bytes("2"));
}

TEST_CASE("6.4: reads that come while a question is under way share the next one") {
  HandCluster cluster = Led(3);
  std::vector<CallId> calls = {GetAnywhere(cluster, 1)};
  for (int i = 0; i < 5; ++i) calls.push_back(GetAnywhere(cluster, 1));
  CHECK(CountOf(cluster, IsQuestion) == 1);
  cluster.Deliver();
  for (const CallId call : calls) CHECK(cluster.answers.at(call).outcome == Outcome::kOk);
  std::vector<std::uint64_t> counts;
  for (const TraceEvent& event : cluster.trace) {
    if (const auto* learnt = std::get_if<trace::ReadIndexLearnt>(&event)) {
      counts.push_back(learnt->count);
    }
  }
  CHECK(counts == std::vector<std::uint64_t>{1, 5});
}

TEST_CASE("6.4: answers to a round that began before the question confirm nothing") {
  HandCluster cluster = Led(3);
  cluster.Wake(0);
  cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m); });
  std::vector<Message> late;  // the answers to that round
  std::swap(late, cluster.in_flight);
  GetAnywhere(cluster, 1);
  cluster.Deliver(IsQuestion);
  cluster.Lose();  // the next round reaches nobody
  for (Message& message : late) cluster.Hand(std::move(message));
  CHECK(CountOf(cluster, IsAnswer) == 0);
}

TEST_CASE("6.4: a leader that has committed nothing in its term gives no read index") {
  HandCluster cluster = Led(3);
  cluster.Transfer(0, NodeId(1));
  const auto no_log = [](const Message& m) { return !Is<AppendRequest>(m); };
  cluster.Deliver(no_log);
  REQUIRE(cluster[1].raft().IsLeader());
  const CallId call = GetAnywhere(cluster, 2);
  cluster.Deliver(no_log);
  CHECK(cluster.RefusalsFor(RefusalReason::kNoReadIndex) == 1);
  CHECK_FALSE(cluster.answers.contains(call));
  cluster.Deliver();
  cluster.Advance(Duration::Milliseconds(50));
  cluster.Step(2, Wake{});  // it asks again
  cluster.Deliver();
  CHECK(cluster.answers.at(call).value == Bytes("1"));
}

TEST_CASE("a question that is lost is asked again, and one whose answer is lost, too") {
  for (const bool lose_question : {true, false}) {
    HandCluster cluster = Led(3);
    const CallId call = GetAnywhere(cluster, 1);
    if (lose_question) {
      cluster.Lose(IsQuestion);
    } else {
      cluster.Deliver([](const Message& m) { return !IsAnswer(m); });
      cluster.Lose(IsAnswer);
    }
    cluster.Advance(Duration::Milliseconds(50));
    cluster.Step(1, Wake{});
    cluster.Deliver();
    CHECK(cluster.answers.at(call).value == Bytes("1"));
    CHECK(cluster.replies.at(call) == 1);
  }
}

TEST_CASE("asked again, a question keeps the round that is to confirm it") {
  HandCluster cluster = Led(3);
  const CallId call = GetAnywhere(cluster, 1);
  cluster.Deliver(IsQuestion);
  cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m); });
  std::vector<Message> slow;  // the answers of the quorum
  std::swap(slow, cluster.in_flight);
  cluster.Advance(Duration::Milliseconds(50));
  cluster.Step(1, Wake{});
  cluster.Deliver(IsQuestion);
  CHECK(cluster[0].open_calls() == 1);
  cluster.Lose();
  for (Message& message : slow) cluster.Hand(std::move(message));
  cluster.Deliver();
  CHECK(cluster.answers.at(call).value == Bytes("1"));
  CHECK(cluster[0].open_calls() == 0);
}

TEST_CASE("an answer that comes twice, or to the process before, is not taken") {
  HandCluster cluster = Led(3);
  GetAnywhere(cluster, 1);
  cluster.Deliver([](const Message& m) { return !IsAnswer(m); });
  REQUIRE(CountOf(cluster, IsAnswer) == 1);
  const Message answer =
      *std::find_if(cluster.in_flight.begin(), cluster.in_flight.end(), IsAnswer);
  cluster.Deliver();
  const std::size_t refused = cluster.RefusalsFor(RefusalReason::kStaleResponse);
  cluster.Hand(answer);
  CHECK(cluster.RefusalsFor(RefusalReason::kStaleResponse) == refused + 1);

  cluster.Crash(1);
  cluster.Wake(0);
  cluster.Deliver();
  const CallId call = GetAnywhere(cluster, 1);
  cluster.Lose(IsQuestion);
  cluster.Hand(answer);  // has the number that is asked for now
  CHECK(cluster.RefusalsFor(RefusalReason::kStaleResponse) == refused + 2);
  CHECK_FALSE(cluster.answers.contains(call));
}

TEST_CASE("reads about which the leader does not answer are sent to it") {
  HandCluster cluster = Led(3);
  const CallId call = GetAnywhere(cluster, 1);
  const CallId next = GetAnywhere(cluster, 1);
  const auto no_questions = [](const Message& m) { return !IsQuestion(m); };
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(cluster.answers.contains(call));
    cluster.Lose(IsQuestion);
    cluster.Advance(Duration::Milliseconds(50));
    cluster.Step(0, Wake{});
    cluster.Step(1, Wake{});
    cluster.Deliver(no_questions);
  }
  for (const CallId refused : {call, next}) {
    CHECK(cluster.answers.at(refused).outcome == Outcome::kNotLeader);
    CHECK(cluster.answers.at(refused).leader == NodeId(0));
  }
  CHECK(cluster[1].open_calls() == 0);
  const CallId later = GetAnywhere(cluster, 1);
  cluster.Deliver();
  CHECK(cluster.answers.at(later).outcome == Outcome::kOk);
}

TEST_CASE("what was confirmed stays when the reads behind it are given up") {
  HandCluster cluster = Led(3);
  cluster.Put(0, "k", "2");
  const auto no_log_for_n1 = [](const Message& m) {
    return m.to != NodeId(1) || Is<ReadIndexResponse>(m) || Is<Heartbeat>(m);
  };
  cluster.Deliver(no_log_for_n1);
  const CallId confirmed = GetAnywhere(cluster, 1);
  cluster.Deliver(no_log_for_n1);
  const CallId waiting = GetAnywhere(cluster, 1);
  for (int i = 0; i < 10; ++i) {
    cluster.Lose(IsQuestion);
    cluster.Advance(Duration::Milliseconds(50));
    cluster.Step(0, Wake{});
    cluster.Step(1, Wake{});
    cluster.Lose([](const Message& m) { return m.to == NodeId(1) && Is<AppendRequest>(m); });
    cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m) || Is<HeartbeatResponse>(m); });
  }
  CHECK(cluster.answers.at(waiting).outcome == Outcome::kNotLeader);
  CHECK_FALSE(cluster.answers.contains(confirmed));
  cluster.Step(0, Wake{});
  for (int i = 0; i < 3; ++i) {
    cluster.Advance(Duration::Milliseconds(50));
    cluster.Step(0, Wake{});
    cluster.Deliver();
  }
  CHECK(cluster.answers.at(confirmed).value == Bytes("2"));
}

TEST_CASE("reads may be given up in the step that ends the role, or the node") {
  for (const int how : {0, 1, 2}) {
    HandCluster cluster = Led(3);
    const CallId call = GetAnywhere(cluster, 1);
    for (int i = 0; i < 9; ++i) {
      cluster.Lose(IsQuestion);
      cluster.Advance(Duration::Milliseconds(50));
      cluster.Step(0, Wake{});
      cluster.Step(1, Wake{});
      cluster.Deliver([](const Message& m) { return !IsQuestion(m); });
    }
    REQUIRE_FALSE(cluster.answers.contains(call));
    cluster.Advance(Duration::Milliseconds(50));
    if (how == 0) {
      const Message higher{.from = NodeId(2),
                           .to = NodeId(1),
                           .store = StoreId(3),
                           .term = Next(cluster[1].raft().term()),
                           .body = PreVoteResponse{}};
      cluster.Step(1, PeerResponse{higher});
    } else if (how == 1) {
      cluster.Step(1, Suspend{Duration::Seconds(1)});
    } else {
      cluster.Step(1, DiskDone{Ticket(1), "no power", {}});
    }
    CHECK(cluster.replies.at(call) == 1);
    CHECK(cluster[1].open_calls() == 0);
  }
}

TEST_CASE("a higher term ends the reads that wait at a follower, and the leader's questions") {
  HandCluster cluster = Led(3);
  const CallId call = GetAnywhere(cluster, 1);
  cluster.Deliver(IsQuestion);
  REQUIRE(cluster[0].open_calls() == 1);
  cluster.Lose();
  cluster.Transfer(0, NodeId(2));
  cluster.Deliver([](const Message& m) { return !IsAnswer(m); });
  REQUIRE(cluster[2].raft().IsLeader());
  CHECK(cluster.answers.at(call).outcome == Outcome::kNotLeader);
  CHECK(cluster[0].open_calls() == 0);
  CHECK(cluster[1].open_calls() == 0);
}

TEST_CASE("a follower that is suspended or loses its leader leaves no read open") {
  for (const bool suspended : {true, false}) {
    HandCluster cluster = Led(3);
    const CallId call = GetAnywhere(cluster, 1);
    cluster.Lose();
    if (suspended) cluster.Step(1, Suspend{Duration::Seconds(1)});
    for (int i = 0; i < 10; ++i) {
      cluster.Wake(1);
      cluster.Lose();
    }
    CHECK(cluster.replies.at(call) == 1);
    CHECK(cluster[1].open_calls() == 0);
  }
}

TEST_CASE("reads at a follower are bounded, and refused as busy beyond") {
  Settings settings;
  settings.max_pending_reads = 2;
  HandCluster cluster = Led(3, settings);
  GetAnywhere(cluster, 1);
  GetAnywhere(cluster, 1);
  const CallId call = GetAnywhere(cluster, 1);
  CHECK(cluster.answers.at(call).outcome == Outcome::kBusy);
  cluster.Deliver();
  const CallId later = GetAnywhere(cluster, 1);
  CHECK_FALSE(cluster.answers.contains(later));
}

TEST_CASE("the question of a node that is removed meanwhile is let go") {
  HandCluster cluster = Led(4);
  GetAnywhere(cluster, 3);
  cluster.Deliver(IsQuestion);
  const auto not_of_n3 = [](const Message& m) {
    return m.to != NodeId(3) && m.from != NodeId(3) && !Is<HeartbeatResponse>(m);
  };
  cluster.Change(0, {.remove = {NodeId(3)}});
  cluster.Deliver(not_of_n3);
  REQUIRE_FALSE(cluster[0].raft().configuration().IsMember(NodeId(3)));
  CHECK(cluster[0].open_calls() == 0);
}

TEST_CASE("a stale read tells up to where its node has applied") {
  HandCluster cluster = Led(3);
  const Index before = cluster[1].applied();
  cluster.Put(0, "k", "2");
  cluster.Lose(To(1));
  cluster.Deliver();
  const CallId call = cluster.Get(1, "k", ReadMode::kStale);
  CHECK(cluster.answers.at(call).value == Bytes("1"));
  CHECK(cluster.answers.at(call).index == before);
  CHECK(cluster.answers.at(call).index < cluster[0].applied());
}

}  // namespace drydock
