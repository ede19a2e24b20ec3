// Changing the members, on nodes stepped by hand. Section numbers are those of the Raft thesis.
#include <doctest/doctest.h>

#include "tests/support/hand_cluster.h"

namespace drydock {
namespace {

std::vector<NodeId> Nodes(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> nodes;
  for (const std::uint32_t number : numbers) nodes.emplace_back(number);
  return nodes;
}

const Configuration& ConfigurationOf(HandCluster& cluster, std::uint32_t node) {
  return cluster[node].raft().configuration();
}
bool Votes(HandCluster& cluster, std::uint32_t node, std::vector<std::uint32_t> voters) {
  const Configuration& now = ConfigurationOf(cluster, node);
  return !now.IsJoint() && now.incoming().voters() == Nodes(std::move(voters));
}
ChangeOutcome OutcomeOf(HandCluster& cluster, CallId call) {
  REQUIRE(cluster.changes.contains(call));
  CHECK(cluster.replies[call] == 1);
  return cluster.changes.at(call).outcome;
}
// The leader's timers and what follows from them.
void Beat(
    HandCluster& cluster, std::uint32_t leader, int times = 1,
    const HandCluster::Filter& passes = [](const Message&) { return true; }) {
  for (int i = 0; i < times; ++i) {
    cluster.Wake(leader);
    cluster.Deliver(passes);
    cluster.Lose();
  }
}
// How often a joint configuration, and one that follows it, was appended at a leader.
std::size_t JointEntries(const Raft& raft) {
  std::size_t count = 0;
  for (Index i(1); i <= raft.log().last(); i = Next(i)) {
    if (raft.log().At(i).kind != EntryKind::kConfiguration) continue;
    count += Configuration::Decode(raft.log().At(i).payload.view())->IsJoint() ? 1 : 0;
  }
  return count;
}
auto Hears(std::vector<std::uint32_t> nodes) {
  return [nodes](const Message& m) {
    const auto in = [&](NodeId node) {
      return std::find(nodes.begin(), nodes.end(), node.value()) != nodes.end();
    };
    return in(m.from) && in(m.to);
  };
}

// --- Joining ------------------------------------------------------------------------------------

TEST_CASE("4.1: a node that was not founded waits, and asks nobody for votes") {
  HandCluster cluster(4, 3);
  for (int i = 0; i < 20; ++i) cluster.Wake(3);
  CHECK(cluster.in_flight.empty());
  CHECK(cluster[3].raft().term() == Term(0));
  CHECK(ConfigurationOf(cluster, 3).members().empty());
}

TEST_CASE("4.1: a node that waits gives nobody its vote") {
  HandCluster cluster(4, 3);
  cluster.Hand({NodeId(0), NodeId(3), StoreId(1), Term(1), VoteRequest{Index(9), Term(1)},
                cluster[3].raft().store()});
  CHECK(cluster.in_flight.empty());
  CHECK(!cluster[3].raft().vote().has_value());
}

TEST_CASE("4.2.1: a new voter follows as a learner, is bound, and then votes") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.add = Nodes({3})});
  CHECK(ConfigurationOf(cluster, 0).learners().empty() == false);
  CHECK(Votes(cluster, 0, {0, 1, 2}));
  CHECK(!cluster.changes.contains(call));
  Beat(cluster, 0, 3);
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kDone);
  CHECK(JointEntries(cluster[0].raft()) == 1);
  for (std::uint32_t i = 0; i < 4; ++i) {
    CHECK(Votes(cluster, i, {0, 1, 2, 3}));
    CHECK(ConfigurationOf(cluster, i).StoreOf(NodeId(3)) == StoreId(4));
  }
  CHECK(cluster.changes.at(call).index == cluster[0].raft().configuration_index());
}

