// Reads under a lease: thesis, section 6.4.1. Of the nodes here, n0 has an election timeout of
// 150 ms, n1 of 200 ms, n2 of 250 ms.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/storage/identity.h"
#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

constexpr Duration Ms(std::int64_t ms) {
  return Duration::Milliseconds(ms);
}

Settings WithLeases() {
  Settings settings;
  settings.leases = true;
  settings.clock_drift_ppm = 0;
  return settings;
}

bool IsHeartbeat(const Message& m) {
  return Is<Heartbeat>(m) || Is<HeartbeatResponse>(m);
}

// n0 leads, all have all, k is 1, and nothing is under way.
HandCluster Led(std::uint32_t size, const Settings& settings = WithLeases()) {
  HandCluster cluster(size, settings);
  cluster.Elect(0);
  cluster.Deliver();
  cluster.Put(0, "k", "1");
  cluster.Deliver();
  return cluster;
}

// A round of heartbeats is sent now, and only these answer.
TimePoint Renew(HandCluster& cluster, const HandCluster::Filter& who) {
  cluster.Advance(Ms(50));
  cluster.Step(0, Wake{});
  const TimePoint sent = cluster.now();
  cluster.Deliver([&](const Message& m) { return IsHeartbeat(m) && who(m); });
  cluster.Lose();
  return sent;
}
auto WithN1() {
  return Between(0, 1);
}

Message VoteRequestTo(std::uint32_t voter, std::uint32_t candidate, Term term, HandCluster& cluster,
                      bool transfer = false) {
  const Log& log = cluster[candidate].raft().log();
  return Message{.from = NodeId(candidate),
                 .to = NodeId(voter),
                 .store = StoreId(candidate + 1),
                 .term = term,
                 .body = VoteRequest{log.last(), log.last_term(), transfer}};
}

bool IsGranted(const HandCluster& cluster) {
  return std::any_of(cluster.in_flight.begin(), cluster.in_flight.end(), [](const Message& m) {
    const auto* vote = std::get_if<VoteResponse>(&m.body);
    return vote != nullptr && vote->granted;
  });
}

// Whether the voter would vote for the candidate in the next term at this moment.
bool WouldVote(HandCluster cluster, std::uint32_t voter, std::uint32_t candidate) {
  cluster.Lose();
  const Term term = Next(cluster[voter].raft().term());
  cluster.Hand(VoteRequestTo(voter, candidate, term, cluster));
  return IsGranted(cluster);
}

}  // namespace

TEST_CASE("6.4.1: under a lease a read is answered at once, and nobody is asked") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  const CallId call = cluster.Get(0, "k", ReadMode::kLease);
  CHECK(cluster.answers.at(call).value == Bytes("1"));
  CHECK(cluster.in_flight.empty());
  cluster.Get(0, "k", ReadMode::kLinearizable);
  CHECK_FALSE(cluster.in_flight.empty());  // it was not asked for
}

TEST_CASE("6.4.1: there are no leases unless they are switched on") {
  HandCluster cluster = Led(3, Settings());
  Renew(cluster, [](const Message&) { return true; });
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
  const CallId call = cluster.Get(0, "k", ReadMode::kLease);
  CHECK_FALSE(cluster.answers.contains(call));
  cluster.Deliver();
  CHECK(cluster.answers.at(call).value == Bytes("1"));
}

TEST_CASE("6.4.1: a lease begins when the heartbeats were sent, not when they were answered") {
  HandCluster cluster = Led(3);
  cluster.Advance(Ms(300));  // no lease is left
  cluster.Step(0, Wake{});
  const TimePoint sent = cluster.now();
  REQUIRE_FALSE(cluster[0].raft().LeaseUntil().has_value());
  cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m) && m.to == NodeId(1); });
  cluster.Advance(Ms(30));
  cluster.Deliver([](const Message& m) { return Is<HeartbeatResponse>(m); });
  CHECK(cluster[0].raft().LeaseUntil() == sent + Ms(200));
}

