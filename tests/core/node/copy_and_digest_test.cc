// A node is a value: it can be copied in the middle of a run, and two equal ones can be told.
#include <doctest/doctest.h>

#include "sim/trace/trace_hash.h"
#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

// Everything that a step gives, hashed byte for byte.
std::uint64_t HashOf(const Effects& effects) {
  sim::TraceHash hash;
  const sim::EventMeta meta;
  for (const TraceEvent& event : effects.trace) hash.Add(meta, event);
  for (const Message& m : effects.messages) hash.Add(meta, sim::SimEvent(sim::trace::Sent{&m}));
  for (const PeerReply& reply : effects.peer_replies) {
    hash.Add(meta, sim::SimEvent(sim::trace::Sent{&reply.message}));
  }
  for (const ClientReply& reply : effects.client_replies) {
    hash.Add(meta, sim::SimEvent(sim::trace::Replied{reply.call, &reply.answer}));
  }
  for (const DiskOp& op : effects.disk) {
    hash.Add(meta, sim::SimEvent(sim::trace::DiskSubmitted{&op}));
  }
  for (const CallId call : effects.drops) hash.Add(meta, sim::SimEvent(sim::trace::Arrived{call}));
  return hash.value();
}

// A stretch of life: calls, timers, disk completions and answers of a follower.
std::vector<std::uint64_t> Live(Node& node, TimePoint now) {
  std::vector<std::uint64_t> hashes;
  std::uint64_t call = 1000;
  std::deque<Input> inputs;
  for (int i = 0; i < 200; ++i) {
    Input input = drydock::Wake{};
    if (!inputs.empty()) {
      input = std::move(inputs.front());
      inputs.pop_front();
    } else if (i % 3 == 0) {
      input = ClientCall{CallId(call++), {.op = PutOp{Bytes("k"), Bytes(std::to_string(i))}}};
    } else if (i % 7 == 0) {
      input = ClientCall{CallId(call++), {.op = GetOp{Bytes("k")}}};
    } else {
      now = std::max(now, node.NextDeadline());
    }
    Effects effects;
    node.Step(now, std::move(input), effects);
    hashes.push_back(HashOf(effects));
    for (DiskOp& op : effects.disk) inputs.push_back(DiskDone{op.ticket, std::nullopt});
  }
  hashes.push_back(node.Digest());
  return hashes;
}

TEST_CASE("a copy made in the middle of a run goes on byte for byte like the original") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.instant_disks = false;
  cluster.Put(0, "before", "copy");
  Node copy = cluster[0];
  Node another = cluster[0];
  CHECK(copy.Digest() == cluster[0].Digest());
  const std::vector<std::uint64_t> of_copy = Live(copy, cluster.now());
  CHECK(of_copy == Live(cluster[0], cluster.now()));
  // The first two lives have not touched what the third shares with them.
  CHECK(of_copy == Live(another, cluster.now()));
}

TEST_CASE("a digest is blind to the clock, to draws and to the numbers of calls and tickets") {
  HandCluster early(3);
  HandCluster late(3, {}, TimePoint() + Duration::Seconds(1000));
  late.Call(0, {.op = GetOp{Bytes("refused")}});  // uses up a call number
  for (HandCluster* cluster : {&early, &late}) {
    cluster->Wake(0);
    cluster->Deliver();
    cluster->Put(0, "k", "v");
    cluster->Deliver();
  }
  REQUIRE(early[0].raft().IsLeader());
  for (std::uint32_t node = 0; node < 3; ++node) CHECK(early[node].Digest() == late[node].Digest());
}

TEST_CASE("a digest does not see that another draw of the timeout was used") {
  HandCluster once(3);
  HandCluster twice(3);
  twice.Wake(1);  // asks in vain, and draws
  twice.Lose();
  twice.Wake(1);
  twice.Lose();
  once.Wake(1);
  once.Lose();
  CHECK(once[1].Digest() == twice[1].Digest());
}

TEST_CASE("a digest of renamed nodes is that of the nodes whose names they take") {
  HandCluster zero(3);
  HandCluster one(3);
  zero.Wake(0);
  zero.Lose(Between(0, 2));
  one.Wake(1);
  one.Lose(Between(1, 2));
  const std::vector<NodeId> swapped = {NodeId(1), NodeId(0), NodeId(2)};
  CHECK(zero[0].Digest(swapped) == one[1].Digest());
  CHECK(zero[1].Digest(swapped) == one[0].Digest());
  CHECK(zero[2].Digest(swapped) == one[2].Digest());
  CHECK(zero[0].Digest() != one[0].Digest());
}

TEST_CASE("a vote that waits for the disk is renamed, too") {
  HandCluster zero(3);
  HandCluster one(3);
  for (HandCluster* cluster : {&zero, &one}) cluster->instant_disks = false;
  zero.Wake(0);
  zero.Deliver();
  one.Wake(1);
  one.Deliver();
  REQUIRE(zero[0].raft().role() == Role::kCandidate);
  const std::vector<NodeId> swapped = {NodeId(1), NodeId(0), NodeId(2)};
  CHECK(zero[0].Digest(swapped) == one[1].Digest());
  CHECK(zero[0].Digest(swapped) != zero[0].Digest());
}

TEST_CASE("a digest sees terms, votes, roles, entries, values and what waits for the disk") {
  HandCluster cluster(3);
  std::vector<std::uint64_t> seen = {cluster[0].Digest()};
  const auto differs_from_all = [&] {
    const std::uint64_t digest = cluster[0].Digest();
    CHECK(std::find(seen.begin(), seen.end(), digest) == seen.end());
    seen.push_back(digest);
  };
  cluster.instant_disks = false;
  cluster.Wake(0);
  differs_from_all();  // a pre-candidate
  cluster.Deliver();
  differs_from_all();  // a candidate whose vote is not durable
  cluster.FinishDisk(0);
  differs_from_all();
  cluster.instant_disks = true;
  cluster.FinishDisk(0);
  cluster.FinishDisk(1);
  cluster.FinishDisk(2);
  cluster.Deliver();
  REQUIRE(cluster[0].raft().IsLeader());
  differs_from_all();
  cluster.Put(0, "k", "v");
  differs_from_all();  // an entry on its way
  cluster.Deliver();
  differs_from_all();  // committed and applied
  cluster.Step(0, Suspend{Duration::Seconds(1)});
  differs_from_all();
}

}  // namespace
}  // namespace drydock