TEST_CASE("4.2.1: a learner stays one, and is in no quorum, until it is promoted") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId add = cluster.Change(0, {.add_learners = Nodes({3})});
  Beat(cluster, 0, 3);
  CHECK(OutcomeOf(cluster, add) == ChangeOutcome::kDone);
  CHECK(JointEntries(cluster[0].raft()) == 0);
  // n1 and n2 are needed for nothing but votes: with the learner alone nothing is committed.
  const Index committed = cluster[0].raft().commit();
  cluster.Put(0, "k", "v");
  cluster.Deliver(Hears({0, 3}));
  cluster.Lose();
  CHECK(cluster[3].raft().log().last() > committed);
  CHECK(cluster[0].raft().commit() == committed);
  Beat(cluster, 0, 3);
  const CallId promote = cluster.Change(0, {.promote = Nodes({3})});
  Beat(cluster, 0, 2);
  CHECK(OutcomeOf(cluster, promote) == ChangeOutcome::kDone);
  CHECK(Votes(cluster, 3, {0, 1, 2, 3}));
}

TEST_CASE("4.2.1: a node that is not there is not promoted, and stays a learner") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.add = Nodes({3})});
  Beat(cluster, 0, 60, Hears({0, 1, 2}));
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kNotCaughtUp);
  CHECK(cluster.changes.at(call).reason == "n3 was not heard of and stays a learner");
  CHECK(ConfigurationOf(cluster, 0).learners() == Nodes({3}));
  CHECK(Votes(cluster, 0, {0, 1, 2}));
}

TEST_CASE("4.2.1: a node that is always a round behind is given up after ten rounds") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId learn = cluster.Change(0, {.add_learners = Nodes({3})});
  Beat(cluster, 0, 3);
  REQUIRE(OutcomeOf(cluster, learn) == ChangeOutcome::kDone);
  cluster.Put(0, "k", "v");
  const CallId call = cluster.Change(0, {.promote = Nodes({3})});
  for (int round = 0; round < 10; ++round) {
    CHECK(!cluster.changes.contains(call));
    for (int i = 0; i < 8; ++i) {  // longer than an election timeout
      cluster.Wake(0);
      cluster.Deliver(Hears({0, 1, 2}));
    }
    cluster.Deliver(To(3));
    cluster.Put(0, "k", "v");  // before its answer ends the round
    cluster.Deliver(From(3));
  }
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kNotCaughtUp);
  CHECK(cluster.changes.at(call).reason ==
        "n3 is not caught up after 10 rounds and stays a learner");
}

// --- Removing -----------------------------------------------------------------------------------

TEST_CASE(
    "4.2.2: a leader that removes itself leads until that is committed, without counting itself") {
  HandCluster cluster(3);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.remove = Nodes({0})});
  // Of the new majority, n1 alone: with n0 they would be two.
  cluster.Deliver([&](const Message& m) {
    return m.from != NodeId(2) || !Votes(cluster, 0, {1, 2});
  });
  CHECK(cluster[0].raft().IsLeader());
  CHECK(Votes(cluster, 0, {1, 2}));
  CHECK(cluster[1].raft().log().last() == cluster[0].raft().configuration_index());
  CHECK(cluster[0].raft().commit() < cluster[0].raft().configuration_index());
  // What clients asked it meanwhile is answered when it steps down.
  const CallId read = cluster.Call(0, {.op = GetOp{Bytes("k")}});
  const CallId write = cluster.Put(0, "k", "v");
  CHECK(!cluster.changes.contains(call));
  Beat(cluster, 0, 2);
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kDone);
  CHECK(cluster[0].raft().role() == Role::kFollower);
  CHECK(cluster.replies[read] == 1);
  CHECK(cluster.replies[write] == 1);
  CHECK(cluster[0].open_calls() == 0);
  cluster.Lose();
  cluster.Advance(Duration::Seconds(1));
  cluster.Elect(1);
  for (int i = 0; i < 5; ++i) cluster.Wake(0);
  CHECK(cluster.in_flight.empty());
}

