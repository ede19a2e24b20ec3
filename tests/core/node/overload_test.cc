// What waits in a node is bounded, who is refused for that has lost nothing, and no counter is left
// behind by a term or a role.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

Settings Bounded(std::uint64_t bytes) {
  Settings settings;
  settings.max_append_bytes = 1000;
  settings.max_piece_bytes = 1000;
  settings.max_uncommitted_bytes = bytes;
  return settings;
}

std::uint64_t UncommittedIn(const Node& node) {
  const Raft& raft = node.raft();
  std::uint64_t bytes = 0;
  for (Index i = Next(raft.commit()); i <= raft.log().last(); i = Next(i)) {
    bytes += Cost(raft.log().At(i));
  }
  return bytes;
}

// Nothing arrives anywhere from now on; writes are asked for until one is refused.
CallId FillUp(HandCluster& cluster, std::uint32_t node, std::size_t value_bytes) {
  for (;;) {
    const CallId call = cluster.Put(node, "k", std::string(value_bytes, 'x'));
    cluster.Lose();
    if (cluster.answers.contains(call)) return call;
  }
}

bool IsAnswered(const HandCluster& cluster, CallId call, Outcome outcome) {
  const auto found = cluster.answers.find(call);
  return found != cluster.answers.end() && found->second.outcome == outcome;
}

}  // namespace

TEST_CASE("overload: busy promises that nothing happened") {
  Settings settings = Bounded(3000);
  settings.max_pending_reads = 2;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  FillUp(cluster, 0, 500);
  cluster.Call(0, {.op = GetOp{Bytes("k")}});
  cluster.Call(0, {.op = GetOp{Bytes("k")}});
  cluster.Lose();
  const std::uint64_t before = cluster[0].Digest();
  const Index last = cluster[0].raft().log().last();
  const std::uint64_t open = cluster[0].open_calls();
  const CallId calls[] = {cluster.Put(0, "other", std::string(900, 'x')),
                          cluster.Call(0, {.op = CompareAndSetOp{Bytes("k"), std::nullopt,
                                                                 Bytes(std::string(900, 'x'))}}),
                          cluster.Call(0, {.op = GetOp{Bytes("k")}})};
  for (const CallId call : calls) CHECK(IsAnswered(cluster, call, Outcome::kBusy));
  CHECK(cluster.in_flight.empty());
  CHECK(cluster[0].Digest() == before);
  CHECK(cluster[0].raft().log().last() == last);
  CHECK(cluster[0].open_calls() == open);
}

TEST_CASE("overload: what a write costs in the log counts, not only its key and value") {
  HandCluster cluster(3, Bounded(10000));
  cluster.Elect(0);
  SUBCASE("many small ones") {
    FillUp(cluster, 0, 0);
  }
  SUBCASE("in many pieces") {
    FillUp(cluster, 0, 4000);
  }
  SUBCASE("with a large value that is expected") {
    for (int i = 0; i < 10; ++i) {
      const Bytes large(std::string(2000, 'x'));
      cluster.Call(0, {.op = CompareAndSetOp{Bytes("k"), large, large}});
      cluster.Lose();
    }
  }
  SUBCASE("registrations") {
    for (int i = 0; i < 1000; ++i) cluster.Call(0, {.op = RegisterOp{}});
  }
  CHECK(cluster[0].raft().uncommitted_bytes() > 5000);
  CHECK(cluster[0].raft().uncommitted_bytes() <= 10000);
  CHECK(cluster[0].raft().uncommitted_bytes() == UncommittedIn(cluster[0]));
}

TEST_CASE("overload: a write above the bound is taken when nothing else waits") {
  HandCluster cluster(3, Bounded(3000));
  cluster.Elect(0);
  cluster.Deliver();
  const CallId large = cluster.Put(0, "k", std::string(20000, 'x'));
  const CallId next = cluster.Put(0, "k", "");
  CHECK(IsAnswered(cluster, next, Outcome::kBusy));
  cluster.Deliver();
  CHECK(IsAnswered(cluster, large, Outcome::kOk));
  CHECK(cluster[0].raft().uncommitted_bytes() == 0);
}

TEST_CASE("overload: registrations that wait for a transfer are bounded like writes") {
  HandCluster cluster(3, Bounded(3000));
  cluster.Elect(0);
  cluster.Deliver();
  cluster.Transfer(0, NodeId(2));
  for (int i = 0; i < 1000; ++i) cluster.Call(0, {.op = RegisterOp{}});
  CHECK(cluster[0].open_calls() < 100);
  CHECK(IsAnswered(cluster, cluster.Call(0, {.op = RegisterOp{}}), Outcome::kBusy));
}

