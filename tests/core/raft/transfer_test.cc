// Leadership transfer: thesis, section 3.10.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

bool IsBid(const Message& m) {
  return Is<TimeoutNow>(m);
}
bool IsNoBid(const Message& m) {
  return !Is<TimeoutNow>(m);
}

// n0 leads, and all have all.
HandCluster Led(std::uint32_t size, Settings settings = {}) {
  HandCluster cluster(size, settings);
  cluster.Elect(0);
  cluster.Deliver();
  return cluster;
}

// Time passes until the deadline of n0; its messages are lost.
void LetDeadlinePass(HandCluster& cluster) {
  while (cluster[0].raft().transferring()) {
    cluster.Wake(0);
    cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m) || Is<HeartbeatResponse>(m); });
  }
}

}  // namespace

TEST_CASE("3.10: the target leads at once, though everybody has just heard the leader") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  cluster.Deliver();
  CHECK(cluster[2].raft().IsLeader());
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kDone);
  CHECK(cluster.transfers.at(call).leader == NodeId(2));
  CHECK(cluster.replies.at(call) == 1);
  CHECK(cluster.RefusalsFor(RefusalReason::kLeaderIsAlive) == 0);
}

TEST_CASE(
    "3.10: without a target the longest log is chosen, of equals the preferred, then the first") {
  HandCluster cluster = Led(4);
  cluster.Put(0, "k", "v");
  cluster.Lose(Between(0, 1));  // n1 does not hear of it
  cluster.Deliver();
  const CallId call = cluster.Transfer(0, std::nullopt);
  cluster.Deliver();
  CHECK(cluster.transfers.at(call).target == NodeId(2));

  Settings settings;
  settings.priorities[NodeId(2)] = 1;
  HandCluster preferring = Led(3, settings);
  const CallId second = preferring.Transfer(0, std::nullopt);
  preferring.Deliver();
  CHECK(preferring.transfers.at(second).target == NodeId(2));
}

TEST_CASE("3.10: a target that lacks entries is brought up to date before it is bidden") {
  HandCluster cluster = Led(3);
  cluster.Put(0, "k", "v");
  cluster.Lose(Between(0, 2));
  cluster.Deliver();
  const CallId call = cluster.Transfer(0, NodeId(2));
  CHECK(std::none_of(cluster.in_flight.begin(), cluster.in_flight.end(), IsBid));
  for (int i = 0; i < 10 && !cluster.transfers.contains(call); ++i) {
    cluster.Deliver();
    cluster.Wake(0);
  }
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kDone);
  CHECK(cluster[2].kv().Get("k") == Bytes("v"));
}

TEST_CASE("3.10: a bid that was lost is made again after the next heartbeat") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  cluster.Lose(IsBid);
  cluster.Wake(0);
  cluster.Deliver();
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kDone);
}

TEST_CASE("3.10: when all bids are lost the leader serves on after an election timeout") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  LetDeadlinePass(cluster);
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kFailed);
  CHECK(cluster[0].raft().IsLeader());
  cluster.Lose(IsBid);
  const CallId put = cluster.Put(0, "k", "v");
  cluster.Deliver(IsNoBid);
  CHECK(cluster.answers.at(put).outcome == Outcome::kOk);
}

TEST_CASE(
    "calls that come during a transfer wait; the old leader refuses them once another leads") {
  HandCluster cluster = Led(3);
  cluster.Transfer(0, NodeId(2));
  const CallId put = cluster.Put(0, "k", "v");
  const CallId get = cluster.Call(0, {.op = GetOp{.key = Bytes("k")}});
  CHECK(cluster.replies.count(put) == 0);
  CHECK(cluster[0].open_calls() == 3);
  cluster.Deliver();
  CHECK(cluster.answers.at(put).outcome == Outcome::kNotLeader);
  CHECK(cluster.answers.at(put).leader == NodeId(2));
  CHECK(cluster.answers.at(get).outcome == Outcome::kNotLeader);
  CHECK(cluster[2].kv().Get("k") == std::nullopt);
  CHECK(cluster[0].open_calls() == 0);
}

