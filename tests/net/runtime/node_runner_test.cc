#include "net/runtime/node_runner.h"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "tests/support/memory_disk.h"

namespace drydock::net {
namespace {

// One node that is a cluster of its own; its disk is done when a test says so.
class Rig final : public NodeEnvironment, public Caller {
 public:
  explicit Rig(std::size_t max_calls = 100) : runner(MakeNode(), *this, max_calls) {
    while (!runner.node().raft().configuration().founded()) {
      now = std::max(now, runner.node().NextDeadline());
      runner.Step();
      FinishDisk();
    }
  }

  void Ask(std::uint64_t number, ClientOp op) {
    runner.Ask({.op = std::move(op)}, {static_cast<Caller*>(this), number});
  }
  void FinishDisk() {
    while (!disk.empty()) {
      REQUIRE(memory_.CarryOut(disk.front()));
      runner.Take(DiskDone{disk.front().ticket, {}});
      disk.pop_front();
      runner.Step();
    }
  }

  TimePoint Now() override { return now; }
  void Send(const Message&) override {}
  void Submit(DiskOp op) override {
    disk.push_back(std::move(op));
    ++submitted;
  }
  void Observe(const TraceEvent&) override {}
  void Asked(const CallTable::OpenCall&) override {}
  void Dropped(const CallTable::OpenCall&) override {}
  void Answered(const CallTable::OpenCall& call, const ClientAnswer&) override {
    took.push_back(now - call.asked);
  }
  void OnAnswer(std::uint64_t number, ClientAnswer answer) override {
    REQUIRE_FALSE(answers.contains(number));
    answers[number] = std::move(answer);
    submitted_when_answered[number] = submitted;
  }
  void OnReply(std::uint64_t, const Message&) override {}
  void OnChange(std::uint64_t number, const ChangeAnswer& answer) override {
    REQUIRE_FALSE(changes.contains(number));
    changes[number] = answer;
  }
  void OnDrop(std::uint64_t number) override { dropped.push_back(number); }

  TimePoint now;
  std::deque<DiskOp> disk;
  std::map<std::uint64_t, ClientAnswer> answers;
  std::map<std::uint64_t, ChangeAnswer> changes;
  std::vector<std::uint64_t> dropped;
  std::vector<Duration> took;
  int submitted = 0;
  std::map<std::uint64_t, int> submitted_when_answered;

 private:
  Node MakeNode() {
    const StartOptions options{.node = NodeId(0), .bootstrap = StoreId(1)};
    return Node({.voters = {NodeId(0)}, .settings = {}, .seed = 1, .pins = {}},
                Recover(memory_, options).value(), now);
  }

  MemoryDisk memory_;