TEST_CASE(
    "overload: a leader that is cut off stays within its bound, and what it refused is not done") {
  HandCluster cluster(3, Bounded(20000));
  cluster.Elect(0);
  cluster.Put(0, "k", "before");
  cluster.Deliver();
  std::size_t refused = 0;
  for (int i = 0; i < 500 && cluster[0].raft().IsLeader(); ++i) {
    const bool room = cluster[0].raft().uncommitted_bytes() < 19000;
    const CallId call = cluster.Put(0, room ? "taken" : "refused", std::string(1500, 'x'));
    if (!cluster[0].raft().IsLeader()) break;  // check-quorum
    if (!room) CHECK(IsAnswered(cluster, call, Outcome::kBusy));
    refused += room ? 0 : 1;
    CHECK(cluster[0].raft().uncommitted_bytes() <= 20000);
    cluster.Lose();
    cluster.Advance(Duration::Milliseconds(1));
  }
  CHECK(refused > 50);
  while (cluster[0].raft().IsLeader()) cluster.Wake(0);
  cluster.Lose();
  CHECK(cluster[0].raft().uncommitted_bytes() == 0);
  CHECK(cluster[0].open_calls() == 0);
  cluster.Elect(0);
  cluster.Deliver();
  for (std::uint32_t n = 0; n < 3; ++n) {
    CHECK(cluster[n].kv().Get("k") == Bytes("before"));
    CHECK(cluster[n].kv().Get("taken").has_value());
    CHECK_FALSE(cluster[n].kv().Get("refused").has_value());
  }
}

TEST_CASE("overload: after many terms, leaders and truncations every counter is back at nothing") {
  Settings settings = Bounded(5000);
  settings.max_pending_reads = 3;
  HandCluster cluster(3, settings);
  for (std::uint32_t round = 0; round < 9; ++round) {
    const std::uint32_t leader = round % 3;
    cluster.Elect(leader);
    cluster.Deliver();
    CHECK(cluster[leader].raft().uncommitted_bytes() == 0);
    const CallId refused = FillUp(cluster, leader, 700);  // nobody hears of these
    CHECK(IsAnswered(cluster, refused, Outcome::kBusy));
    for (int i = 0; i < 4; ++i) cluster.Call(leader, {.op = GetOp{Bytes("k")}});
    cluster.Lose();
    const std::uint32_t next = (leader + 1) % 3;
    cluster.Advance(Duration::Seconds(2));
    cluster.Step((leader + 2) % 3, Wake{});
    cluster.Lose();
    while (!cluster[next].raft().IsLeader()) {
      cluster.Wake(next);
      cluster.Deliver(Between(next, (leader + 2) % 3));
    }
    cluster.Lose();
    cluster.Wake(next);
    cluster.Deliver();  // the entries of the old leader are cut off
    CHECK(cluster[leader].raft().uncommitted_bytes() == 0);
    CHECK(cluster[leader].open_calls() == 0);
  }
  for (std::uint32_t n = 0; n < 3; ++n) {
    CHECK(cluster[n].open_calls() == 0);
    CHECK(cluster[n].raft().uncommitted_bytes() == 0);
    CHECK(cluster[n].raft().waiting_reads() == 0);
  }
  for (const auto& [call, count] : cluster.replies) CHECK(count == 1);
}

TEST_CASE("overload: a new leader counts what it inherits") {
  HandCluster cluster(3, Bounded(5000));
  cluster.Elect(0);
  cluster.Deliver();
  CallId call = cluster.Put(0, "k", std::string(700, 'x'));
  while (!cluster.answers.contains(call)) {
    cluster.Deliver([](const Message& m) { return Is<AppendRequest>(m) && m.to == NodeId(1); });
    cluster.Lose([](const Message& m) { return m.to == NodeId(2); });
    call = cluster.Put(0, "k", std::string(700, 'x'));
  }
  cluster.Lose();
  cluster.Advance(Duration::Seconds(2));
  cluster.Step(2, Wake{});
  cluster.Lose();
  while (!cluster[1].raft().IsLeader()) {
    cluster.Wake(1);
    cluster.Deliver([](const Message& m) { return Between(1, 2)(m) && !Is<AppendRequest>(m); });
    cluster.Lose();
  }
  CHECK(cluster[1].raft().uncommitted_bytes() > 700);
  CHECK(cluster[1].raft().uncommitted_bytes() == UncommittedIn(cluster[1]));
  cluster.Wake(1);
  cluster.Deliver();
  cluster.Wake(1);
  cluster.Deliver();
  CHECK(cluster[1].raft().uncommitted_bytes() == 0);
}

TEST_CASE("overload: what is on its way to a silent follower is bounded in messages and in bytes") {
  Settings settings;
  settings.max_append_bytes = 1000;
  settings.max_piece_bytes = 1000;
  settings.max_inflight_bytes = 2500;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  cluster.Deliver();
  for (int i = 0; i < 50; ++i) {
    cluster.Put(0, "k", std::string(600, 'x'));
    cluster.Deliver(Between(0, 1));
  }
  const auto to_silent =
      std::count_if(cluster.in_flight.begin(), cluster.in_flight.end(),
                    [](const Message& m) { return m.to == NodeId(2) && Is<AppendRequest>(m); });
  CHECK(to_silent == 4);
  for (const Peer& peer : cluster[0].raft().leadership()->peers) {
    if (peer.node == NodeId(1)) CHECK(peer.in_flight_bytes == 0);
    if (peer.node == NodeId(2)) CHECK(peer.in_flight_bytes > 0);
    if (peer.node == NodeId(2)) CHECK(peer.in_flight_bytes < 2500 + 1000);
  }
  cluster.Deliver();
  for (const Peer& peer : cluster[0].raft().leadership()->peers) {
    CHECK(peer.in_flight_bytes == 0);
    CHECK(peer.match == cluster[0].raft().log().last());
  }
}