TEST_CASE("calls that come during a transfer are served if the old leader leads on") {
  HandCluster cluster = Led(3);
  cluster.Transfer(0, NodeId(2));
  const CallId put = cluster.Put(0, "k", "v");
  const CallId get = cluster.Call(0, {.op = GetOp{.key = Bytes("k")}});
  LetDeadlinePass(cluster);
  cluster.Deliver(IsNoBid);
  CHECK(cluster.answers.at(put).outcome == Outcome::kOk);
  CHECK(!IsRefusal(cluster.answers.at(get).outcome));
  CHECK(cluster[0].open_calls() == 0);
}

TEST_CASE("calls that wait for a transfer are bounded like those that wait for a quorum") {
  Settings settings;
  settings.max_pending_reads = 2;
  settings.max_append_bytes = 1000;
  settings.max_uncommitted_bytes = 1000;
  HandCluster cluster = Led(3, settings);
  cluster.Transfer(0, NodeId(2));
  cluster.Put(0, "a", std::string(600, 'x'));
  const CallId write = cluster.Put(0, "b", std::string(600, 'x'));
  CHECK(cluster.answers.at(write).outcome == Outcome::kBusy);
  const CallId first = cluster.Call(0, {.op = GetOp{.key = Bytes("k")}});
  cluster.Call(0, {.op = GetOp{.key = Bytes("k")}});
  const CallId third = cluster.Call(0, {.op = GetOp{.key = Bytes("k")}});
  CHECK(cluster.replies.count(first) == 0);
  CHECK(cluster.answers.at(third).outcome == Outcome::kBusy);
}

TEST_CASE("a transfer that cannot be is refused with its reason") {
  HandCluster cluster = Led(3);
  const auto refusal = [&](std::uint32_t node, std::optional<NodeId> target) {
    return cluster.transfers.at(cluster.Transfer(node, target)).outcome;
  };
  CHECK(refusal(1, NodeId(2)) == TransferOutcome::kNotLeader);
  CHECK(refusal(0, NodeId(0)) == TransferOutcome::kAlreadyLeader);
  CHECK(refusal(0, NodeId(7)) == TransferOutcome::kUnknownTarget);
  cluster.Transfer(0, NodeId(2));
  CHECK(refusal(0, NodeId(1)) == TransferOutcome::kUnderWay);
  HandCluster alone = Led(1);
  const CallId call = alone.Transfer(0, std::nullopt);
  CHECK(alone.transfers.at(call).outcome == TransferOutcome::kNoSuccessor);
  HandCluster young(3);
  while (!young[0].raft().IsLeader()) {
    young.Wake(0);
    young.Deliver([](const Message& m) { return !Is<AppendRequest>(m); });
  }
  const CallId early = young.Transfer(0, NodeId(1));
  CHECK(young.transfers.at(early).outcome == TransferOutcome::kNotReady);
}

TEST_CASE("leadership is not handed to a learner") {
  HandCluster cluster = Led(3);
  cluster.Change(0, {.demote = {NodeId(1)}});
  cluster.Deliver();
  const CallId call = cluster.Transfer(0, NodeId(1));
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kNotVoter);
  CHECK_FALSE(cluster[0].raft().transferring());
}

TEST_CASE("without a target none is chosen that is about to be removed") {
  HandCluster cluster = Led(3);
  cluster.Change(0, {.remove = {NodeId(1)}});
  REQUIRE(cluster[0].raft().configuration().IsJoint());
  const CallId call = cluster.Transfer(0, std::nullopt);
  cluster.Deliver();
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kDone);
  CHECK(cluster.transfers.at(call).leader == NodeId(2));
}