TEST_CASE("4.2.3: a removed node that never learnt of it moves nobody's term") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Change(0, {.remove = Nodes({2})});
  Beat(cluster, 0, 3, Hears({0, 1}));
  REQUIRE(Votes(cluster, 1, {0, 1}));
  const Term term = cluster[0].raft().term();
  for (const bool leader_alive : {true, false}) {
    if (!leader_alive) cluster.Advance(Duration::Seconds(1));
    cluster.Hand({NodeId(2), NodeId(1), StoreId(3), Term(99),
                  VoteRequest{cluster[2].raft().log().last(), cluster[2].raft().log().last_term()},
                  StoreId(2)});
    CHECK(cluster[1].raft().term() == term);
  }
  CHECK(cluster.RefusalsFor(RefusalReason::kLogBehind) >= 1);
}

TEST_CASE("a cluster shrunk from two to one goes on alone, after a restart as well") {
  HandCluster cluster(2);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.remove = Nodes({1})});
  Beat(cluster, 0, 2);
  REQUIRE(OutcomeOf(cluster, call) == ChangeOutcome::kDone);
  cluster.Crash(0);
  cluster.Lose();
  while (!cluster[0].raft().IsLeader()) cluster.Wake(0);
  const CallId put = cluster.Put(0, "k", "v");
  CHECK(cluster.answers.at(put).outcome == Outcome::kOk);
}

// --- Joint consensus ----------------------------------------------------------------------------

TEST_CASE("4.3: all three of three are replaced at once") {
  HandCluster cluster(6, 3);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.add = Nodes({3, 4, 5}), .remove = Nodes({0, 1, 2})});
  Beat(cluster, 0, 4);
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kDone);
  CHECK(Votes(cluster, 3, {3, 4, 5}));
  cluster.Lose();
  cluster.Advance(Duration::Seconds(1));
  cluster.Elect(3);
  cluster.Put(3, "k", "v");
  cluster.Deliver();
  CHECK(cluster[5].kv().Get("k") == Bytes("v"));
}

TEST_CASE("4.3: while joint, neither the old nor the new majority decides alone") {
  HandCluster cluster(6, 3);
  cluster.Elect(0);
  const CallId learn = cluster.Change(0, {.add_learners = Nodes({3, 4, 5})});
  Beat(cluster, 0, 3);
  REQUIRE(OutcomeOf(cluster, learn) == ChangeOutcome::kDone);
  cluster.Change(0, {.promote = Nodes({3, 4, 5}), .remove = Nodes({1, 2})});
  REQUIRE(ConfigurationOf(cluster, 0).IsJoint());
  const Index joint = cluster[0].raft().configuration_index();
  SUBCASE("old alone") {
    cluster.Deliver(Hears({0, 1, 2}));
  }
  SUBCASE("new alone") {
    cluster.Deliver(Hears({0, 3, 4, 5}));
  }
  CHECK(cluster[0].raft().commit() < joint);
  cluster.Lose();
  Beat(cluster, 0, 4);
  CHECK(Votes(cluster, 0, {0, 3, 4, 5}));
}

TEST_CASE("4.3: a new leader that finds a joint configuration leaves it, once") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId learn = cluster.Change(0, {.add_learners = Nodes({3})});
  Beat(cluster, 0, 3);
  REQUIRE(OutcomeOf(cluster, learn) == ChangeOutcome::kDone);
  const CallId call = cluster.Change(0, {.promote = Nodes({3}), .remove = Nodes({0})});
  REQUIRE(ConfigurationOf(cluster, 0).IsJoint());
  // Everybody holds C_old,new; nobody hears that it is committed.
  cluster.Deliver([](const Message& m) { return Is<AppendRequest>(m) && m.from == NodeId(0); });
  cluster.Lose();
  cluster.Crash(0);
  CHECK(!cluster.changes.contains(call));  // its process is gone
  cluster.Advance(Duration::Seconds(1));
  const Index before = cluster[1].raft().log().last();
  cluster.Elect(1);
  Beat(cluster, 1, 4);
  CHECK(Votes(cluster, 1, {1, 2, 3}));
  CHECK(Votes(cluster, 3, {1, 2, 3}));
  std::size_t left = 0;
  for (Index i = Next(before); i <= cluster[1].raft().log().last(); i = Next(i)) {
    left += cluster[1].raft().log().At(i).kind == EntryKind::kConfiguration ? 1 : 0;
  }
  CHECK(left == 1);
}