 public:
  NodeRunner runner;
};

ClientOp Put(std::string_view key, std::string_view value) {
  return PutOp{Bytes(key), Bytes(value)};
}

}  // namespace

TEST_CASE("what came between two steps is written at once, and answered when it is durable") {
  Rig rig;
  for (std::uint64_t i = 0; i < 10; ++i) rig.Ask(i, Put("k", "v"));
  rig.runner.Step();
  CHECK(rig.disk.size() == 1);
  CHECK(rig.answers.empty());
  CHECK(rig.runner.open_client_calls() == 10);
  rig.now = rig.now + Duration::Milliseconds(3);
  rig.FinishDisk();
  CHECK(rig.answers.size() == 10);
  CHECK(rig.answers.at(9).outcome == Outcome::kOk);
  CHECK(rig.took.back() == Duration::Milliseconds(3));
  CHECK(rig.runner.open_client_calls() == 0);
}

TEST_CASE("the disk is at work on the next writes before those that are durable are answered") {
  Rig rig;
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  const int first = rig.submitted;
  rig.Ask(2, Put("k", "w"));
  rig.FinishDisk();
  CHECK(rig.submitted_when_answered.at(1) == first + 1);
  CHECK(rig.answers.at(2).outcome == Outcome::kOk);
}

TEST_CASE("calls beyond the bound are refused as busy, and taken again once there is room") {
  Rig rig(2);
  for (std::uint64_t i = 0; i < 3; ++i) rig.Ask(i, Put("k", "v"));
  CHECK(rig.answers.at(2).outcome == Outcome::kBusy);
  rig.runner.Step();
  rig.FinishDisk();
  rig.Ask(3, Put("k", "v"));
  rig.runner.Step();
  rig.FinishDisk();
  CHECK(rig.answers.at(3).outcome == Outcome::kOk);
}

TEST_CASE("a suspended node says nothing until the suspension ends") {
  Rig rig;
  rig.runner.Suspend(Duration::Seconds(20));
  rig.runner.Step();
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  CHECK(rig.answers.empty());
  CHECK(rig.dropped.empty());
  rig.runner.Resume();
  rig.runner.Step();
  CHECK(rig.dropped == std::vector<std::uint64_t>{1});
}

TEST_CASE("a node that drains answers what is pending and refuses what is new") {
  Rig rig;
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  rig.runner.RefuseClients();
  rig.Ask(2, Put("k", "w"));
  CHECK(rig.answers.at(2).outcome == Outcome::kNotLeader);
  CHECK_FALSE(rig.answers.at(2).leader.has_value());
  rig.FinishDisk();
  CHECK(rig.answers.at(1).outcome == Outcome::kOk);
}

TEST_CASE("what is given up is told once, and nothing is taken afterwards") {
  Rig rig;
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  rig.runner.Abandon();
  CHECK(rig.dropped == std::vector<std::uint64_t>{1});
  rig.runner.Take(Message{.to = NodeId(0), .body = Heartbeat{}}, {&rig, 2});
  CHECK(rig.dropped == std::vector<std::uint64_t>{1, 2});
  rig.Ask(3, Put("k", "v"));
  CHECK(rig.answers.at(3).outcome == Outcome::kNotLeader);
}

TEST_CASE("a snapshot is answered when it is durable, and is no client's call") {
  Rig rig;
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  rig.FinishDisk();
  rig.took.clear();
  rig.runner.TakeSnapshot({static_cast<Caller*>(&rig), 2});
  rig.runner.TakeSnapshot({static_cast<Caller*>(&rig), 3});
  CHECK(rig.runner.open_client_calls() == 0);
  rig.runner.Step();
  CHECK(rig.answers.at(3).outcome == Outcome::kBusy);
  CHECK_FALSE(rig.answers.contains(2));
  rig.FinishDisk();
  REQUIRE(rig.answers.contains(2));
  CHECK(rig.answers.at(2).outcome == Outcome::kOk);
  CHECK(rig.answers.at(2).index == rig.runner.node().snapshot()->meta.index);
  CHECK(rig.took.empty());  // nothing was told of it to those who count clients
}

TEST_CASE("who asked for a snapshot is told at once when the node is suspended in the middle") {
  Rig rig;
  rig.Ask(1, Put("k", "v"));
  rig.runner.Step();
  rig.FinishDisk();
  rig.runner.TakeSnapshot({static_cast<Caller*>(&rig), 2});
  rig.runner.Step();
  rig.runner.Suspend(Duration::Seconds(1000));
  rig.runner.Step();
  CHECK(rig.dropped == std::vector<std::uint64_t>{2});
}

TEST_CASE("a change of members is answered once it is committed, and a second one is refused") {
  Rig rig;
  const MembershipChange learner{.add_learners = {NodeId(1)}};
  rig.runner.ChangeMembers(learner, {static_cast<Caller*>(&rig), 1});
  rig.runner.ChangeMembers(learner, {static_cast<Caller*>(&rig), 2});
  rig.runner.Step();
  REQUIRE(rig.changes.contains(2));
  CHECK(rig.changes.at(2).outcome != ChangeOutcome::kDone);
  CHECK_FALSE(rig.changes.contains(1));
  rig.FinishDisk();
  rig.runner.Step();
  REQUIRE(rig.changes.contains(1));
  CHECK(rig.changes.at(1).outcome == ChangeOutcome::kDone);
  CHECK(rig.runner.open_client_calls() == 0);
}

TEST_CASE("a suspended node tells at once that it changes no members") {
  Rig rig;
  rig.runner.Suspend(Duration::Seconds(1000));
  rig.runner.Step();
  rig.runner.ChangeMembers({.add_learners = {NodeId(1)}}, {static_cast<Caller*>(&rig), 1});
  REQUIRE(rig.changes.contains(1));
  CHECK(rig.changes.at(1).outcome == ChangeOutcome::kNotLeader);
}

TEST_CASE("who asked for a change is told when the node is suspended before it is done") {
  Rig rig;
  rig.runner.ChangeMembers({.add = {NodeId(1)}}, {static_cast<Caller*>(&rig), 1});
  rig.runner.Step();
  rig.FinishDisk();
  rig.runner.Suspend(Duration::Seconds(1000));
  rig.runner.Step();
  CHECK(rig.dropped == std::vector<std::uint64_t>{1});
}

}  // namespace drydock::net