TEST_CASE("a bid of an old term, or to a node without the whole log, is refused") {
  HandCluster cluster = Led(3);
  const Raft& leader = cluster[0].raft();
  const auto bid = [&](Term term, Index last, Term last_term) {
    cluster.Hand({NodeId(0), NodeId(1), StoreId(1), term, TimeoutNow{last, last_term}});
    const bool taken = std::get<TimeoutNowResponse>(cluster.in_flight.front().body).taken;
    cluster.Lose();
    return taken;
  };
  CHECK_FALSE(bid(leader.term(), Next(leader.log().last()), leader.term()));
  CHECK(cluster.RefusalsFor(RefusalReason::kNotCaughtUp) == 1);
  CHECK_FALSE(bid(Term(leader.term().value() - 1), leader.log().last(), leader.term()));
  CHECK(cluster.RefusalsFor(RefusalReason::kOldTerm) == 1);
  CHECK(cluster[1].raft().role() == Role::kFollower);
  CHECK(bid(leader.term(), leader.log().last(), leader.log().last_term()));
  CHECK(cluster[1].raft().role() == Role::kCandidate);
}

TEST_CASE("a bid to a node that has no vote is refused") {
  MemoryDisk disk;
  const StartOptions start{.node = NodeId(3), .bootstrap = StoreId(4)};
  NodeConfig config{
      .voters = {NodeId(0), NodeId(1), NodeId(2)}, .settings = {}, .seed = 1, .pins = {}};
  Node node(std::move(config), Recover(disk, start).value(), TimePoint());
  Effects out;
  node.Step(TimePoint(),
            PeerRequest{CallId(1), {NodeId(0), NodeId(3), StoreId(1), Term(1), TimeoutNow{}}}, out);
  CHECK(node.raft().role() == Role::kFollower);
  const auto is_refusal = [](const TraceEvent& event) {
    const auto* refused = std::get_if<trace::Refused>(&event);
    return refused != nullptr && refused->reason == RefusalReason::kNotVoter;
  };
  CHECK(std::count_if(out.trace.begin(), out.trace.end(), is_refusal) == 1);
}

TEST_CASE("a leader that is suspended during a transfer gives up all that waits for it") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  const CallId put = cluster.Put(0, "k", "v");
  cluster.Step(0, Suspend{Duration::Seconds(1)});
  CHECK(cluster.replies.at(call) == 1);
  CHECK(cluster.replies.at(put) == 1);
  CHECK(cluster.transfers.empty());
  CHECK(cluster[0].open_calls() == 0);
  CHECK_FALSE(cluster[0].raft().transferring());
}

TEST_CASE("a leader whose disk fails during a transfer gives up all that waits for it") {
  HandCluster cluster = Led(3);
  cluster.instant_disks = false;
  const CallId before = cluster.Put(0, "j", "v");
  const CallId call = cluster.Transfer(0, NodeId(2));
  const CallId put = cluster.Put(0, "k", "v");
  cluster.FinishDisk(0, "no space");
  CHECK(cluster[0].halted());
  for (const CallId open : {before, call, put}) CHECK(cluster.replies.at(open) == 1);
  CHECK(cluster[0].open_calls() == 0);
}

TEST_CASE("an old leader that finds another node leading says so") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  cluster.Lose();
  const Term next = Next(cluster[0].raft().term());
  cluster.Hand({NodeId(1), NodeId(0), StoreId(2), next, Heartbeat{}});
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kOvertaken);
  CHECK(cluster.transfers.at(call).leader == NodeId(1));
}

TEST_CASE("an old leader that loses its place and finds no other does not know how it ended") {
  HandCluster cluster = Led(3);
  const CallId call = cluster.Transfer(0, NodeId(2));
  cluster.Deliver([](const Message& m) { return IsBid(m) || (Is<VoteRequest>(m) && To(0)(m)); });
  CHECK_FALSE(cluster[0].raft().IsLeader());
  CHECK(cluster.transfers.empty());
  while (cluster.transfers.empty()) {
    cluster.Wake(0);
    cluster.Lose();
  }
  CHECK(cluster.transfers.at(call).outcome == TransferOutcome::kUnknown);
}

TEST_CASE("a copy made during a transfer goes on like the original") {
  HandCluster cluster = Led(3);
  cluster.Transfer(0, NodeId(2));
  cluster.Put(0, "k", "v");
  HandCluster copy = cluster;
  CHECK(copy[0].Digest() == cluster[0].Digest());
  cluster.Deliver();
  copy.Deliver();
  CHECK(copy[0].Digest() == cluster[0].Digest());
  CHECK(copy[2].Digest() == cluster[2].Digest());
}

}  // namespace drydock