TEST_CASE("6.4.1: it lasts as long as a quorum has promised, whatever the leader's own settings") {
  HandCluster cluster = Led(3);
  cluster.Advance(Ms(300));
  CHECK(cluster[0].raft().settings().election_timeout_min == Ms(150));
  const TimePoint sent = Renew(cluster, WithN1());
  CHECK(cluster[0].raft().LeaseUntil() == sent + Ms(200));
  const TimePoint again = Renew(cluster, Between(0, 2));
  CHECK(cluster[0].raft().LeaseUntil() == again + Ms(250));

  HandCluster five = Led(5);
  five.Advance(Ms(300));
  const TimePoint then = Renew(five, [](const Message& m) {
    return Between(0, 2)(m) || Between(0, 4)(m);  // 250 ms and 350 ms
  });
  CHECK(five[0].raft().LeaseUntil() == then + Ms(250));
}

TEST_CASE("6.4.1: it is shorter by the drift that clocks may have") {
  Settings settings = WithLeases();
  settings.clock_drift_ppm = 250000;
  HandCluster cluster = Led(3, settings);
  cluster.Advance(Ms(300));
  const TimePoint sent = Renew(cluster, WithN1());
  CHECK(cluster[0].raft().LeaseUntil() == sent + Ms(160));
}

TEST_CASE("6.4.1: a promise that no correct node gives does no harm") {
  for (const std::int64_t ns : {INT64_MAX, INT64_MIN, std::int64_t{-1}}) {
    HandCluster cluster = Led(3);
    cluster.Advance(Ms(300));
    cluster.Step(0, Wake{});
    const TimePoint sent = cluster.now();
    cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m) && m.to == NodeId(1); });
    for (Message& message : cluster.in_flight) {
      auto* response = std::get_if<HeartbeatResponse>(&message.body);
      if (response != nullptr) response->promise = Duration::Nanoseconds(ns);
    }
    cluster.Deliver([](const Message& m) { return Is<HeartbeatResponse>(m); });
    const std::optional<TimePoint> until = cluster[0].raft().LeaseUntil();
    CHECK(until.has_value() == (ns > 0));
    if (until.has_value()) CHECK(*until <= sent + Duration::Seconds(3600));
  }
}

