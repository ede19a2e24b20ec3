// Who leads when several could: priorities (docs/decisions/0010), and a leader with a stalled disk.
#include <doctest/doctest.h>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

Settings Preferring(std::uint32_t node) {
  Settings settings;
  settings.priorities[NodeId(node)] = 10;
  return settings;
}

std::size_t TransfersIn(const HandCluster& cluster, TransferCause cause) {
  std::size_t count = 0;
  for (const TraceEvent& event : cluster.trace) {
    const auto* started = std::get_if<trace::TransferStarted>(&event);
    count += started != nullptr && started->cause == cause ? 1 : 0;
  }
  return count;
}

// The leader's own timers for so long, everything is delivered.
void LetPass(HandCluster& cluster, Duration time) {
  for (const TimePoint end = cluster.now() + time; cluster.now() < end;) {
    cluster.Advance(Duration::Milliseconds(10));
    for (std::uint32_t node = 0; node < 3; ++node) cluster.Step(node, Wake{});
    cluster.Deliver();
  }
}

}  // namespace

TEST_CASE("a node that another voter outranks waits beyond that one's longest timeout") {
  HandCluster plain(3);
  HandCluster preferring(3, Preferring(2));
  CHECK(preferring[2].NextDeadline() == plain[2].NextDeadline());
  CHECK(preferring[0].NextDeadline() > plain[0].NextDeadline());
  CHECK(preferring[0].NextDeadline() - plain[0].NextDeadline() ==
        Settings().heartbeat_interval);  // the timeouts of this cluster have no spread
}

TEST_CASE("a leader hands over to a preferred voter that answers and holds the log") {
  HandCluster cluster(3, Preferring(2));
  cluster.Elect(0);
  LetPass(cluster, Duration::Seconds(1));
  CHECK(cluster[2].raft().IsLeader());
  CHECK(TransfersIn(cluster, TransferCause::kPriority) == 1);
  LetPass(cluster, Duration::Seconds(5));
  CHECK(cluster[2].raft().IsLeader());
  CHECK(TransfersIn(cluster, TransferCause::kPriority) == 1);
}

TEST_CASE("an attempt that failed is not repeated for ten election timeouts") {
  HandCluster cluster(3, Preferring(2));
  cluster.Elect(0);
  const auto pass = [&](Duration time) {
    for (const TimePoint end = cluster.now() + time; cluster.now() < end;) {
      cluster.Advance(Duration::Milliseconds(10));
      for (std::uint32_t node = 0; node < 3; ++node) cluster.Step(node, Wake{});
      cluster.Deliver([](const Message& m) { return !Is<TimeoutNow>(m); });
      cluster.Lose();
    }
  };
  pass(Duration::Milliseconds(1400));
  CHECK(TransfersIn(cluster, TransferCause::kPriority) == 1);
  pass(Duration::Milliseconds(1600));
  CHECK(TransfersIn(cluster, TransferCause::kPriority) == 2);
  CHECK(cluster[0].raft().IsLeader());
}

TEST_CASE("with equal priorities no timer is armed and nothing changes") {
  HandCluster cluster(3);
  cluster.Elect(0);
  LetPass(cluster, Duration::Seconds(2));
  for (const TraceEvent& event : cluster.trace) {
    const auto* armed = std::get_if<trace::TimerArmed>(&event);
    CHECK((armed == nullptr || armed->timer < TimerId::kTransfer));
  }
}

TEST_CASE("a leader whose disk completes no write hands over to a follower that has all") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  cluster.Put(0, "k", "v");
  const auto pass = [&] {
    cluster.Advance(Duration::Milliseconds(10));
    cluster.Step(0, Wake{});
    cluster.Deliver();
    while (cluster.FinishDisk(1) || cluster.FinishDisk(2)) cluster.Deliver();
  };
  const TimePoint end = cluster.now() + Duration::Milliseconds(2 * 150);
  while (cluster.now() < end && cluster[0].raft().IsLeader()) pass();
  CHECK(TransfersIn(cluster, TransferCause::kDiskStalled) == 1);
  for (int i = 0; i < 3; ++i) pass();
  CHECK(cluster[1].raft().IsLeader());
  CHECK_FALSE(cluster[0].raft().IsLeader());
}

TEST_CASE("a leader whose disk is stalled and that finds no successor steps down and stays down") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  cluster.Put(0, "k", "v");
  const TimePoint end = cluster.now() + Duration::Milliseconds(2 * 150);
  while (cluster.now() < end) {
    cluster.Advance(Duration::Milliseconds(10));
    cluster.Step(0, Wake{});
    cluster.Deliver([](const Message& m) { return !Is<AppendRequest>(m); });
  }
  CHECK(cluster[0].raft().role() == Role::kFollower);
  cluster.Lose();
  for (int i = 0; i < 10; ++i) {
    cluster.Wake(0);
    CHECK(cluster[0].raft().role() == Role::kFollower);
    CHECK(cluster.in_flight.empty());
  }
  while (cluster.FinishDisk(0)) {
  }
  cluster.Wake(0);
  CHECK(cluster[0].raft().role() == Role::kPreCandidate);
}

TEST_CASE("a disk that is slow but completes its writes is no reason to hand over") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  for (int i = 0; i < 60; ++i) {
    cluster.Advance(Duration::Milliseconds(20));
    cluster.Step(0, Wake{});
    if (i % 3 == 0) cluster.Put(0, "k", "v");
    cluster.Deliver();
    while (cluster.FinishDisk(1) || cluster.FinishDisk(2)) cluster.Deliver();
    if (i % 5 == 4) cluster.FinishDisk(0);
  }
  CHECK(cluster[0].raft().IsLeader());
  CHECK(TransfersIn(cluster, TransferCause::kDiskStalled) == 0);
}

TEST_CASE("a leader that was paused while its disk worked does not take the disk for stalled") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.instant_disks = false;
  cluster.Put(0, "k", "v");
  cluster.Advance(Duration::Seconds(1));  // it sleeps; its write is done meanwhile
  cluster.Step(0, Wake{});
  while (cluster.FinishDisk(0)) {
  }
  cluster.Step(0, Wake{});
  cluster.Advance(Duration::Milliseconds(100));
  cluster.Step(0, Wake{});
  CHECK(TransfersIn(cluster, TransferCause::kDiskStalled) == 0);
}

}  // namespace drydock
