// Whom a leader asks before it serves a read: thesis, section 6.4.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

// Whom heartbeats are on their way to.
std::vector<NodeId> Asked(const HandCluster& cluster) {
  std::vector<NodeId> asked;
  for (const Message& message : cluster.in_flight) {
    if (Is<Heartbeat>(message)) asked.push_back(message.to);
  }
  return asked;
}

HandCluster Led(std::uint32_t size) {
  HandCluster cluster(size);
  cluster.Elect(0);
  cluster.Deliver();
  return cluster;
}

CallId Get(HandCluster& cluster) {
  return cluster.Get(0, "k", ReadMode::kLinearizable);
}

}  // namespace

TEST_CASE("a read asks as many voters as a quorum needs") {
  for (const std::uint32_t size : {1u, 2u, 3u, 4u, 5u, 7u}) {
    HandCluster cluster = Led(size);
    const CallId call = Get(cluster);
    CHECK(Asked(cluster).size() == size / 2);
    cluster.Deliver();
    CHECK(cluster.answers.at(call).outcome == Outcome::kNotFound);
  }
}

TEST_CASE("who does not answer a read's round is made up for by the next heartbeat") {
  HandCluster cluster = Led(3);
  const CallId call = Get(cluster);
  const std::vector<NodeId> silent = Asked(cluster);
  REQUIRE(silent.size() == 1);
  const auto reaches_others = [&](const Message& m) {
    return m.to != silent[0] && m.from != silent[0];
  };
  cluster.Lose();
  CHECK_FALSE(cluster.answers.contains(call));
  cluster.Wake(0);
  CHECK(Asked(cluster).size() == 2);
  cluster.Deliver(reaches_others);
  CHECK(cluster.answers.at(call).outcome == Outcome::kNotFound);
  cluster.Lose();
  const CallId next = Get(cluster);
  CHECK(Asked(cluster) != silent);
  cluster.Deliver(reaches_others);
  CHECK(cluster.answers.at(next).outcome == Outcome::kNotFound);
}

TEST_CASE("reads do not put the heartbeat to all off") {
  HandCluster cluster = Led(3);
  const Duration step = Duration::Nanoseconds(Settings().heartbeat_interval.nanoseconds() / 4);
  std::size_t to_all = 0;
  for (int i = 0; i < 8; ++i) {
    cluster.Advance(step);
    cluster.Step(0, Wake{});
    to_all += Asked(cluster).size() == 2 ? 1 : 0;
    cluster.Deliver();
    Get(cluster);
    cluster.Deliver();
  }
  CHECK(to_all == 2);
}

TEST_CASE("a learner is not asked before a read") {
  HandCluster cluster = Led(3);
  cluster.Change(0, {.demote = {NodeId(1)}});
  cluster.Deliver();
  REQUIRE(cluster[0].raft().configuration().learners() == std::vector{NodeId(1)});
  Get(cluster);
  CHECK(Asked(cluster) == std::vector{NodeId(2)});
}

}  // namespace drydock