TEST_CASE("4.1: a configuration that is cut off gives way to the one before") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  cluster.Change(0, {.add_learners = Nodes({3})});  // only on n0
  REQUIRE(ConfigurationOf(cluster, 0).IsMember(NodeId(3)));
  cluster.Lose();
  cluster.Advance(Duration::Seconds(1));
  cluster.Wake(1);
  while (!cluster[1].raft().IsLeader()) {
    cluster.Deliver(Hears({1, 2}));
    cluster.Lose();
    cluster.Wake(1);
  }
  cluster.Deliver(Hears({1, 2}));
  cluster.Lose();
  Beat(cluster, 1, 3);
  CHECK(!ConfigurationOf(cluster, 0).IsMember(NodeId(3)));
  CHECK(Votes(cluster, 0, {0, 1, 2}));
}

TEST_CASE("a member follows a leader that only a newer configuration knows, if it proves itself") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  cluster.Change(0, {.add = Nodes({3})});
  Beat(cluster, 0, 4, Hears({0, 1, 3}));  // n2 hears nothing of it
  REQUIRE(Votes(cluster, 1, {0, 1, 2, 3}));
  REQUIRE(!ConfigurationOf(cluster, 2).IsMember(NodeId(3)));
  cluster.Crash(0);
  cluster.Advance(Duration::Seconds(1));
  while (!cluster[3].raft().IsLeader()) {
    cluster.Wake(3);
    cluster.Deliver([](const Message& m) {
      return Hears({1, 2, 3})(m) && (m.from == NodeId(3) || !Is<PreVoteRequest>(m));
    });
    cluster.Lose();
  }
  Beat(cluster, 3, 3, Hears({1, 2, 3}));
  CHECK(ConfigurationOf(cluster, 2).IsMember(NodeId(3)));
  // A leader of the same number from elsewhere does not know our store.
  const std::size_t before = cluster.RefusalsFor(RefusalReason::kUnknownSender);
  cluster.Hand({NodeId(9), NodeId(2), StoreId(10), Term(50), Heartbeat{}, StoreId(77)});
  CHECK(cluster.RefusalsFor(RefusalReason::kUnknownSender) == before + 1);
  CHECK(cluster[2].raft().term() < Term(50));
}

// --- A wiped node -------------------------------------------------------------------------------

TEST_CASE("a leader that waits for its own removal to be committed takes no other change") {
  HandCluster cluster(3);
  cluster.Elect(1);
  cluster.Deliver();
  cluster.Change(1, {.remove = Nodes({0})});
  const auto to_n0 = [](const Message& m) { return m.to == NodeId(0); };
  cluster.Deliver(to_n0);
  cluster.Lose();
  REQUIRE(ConfigurationOf(cluster, 0).IsJoint());
  cluster.Crash(1);
  // n0 leads, and leaves the joint configuration that n1 had entered.
  const auto until_left = [&](const Message&) {
    return ConfigurationOf(cluster, 0).IsVoter(NodeId(0));
  };
  while (ConfigurationOf(cluster, 0).IsVoter(NodeId(0))) {
    cluster.Wake(0);
    cluster.Deliver(until_left);
  }
  REQUIRE(cluster[0].raft().IsLeader());
  const CallId call = cluster.Change(0, {.add = Nodes({0})});
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kNotReady);
  cluster.Deliver();
  CHECK_FALSE(cluster[0].raft().IsLeader());
}