TEST_CASE(
    "overload: a chunk that comes again and again while the disk hangs costs a bounded amount") {
  Settings settings;
  settings.snapshot_margin_bytes = 0;
  settings.snapshot_every = 10;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  for (int i = 0; i < 40; ++i) {
    cluster.Put(0, "k" + std::to_string(i), "v");
    cluster.Deliver(Between(0, 1));
    cluster.Lose();
  }
  REQUIRE(cluster[0].raft().log().base() > cluster[2].raft().log().last());
  std::optional<Message> chunk;
  for (int i = 0; i < 100 && !chunk.has_value(); ++i) {
    cluster.Wake(0);
    cluster.Deliver([&chunk](const Message& m) {
      const auto* part = std::get_if<SnapshotChunk>(&m.body);
      if (part == nullptr || part->bytes.empty()) return true;
      chunk = m;
      return false;
    });
  }
  REQUIRE(chunk.has_value());
  cluster.Lose();
  cluster.instant_disks = false;
  for (int i = 0; i < 1000; ++i) cluster.Hand(*chunk);
  CHECK(cluster[2].open_calls() <= 16);
  cluster.instant_disks = true;
  while (cluster.FinishDisk(2)) {
  }
  CHECK(cluster[2].open_calls() == 0);
  CHECK(cluster[2].applied() == std::get<SnapshotChunk>(chunk->body).meta.index);
}

TEST_CASE("overload: a refusal as too large names the limit") {
  Settings settings;
  settings.max_value_bytes = 1000;
  settings.max_key_bytes = 10;
  HandCluster cluster(1, settings);
  cluster.Elect(0);
  const auto refusal = [&](ClientOp op) {
    const ClientAnswer answer = cluster.answers.at(cluster.Call(0, {.op = std::move(op)}));
    CHECK(answer.outcome == Outcome::kTooLarge);
    return answer.limit;
  };
  const Index last = cluster[0].raft().log().last();
  const Bytes large(std::string(1001, 'v'));
  const Bytes long_key(std::string(11, 'k'));
  CHECK(refusal(PutOp{Bytes("k"), large}) == 1000);
  CHECK(refusal(PutOp{long_key, large}) == 10);
  CHECK(refusal(CompareAndSetOp{Bytes("k"), large, Bytes("v")}) == 1000);
  CHECK(refusal(GetOp{long_key}) == 10);
  CHECK(refusal(DeleteOp{long_key}) == 10);
  CHECK(cluster[0].raft().log().last() == last);
  CHECK(cluster.answers.at(cluster.Put(0, "k", "v")).limit == 0);
}

// Appends arrive one at a time, 10 ms apart: about 2.5 s for the whole value.
TEST_CASE("overload: 64 MiB go in pieces, and heartbeats leave on time between them") {
  HandCluster cluster(2);
  cluster.Elect(0);
  cluster.Deliver();
  const std::string value(64 << 20, 'v');
  const CallId call = cluster.Put(0, "k", value);
  const Term term = cluster[0].raft().term();
  TimePoint last_heartbeat = cluster.now();
  const auto heartbeat = [](const Message& m) {
    return Is<Heartbeat>(m) || Is<HeartbeatResponse>(m);
  };
  for (int i = 0; i < 10000 && !cluster.answers.contains(call); ++i) {
    cluster.Advance(Duration::Milliseconds(10));
    cluster.Step(0, Wake{});
    cluster.Step(1, Wake{});
    if (std::any_of(cluster.in_flight.begin(), cluster.in_flight.end(), Is<Heartbeat>)) {
      CHECK(cluster.now() - last_heartbeat <= Duration::Milliseconds(60));
      last_heartbeat = cluster.now();
      cluster.Deliver(heartbeat);
    }
    const auto append =
        std::find_if(cluster.in_flight.begin(), cluster.in_flight.end(), Is<AppendRequest>);
    if (append == cluster.in_flight.end()) continue;
    std::uint64_t bytes = 0;
    for (const Entry& entry : std::get<AppendRequest>(append->body).entries) bytes += Cost(entry);
    CHECK(bytes <= cluster[0].raft().settings().max_append_bytes);
    const Message message = std::move(*append);
    cluster.in_flight.erase(append);
    cluster.Hand(message);
    cluster.Deliver([](const Message& m) { return Is<AppendResponse>(m); });
  }
  REQUIRE(IsAnswered(cluster, call, Outcome::kOk));
  cluster.Deliver();
  CHECK(cluster[0].raft().term() == term);
  CHECK(cluster[0].raft().uncommitted_bytes() == 0);
  for (std::uint32_t n = 0; n < 2; ++n) CHECK((cluster[n].kv().Get("k") == Bytes(value)));
}

}  // namespace drydock
