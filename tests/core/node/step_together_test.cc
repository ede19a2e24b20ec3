// Several inputs in one step: a driver that finds many things waiting hands them over at once.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

ClientCall PutCall(std::uint64_t call, std::string_view value) {
  return {CallId(call), {.op = PutOp{Bytes("k"), Bytes(value)}}};
}
ClientCall GetCall(std::uint64_t call, ReadMode mode = ReadMode::kLinearizable) {
  return {CallId(call), {.op = GetOp{Bytes("k"), mode}}};
}
template <class Body>
std::size_t CountOf(const HandCluster& cluster) {
  return static_cast<std::size_t>(
      std::count_if(cluster.in_flight.begin(), cluster.in_flight.end(), Is<Body>));
}

TEST_CASE("writes of one step go out as one append for each follower, and are each answered") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.StepTogether(0, {PutCall(1001, "a"), PutCall(1002, "b"), PutCall(1003, "c")});
  CHECK(CountOf<AppendRequest>(cluster) == 2);
  for (const Message& message : cluster.in_flight) {
    CHECK(std::get<AppendRequest>(message.body).entries.size() == 3);
  }
  cluster.Deliver();
  for (const std::uint64_t call : {1001u, 1002u, 1003u}) {
    CHECK(cluster.answers.at(CallId(call)).outcome == Outcome::kOk);
    CHECK(cluster.replies.at(CallId(call)) == 1);
  }
  CHECK(cluster[0].kv().Get("k") == Bytes("c"));
}

TEST_CASE("writes of one step are one batch of the log") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  cluster.StepTogether(0, {PutCall(1001, "a"), PutCall(1002, "b"), PutCall(1003, "c")});
  const Index last = cluster[0].raft().log().last();
  CHECK(cluster[0].raft().durable_index() == Index(last.value() - 3));
  CHECK(cluster.FinishDisk(0));
  CHECK(cluster[0].raft().durable_index() == last);
  CHECK_FALSE(cluster.FinishDisk(0));
}

TEST_CASE("reads of one step share a round") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.StepTogether(0, {GetCall(1001), GetCall(1002), GetCall(1003)});
  CHECK(CountOf<Heartbeat>(cluster) == 1);
  cluster.Deliver();
  for (const std::uint64_t call : {1001u, 1002u, 1003u}) {
    CHECK(cluster.answers.at(CallId(call)).outcome == Outcome::kNotFound);
  }
}

TEST_CASE("a read in a step with a write sees all that was answered before") {
  HandCluster cluster(1);
  cluster.Elect(0);
  cluster.StepTogether(0, {PutCall(1001, "a")});
  REQUIRE(cluster.answers.at(CallId(1001)).outcome == Outcome::kOk);
  cluster.StepTogether(0, {PutCall(1002, "b"), GetCall(1003)});
  const Bytes& read = cluster.answers.at(CallId(1003)).value;
  const bool saw_it_or_the_write_beside_it = read == Bytes("a") || read == Bytes("b");
  CHECK(saw_it_or_the_write_beside_it);
}

// A message that confirms reads and one that ends the leadership may wait for a slow node together.
TEST_CASE("reads confirmed in the step that ends the leadership are answered once, as unknown") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.Step(0, GetCall(1001));
  cluster.Deliver(To(1));
  std::vector<Input> inputs;
  for (Message& message : cluster.in_flight) {
    if (message.to == NodeId(0)) inputs.emplace_back(PeerResponse{message});
  }
  REQUIRE(inputs.size() == 1);
  const Term next = Next(cluster[0].raft().term());
  inputs.emplace_back(
      PeerRequest{CallId(1002), {NodeId(1), NodeId(0), StoreId(2), next, Heartbeat{}}});
  inputs.emplace_back(GetCall(1003));
  cluster.StepTogether(0, std::move(inputs));
  CHECK(cluster.answers.at(CallId(1001)).outcome == Outcome::kUnknown);
  CHECK(cluster.replies.at(CallId(1001)) == 1);
  CHECK(cluster.answers.at(CallId(1003)).outcome == Outcome::kNotLeader);
}

TEST_CASE("what comes in one step behind a failed write is dropped, each once") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  Effects effects;
  std::vector<Input> write = {PutCall(1001, "a")};
  cluster[0].Step(cluster.now(), write, effects);
  REQUIRE(effects.disk.size() == 1);
  const Ticket ticket = effects.disk[0].ticket;
  effects.Clear();
  std::vector<Input> inputs = {PutCall(1002, "b"), DiskDone{ticket, "no space left"},
                               PutCall(1003, "c")};
  cluster[0].Step(cluster.now(), inputs, effects);
  CHECK(cluster[0].halted());
  CHECK(effects.client_replies.empty());
  CHECK(effects.messages.empty());
  CHECK(effects.disk.empty());
  std::sort(effects.drops.begin(), effects.drops.end());
  CHECK(effects.drops == std::vector<CallId>{CallId(1001), CallId(1002), CallId(1003)});
}

TEST_CASE("a stale read is answered at once by any node, from what it has applied") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "k", "old");
  cluster.Deliver();
  cluster.Put(0, "k", "new");
  cluster.Lose();
  cluster.Step(1, GetCall(1001, ReadMode::kStale));
  const ClientAnswer& answer = cluster.answers.at(CallId(1001));
  CHECK(answer.outcome == Outcome::kOk);
  CHECK(answer.value == Bytes("old"));
  CHECK(answer.index == cluster[1].applied());
}

}  // namespace
}  // namespace drydock