TEST_CASE("6.4.1: a minority's promises give no lease") {
  HandCluster cluster = Led(5);
  cluster.Advance(Ms(400));
  Renew(cluster, WithN1());
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("6.4.1: a leader that was stopped for long has no lease when it wakes") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  cluster.Advance(Ms(200));
  const CallId call = cluster.Get(0, "k", ReadMode::kLease);
  CHECK_FALSE(cluster.answers.contains(call));
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("a clock that steps back ends the lease: time has passed that nobody counted") {
  HandCluster cluster = Led(3);
  cluster.Advance(Ms(100));
  Renew(cluster, WithN1());
  REQUIRE(cluster[0].raft().LeaseUntil().has_value());
  cluster.Advance(Ms(-20));
  cluster.Step(0, Wake{});
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
  Renew(cluster, WithN1());
  CHECK(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("answers to heartbeats from before a step back give no lease") {
  HandCluster cluster = Led(3);
  cluster.Advance(Ms(300));
  cluster.Step(0, Wake{});
  cluster.Deliver([](const Message& m) { return Is<Heartbeat>(m); });
  cluster.Advance(Ms(-20));
  cluster.Deliver([](const Message& m) { return Is<HeartbeatResponse>(m); });
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("3.10, 6.4.1: once a bid to campaign was sent there is no lease in this term") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  cluster.Transfer(0, NodeId(2));
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
  cluster.Lose();  // with the bid
  while (cluster[0].raft().transferring()) {
    cluster.Wake(0);
    cluster.Deliver(IsHeartbeat);
    cluster.Lose();
  }
  REQUIRE(cluster[0].raft().IsLeader());
  Renew(cluster, WithN1());
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
  const CallId call = cluster.Get(0, "k", ReadMode::kLease);
  CHECK_FALSE(cluster.answers.contains(call));
  cluster.Deliver();
  CHECK(cluster.answers.at(call).value == Bytes("1"));
}

TEST_CASE("6.4.1: with a new configuration a lease must be earned anew") {
  HandCluster cluster = Led(4);
  Renew(cluster, [](const Message&) { return true; });
  REQUIRE(cluster[0].raft().LeaseUntil().has_value());
  cluster.Change(0, {.remove = {NodeId(3)}});
  cluster.Step(0, Wake{});
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
  cluster.Deliver();
  cluster.Lose();
  Renew(cluster, [](const Message&) { return true; });
  CHECK(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("6.4.1: a new leader has no lease before it has committed an entry of its term") {
  HandCluster cluster = Led(3);
  cluster.Transfer(0, NodeId(1));
  const auto no_log = [](const Message& m) { return !Is<AppendRequest>(m); };
  cluster.Deliver(no_log);
  REQUIRE(cluster[1].raft().IsLeader());
  CHECK_FALSE(cluster[1].raft().LeaseUntil().has_value());
  cluster.Deliver();
  CHECK(cluster[1].raft().LeaseUntil().has_value());
}

TEST_CASE("6.4.1: a voter keeps its promise over a restart, and first starts have made none") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  CHECK_FALSE(WouldVote(cluster, 1, 2));
  cluster.Crash(1);
  CHECK_FALSE(WouldVote(cluster, 1, 2));
  cluster.Advance(Ms(199));
  cluster.Step(1, Wake{});
  CHECK_FALSE(WouldVote(cluster, 1, 2));
  cluster.Advance(Ms(1));
  CHECK(WouldVote(cluster, 1, 2));

  HandCluster fresh(3, WithLeases());
  CHECK(WouldVote(fresh, 1, 2));
}

TEST_CASE("6.4.1: it keeps it though it is started with other settings") {
  for (const bool leases : {true, false}) {
    HandCluster cluster = Led(3);
    Renew(cluster, WithN1());
    Settings settings = WithLeases();
    settings.leases = leases;
    settings.check_quorum = leases;
    cluster.SetSettings(settings);
    cluster.Crash(1);
    cluster.Crash(1);  // twice: the second start knows of the settings before the first
    cluster.Advance(Ms(199));
    CHECK_FALSE(WouldVote(cluster, 1, 2));
    cluster.Advance(Ms(1));
    CHECK(WouldVote(cluster, 1, 2));
  }
}

TEST_CASE("6.4.1: a restarted voter does not campaign before its promise is over, either") {
  HandCluster cluster = Led(3);
  cluster.Crash(1);
  const TimePoint restarted = cluster.now();
  while (cluster[1].raft().role() == Role::kFollower) {
    cluster.Wake(1);
    cluster.Lose();
  }
  CHECK(cluster.now() >= restarted + Ms(200));
}

TEST_CASE("6.4.1: silence takes no promise back") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  cluster.Step(1, Suspend{Ms(1000)});
  cluster.Advance(Ms(10));
  cluster.Step(1, Resume{});
  CHECK_FALSE(WouldVote(cluster, 1, 2));
  cluster.Advance(Ms(190));
  cluster.Step(1, Wake{});
  CHECK(WouldVote(cluster, 1, 2));
}

TEST_CASE("6.4.1: a promise holds in a term that another message brought") {
  HandCluster cluster = Led(3);
  Renew(cluster, WithN1());
  const Term term = Next(cluster[1].raft().term());
  cluster.Hand(Message{.from = NodeId(2),
                       .to = NodeId(1),
                       .store = StoreId(3),
                       .term = term,
                       .body = PreVoteResponse{term, false}});
  REQUIRE(cluster[1].raft().term() == term);
  cluster.Lose();
  cluster.Hand(VoteRequestTo(1, 2, term, cluster));
  CHECK_FALSE(IsGranted(cluster));
  cluster.Advance(Ms(200));
  cluster.Hand(VoteRequestTo(1, 2, term, cluster));
  CHECK(IsGranted(cluster));
}

TEST_CASE("6.4.1: without check_quorum nothing is promised, so there is no lease") {
  Settings settings = WithLeases();
  settings.check_quorum = false;
  HandCluster cluster = Led(3, settings);
  Renew(cluster, [](const Message&) { return true; });
  CHECK_FALSE(cluster[0].raft().LeaseUntil().has_value());
}

TEST_CASE("the longest promise of any start is on disk, and a store without one stays as it was") {
  MemoryDisk disk;
  StartOptions options{.node = NodeId(0), .bootstrap = StoreId(1), .segment_bytes = 1 << 20};
  CHECK(Recover(disk, options).value().vote_promise == Duration());
  CHECK(disk.Size(kIdentityPath).value() == 44);
  options.vote_promise = Ms(200);
  CHECK(Recover(disk, options).value().vote_promise == Ms(200));
  options.vote_promise = Ms(100);
  CHECK(Recover(disk, options).value().vote_promise == Ms(200));
  options.vote_promise = Duration();
  CHECK(Recover(disk, options).value().vote_promise == Ms(200));
}

}  // namespace drydock