TEST_CASE("a wiped node is refused by its old id until it is removed and added again") {
  HandCluster cluster(3);
  cluster.Elect(0);
  cluster.Put(0, "k", "v");
  Beat(cluster, 0, 2);
  cluster.Wipe(2, StoreId(33));
  Beat(cluster, 0, 6);
  CHECK(cluster.RefusalsFor(RefusalReason::kWrongStore) > 0);
  CHECK(cluster[2].kv().Get("k") == std::nullopt);
  const CallId again = cluster.Change(0, {.add = Nodes({2})});
  CHECK(cluster.changes.at(again).reason == "n2 is a member already");
  cluster.Change(0, {.remove = Nodes({2})});
  Beat(cluster, 0, 3);
  REQUIRE(Votes(cluster, 0, {0, 1}));
  const CallId add = cluster.Change(0, {.add = Nodes({2})});
  Beat(cluster, 0, 4);
  CHECK(OutcomeOf(cluster, add) == ChangeOutcome::kDone);
  CHECK(ConfigurationOf(cluster, 2).StoreOf(NodeId(2)) == StoreId(33));
  CHECK(cluster[2].kv().Get("k") == Bytes("v"));
}

// --- Refusals -----------------------------------------------------------------------------------

TEST_CASE("a change that cannot be is refused with the reason, and nothing happens") {
  HandCluster cluster(4, 3);
  const CallId early = cluster.Change(0, {.add = Nodes({3})});
  CHECK(OutcomeOf(cluster, early) == ChangeOutcome::kNotLeader);
  cluster.Elect(0);
  Beat(cluster, 0, 2);
  const Index last = cluster[0].raft().log().last();
  const auto refused = [&](MembershipChange change, ChangeOutcome outcome, const char* reason) {
    const CallId call = cluster.Change(0, std::move(change));
    CHECK(OutcomeOf(cluster, call) == outcome);
    CHECK(cluster.changes.at(call).reason == reason);
  };
  const auto bad = ChangeOutcome::kBadRequest;
  refused({}, bad, "the change names no node");
  refused({.add = Nodes({1})}, bad, "n1 is a member already");
  refused({.promote = Nodes({1})}, bad, "n1 cannot be promoted: it is no learner");
  refused({.promote = Nodes({3})}, bad, "n3 is not a member");
  refused({.remove = Nodes({7})}, bad, "n7 is not a member");
  refused({.remove = Nodes({0, 1, 2})}, bad, "the change would leave no voter");
  refused({.add = Nodes({3}), .remove = Nodes({3})}, bad, "n3 is named twice");
  CHECK(cluster[0].raft().log().last() == last);
  const CallId other = cluster.Change(1, {.add = Nodes({3})});
  CHECK(OutcomeOf(cluster, other) == ChangeOutcome::kNotLeader);
  CHECK(cluster.changes.at(other).leader == NodeId(0));
  cluster.Change(0, {.add = Nodes({3})});
  refused({.remove = Nodes({2})}, ChangeOutcome::kBusy, "a change is under way");
}

TEST_CASE("4.1: a leader that has committed nothing in its term changes no members") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  cluster.Crash(0);
  cluster.Lose();
  cluster.Advance(Duration::Seconds(1));
  while (!cluster[0].raft().IsLeader()) {
    cluster.Wake(0);
    cluster.Deliver([](const Message& m) { return !Is<AppendRequest>(m); });
  }
  const CallId call = cluster.Change(0, {.add = Nodes({3})});
  CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kNotReady);
}

TEST_CASE(
    "who asked is told that the outcome is unknown when leadership is lost, and nothing when the "
    "node stops") {
  HandCluster cluster(4, 3);
  cluster.Elect(0);
  const CallId call = cluster.Change(0, {.add = Nodes({3})});
  SUBCASE("a higher term") {
    cluster.Lose();
    cluster.Hand({NodeId(1), NodeId(0), StoreId(2), Term(50), Heartbeat{}});
    CHECK(OutcomeOf(cluster, call) == ChangeOutcome::kUnknown);
  }
  SUBCASE("suspended") {
    cluster.Step(0, Suspend{Duration::Seconds(1)});
    CHECK(!cluster.changes.contains(call));
    CHECK(cluster.replies[call] == 1);
  }
  SUBCASE("halted") {
    cluster.instant_disks = false;
    cluster.Put(0, "k", "v");
    cluster.FinishDisk(0, "no space");
    CHECK(!cluster.changes.contains(call));
    CHECK(cluster.replies[call] == 1);
  }
  CHECK(cluster[0].open_calls() == 0);
}

}  // namespace
}  // namespace drydock
