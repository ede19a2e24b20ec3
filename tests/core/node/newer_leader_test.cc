// What a leader of a newer version may send: nothing that this program does not know is passed
// over, and none of it breaks a check. The node stops itself with the reason, or refuses it.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

constexpr char kUnknown = 99;

Settings Compacting() {
  Settings settings;
  settings.snapshot_margin_bytes = 0;
  return settings;
}

Bytes Newer(const Bytes& bytes) {
  std::string newer(bytes.view());
  newer.front() = kUnknown;
  return Bytes(newer);
}

// The entry with such a payload that is on its way to n2 becomes one of a newer version.
void MakeNewer(HandCluster& cluster, EntryKind kind) {
  int changed = 0;
  for (Message& message : cluster.in_flight) {
    auto* append = std::get_if<AppendRequest>(&message.body);
    if (append == nullptr || message.to != NodeId(2)) continue;
    for (Entry& entry : append->entries) {
      if (entry.kind != kind || changed > 0) continue;
      entry.payload = Newer(entry.payload);
      ++changed;
    }
  }
  REQUIRE(changed == 1);
}

std::string WhyHalted(const HandCluster& cluster) {
  std::string why;
  for (const TraceEvent& event : cluster.trace) {
    if (const auto* halted = std::get_if<trace::Halted>(&event)) why += halted->reason + "\n";
  }
  return why;
}

bool Says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Time passes and everything is delivered, until n2 has halted.
void AwaitHalt(HandCluster& cluster) {
  for (int i = 0; i < 100 && !cluster[2].halted(); ++i) {
    cluster.Deliver();
    cluster.Wake(0);
  }
  REQUIRE(cluster[2].halted());
}

TEST_CASE("newer leader: a command of unknown form stops the node before it, again at each start") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "a", "1");
  cluster.Deliver();
  const CallId call = cluster.Put(0, "a", "2");
  MakeNewer(cluster, EntryKind::kCommand);
  AwaitHalt(cluster);
  const Index last = Previous(cluster.answers.at(call).index);
  CHECK(cluster[2].applied() == last);
  CHECK(cluster[2].kv().Get("a")->view() == "1");
  CHECK(Says(WhyHalted(cluster),
             "entry " + std::to_string(Next(last).value()) +
                 " is a command of format 99, and this program reads format 1: the leader is of a "
                 "newer version"));
  CHECK(cluster[2].open_calls() == 0);
  // The others go on without it.
  const CallId more = cluster.Put(0, "b", "3");
  cluster.Deliver();
  CHECK(cluster.answers.at(more).outcome == Outcome::kOk);
  cluster.Crash(2);
  CHECK_FALSE(cluster[2].halted());
  AwaitHalt(cluster);
  CHECK(cluster[2].applied() < Next(last));
}

TEST_CASE("newer leader: a large command of unknown form stops the node at its last piece") {
  Settings settings;
  settings.max_piece_bytes = 100;
  HandCluster cluster(3, settings);
  cluster.Elect(0);
  const std::string value(250, 'v');
  const CallId call = cluster.Put(0, "a", value);
  MakeNewer(cluster, EntryKind::kPart);
  AwaitHalt(cluster);
  CHECK(cluster[2].applied() == Previous(cluster.answers.at(call).index));
  CHECK_FALSE(cluster[2].kv().Get("a").has_value());
}

TEST_CASE("newer leader: an operation that is not known stops the node, too") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "a", "1");
  constexpr std::size_t kCodeAt = 25;  // behind the version and three numbers
  for (Message& message : cluster.in_flight) {
    auto* append = std::get_if<AppendRequest>(&message.body);
    if (append == nullptr || message.to != NodeId(2)) continue;
    for (Entry& entry : append->entries) {
      std::string payload(entry.payload.view());
      payload.at(kCodeAt) = kUnknown;
      entry.payload = Bytes(payload);
    }
  }
  AwaitHalt(cluster);
  CHECK(Says(WhyHalted(cluster), "a command with operation 99"));
}

TEST_CASE("newer leader: what makes no sense in a form that is known stops nobody") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "a", "1");
  for (Message& message : cluster.in_flight) {
    auto* append = std::get_if<AppendRequest>(&message.body);
    if (append == nullptr || message.to != NodeId(2)) continue;
    for (Entry& entry : append->entries) entry.payload = Bytes("\1short");
  }
  cluster.Deliver();
  cluster.Wake(0);
  cluster.Deliver();
  CHECK_FALSE(cluster[2].halted());
  CHECK(cluster[2].applied() == cluster[0].applied());
}

TEST_CASE("newer leader: a configuration of unknown form is refused, and not written") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const Index last = cluster[2].raft().log().last();
  cluster.Change(
      0, {.add = {}, .add_learners = {NodeId(3)}, .promote = {}, .demote = {}, .remove = {}});
  MakeNewer(cluster, EntryKind::kConfiguration);
  const std::size_t refused = cluster.RefusalsFor(RefusalReason::kMalformed);
  cluster.Deliver(To(2));
  CHECK(cluster.RefusalsFor(RefusalReason::kMalformed) == refused + 1);
  CHECK(cluster[2].raft().log().last() == last);
  CHECK_FALSE(cluster[2].halted());
}

TEST_CASE("newer leader: a snapshot of unknown form stops the node before it is written") {
  HandCluster cluster(3, Compacting());
  cluster.Elect(0);
  for (int i = 0; i < 20; ++i) {
    cluster.Put(0, "key " + std::to_string(i), "value");
    cluster.Deliver(Between(0, 1));
    cluster.Lose();
  }
  cluster.Step(0, TakeSnapshot{CallId(1'000'000)});
  REQUIRE(cluster[0].raft().log().base() > cluster[2].raft().log().last());
  const Index applied = cluster[2].applied();
  for (int i = 0; i < 200 && !cluster[2].halted(); ++i) {
    cluster.Wake(0);
    while (!cluster.in_flight.empty()) {
      Message message = std::move(cluster.in_flight.front());
      cluster.in_flight.erase(cluster.in_flight.begin());
      auto* chunk = std::get_if<SnapshotChunk>(&message.body);
      if (chunk != nullptr && !chunk->bytes.empty()) chunk->bytes = Newer(chunk->bytes);
      cluster.Hand(std::move(message));
    }
  }
  REQUIRE(cluster[2].halted());
  CHECK(Says(WhyHalted(cluster), "is in a form that this program does not know: the leader is of"));
  CHECK(cluster[2].applied() == applied);
  CHECK(cluster.disk(2).List(kSnapshotFolder).value().empty());
}

}  // namespace
}  // namespace drydock
