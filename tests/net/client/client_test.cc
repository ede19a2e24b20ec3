#include "net/client/client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

#include "tests/net/client/client_fixture.h"

namespace drydock::net {
namespace {

using grpc::StatusCode;

}  // namespace

// --- What is done --------------------------------------------------------------------------------

TEST_CASE("what was put is got, byte for byte") {
  FakeStore store;
  FakeNode node(LeaderOf(store));
  const auto client = Open({node.address()});
  const std::string any_bytes("\0\xff\n\r @-\x80", 8);
  for (const std::string& key : {std::string("k"), std::string(), any_bytes}) {
    for (const std::string& value : {std::string("v"), std::string(), any_bytes}) {
      const CallResult put = client->Put(key, value);
      CHECK(put.outcome == CallOutcome::kOk);
      CHECK(put.text.empty());
      CHECK(put.term == 7);
      CHECK(put.index > 0);
      CHECK(put.endpoint == node.address());
      const CallResult got = client->Get(key);
      CHECK(got.outcome == CallOutcome::kOk);
      CHECK(got.found);
      CHECK(got.value == value);
    }
  }
}

TEST_CASE("a missing key, a delete and a compare-and-set tell what they found") {
  FakeStore store;
  FakeNode node(LeaderOf(store));
  const auto client = Open({node.address()});
  CHECK(client->Get("k").outcome == CallOutcome::kNotFound);
  CHECK_FALSE(client->Delete("k").found);
  CHECK(client->CompareAndSet("k", std::nullopt, "1").outcome == CallOutcome::kOk);
  CHECK(client->CompareAndSet("k", "1", "2").outcome == CallOutcome::kOk);
  const CallResult failed = client->CompareAndSet("k", "1", "3");
  CHECK(failed.outcome == CallOutcome::kCompareFailed);
  CHECK(failed.found);
  CHECK(failed.value == "2");
  const CallResult deleted = client->Delete("k");
  CHECK(deleted.outcome == CallOutcome::kOk);
  CHECK(deleted.found);
  const CallResult missing = client->CompareAndSet("k", "2", "3");
  CHECK(missing.outcome == CallOutcome::kCompareFailed);
  CHECK_FALSE(missing.found);
}

TEST_CASE("a large value is neither cut nor refused by the client") {
  const std::string value(std::size_t{9} << 20, 'x');
  FakeNode node([&](const v1::Operation&, v1::Answer& answer, int) {
    answer.set_outcome(v1::OUTCOME_OK);
    answer.set_found(true);
    answer.set_value(value);
    return grpc::Status::OK;
  });
  CHECK(Open({node.address()})->Get("k").value == value);
}

// --- Finding the leader --------------------------------------------------------------------------

TEST_CASE("a hint to the leader is followed and remembered") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  FakeNode follower(Follower(leader.address()));
  const auto client = Open({follower.address(), leader.address()});
  CHECK(client->Put("k", "1").outcome == CallOutcome::kOk);
  CHECK(follower.operations().size() == 1);
  CHECK(client->Put("k", "2").outcome == CallOutcome::kOk);
  CHECK(client->Get("k").value == "2");
  CHECK(follower.operations().size() == 1);
}

TEST_CASE(
    "a leader that is in no list of endpoints is found by a hint, unless that is switched off") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  FakeNode follower(Follower(leader.address()));
  CHECK(Open({follower.address()})->Put("k", "v").outcome == CallOutcome::kOk);
  const auto client = Open({follower.address()}, {.deadline = kShort, .learn_addresses = false});
  const CallResult result = client->Put("k", "v");
  CHECK(result.outcome == CallOutcome::kNoLeader);
  CHECK(Has(result.text, follower.address() + " says that " + leader.address() + " leads"));
}

TEST_CASE("a node that knows no leader, or names nonsense, sends the client to the next one") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  for (const char* hint : {"", "nonsense", "0.0.0.0:1", ":", "127.0.0.1:99999"}) {
    CAPTURE(hint);
    FakeNode follower(Follower(hint));
    CHECK(Open({follower.address(), leader.address()})->Put("k", "v").outcome == CallOutcome::kOk);
  }
}

TEST_CASE("a follower that still names the leader that died does not keep the client there") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  const std::string dead = DeadEndpoint();
  FakeNode follower(Follower(dead));
  const auto client = Open({dead, follower.address(), leader.address()});
  CHECK(client->Put("k", "v").outcome == CallOutcome::kOk);
}

TEST_CASE("two nodes that name each other do not catch the client") {
  FakeStore store;
  std::string first_address;
  FakeNode second([&](const v1::Operation&, v1::Answer& answer, int) {
    answer.set_outcome(v1::OUTCOME_NOT_LEADER);
    answer.set_leader_address(first_address);
    return grpc::Status::OK;
  });
  FakeNode first([&](const v1::Operation& operation, v1::Answer& answer, int call) {
    if (call > 20) return LeaderOf(store)(operation, answer, call);
    return Follower(second.address())(operation, answer, call);
  });
  first_address = first.address();
  CHECK(Open({second.address(), first.address()})->Put("k", "v").outcome == CallOutcome::kOk);
}

TEST_CASE("a dead first endpoint is passed over") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  const CallResult result = Open({DeadEndpoint(), leader.address()})->Put("k", "v");
  CHECK(result.outcome == CallOutcome::kOk);
}

TEST_CASE("a node that comes back is found again") {
  FakeStore store;
  auto node = std::make_unique<FakeNode>(LeaderOf(store));
  const int port = node->port();
  const auto client = Open({node->address()});
  REQUIRE(client->Put("k", "1").outcome == CallOutcome::kOk);
  node.reset();
  const CallResult refused = client->Put("k", "2", milliseconds(200));
  CHECK(refused.outcome != CallOutcome::kOk);
  node = std::make_unique<FakeNode>(LeaderOf(store), port);
  CHECK(client->Put("k", "3").outcome == CallOutcome::kOk);
}

TEST_CASE("a silent node does not eat the whole deadline") {
  FakeStore store;
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  FakeNode silent([&](const v1::Operation&, v1::Answer&, int) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return over; });
    return grpc::Status(StatusCode::UNAVAILABLE, "too late");
  });
  FakeNode leader(LeaderOf(store));
  const auto client = Open({silent.address(), leader.address()}, {.attempt = milliseconds(100)});
  CHECK(client->Put("k", "v").outcome == CallOutcome::kOk);
  {
    const std::scoped_lock lock(mutex);
    over = true;
  }
  changed.notify_all();
}

TEST_CASE("a stale read is served by the first endpoint that answers") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  FakeNode follower([](const v1::Operation& operation, v1::Answer& answer, int) {
    CHECK(operation.get().mode() == v1::READ_MODE_STALE);
    answer.set_outcome(v1::OUTCOME_OK);
    answer.set_found(true);
    answer.set_value("old");
    return grpc::Status::OK;
  });
  const auto client = Open({DeadEndpoint(), follower.address(), leader.address()});
  const CallResult result = client->Get("k", ReadMode::kStale);
  CHECK(result.value == "old");
  CHECK(result.endpoint == follower.address());
  CHECK(leader.operations().empty());
}

// --- Trying again --------------------------------------------------------------------------------

TEST_CASE("a busy node is asked again later") {
  FakeStore store;
  FakeNode node([&](const v1::Operation& operation, v1::Answer& answer, int call) {
    if (call < 2) return grpc::Status(StatusCode::RESOURCE_EXHAUSTED, "too much");
    if (call < 4) return Always(v1::OUTCOME_BUSY)(operation, answer, call);
    if (call < 6) return Always(v1::OUTCOME_NOT_READY)(operation, answer, call);
    return LeaderOf(store)(operation, answer, call);
  });
  CHECK(Open({node.address()})->Put("k", "v").outcome == CallOutcome::kOk);
}

TEST_CASE("a write whose answer was lost is sent again under its number and takes effect once") {
  FakeStore store;
  FakeNode node([&](const v1::Operation& operation, v1::Answer& answer, int call) {
    answer = store.Apply(operation);
    const bool lose = !operation.has_register_() && call < 4;
    return lose ? grpc::Status(StatusCode::UNAVAILABLE, "lost") : grpc::Status::OK;
  });
  const auto client = Open({node.address()});
  CHECK(client->CompareAndSet("k", std::nullopt, "v").outcome == CallOutcome::kOk);
  const std::vector<v1::Operation> writes = node.writes();
  REQUIRE(writes.size() == 4);
  for (const v1::Operation& write : writes) {
    CHECK(write.session() == writes[0].session());
    CHECK(write.session() > 0);
    CHECK(write.sequence() == 1);
    CHECK(write.first_unanswered() == 1);
  }
  CHECK(store.applied() == 2);
}

TEST_CASE("without sessions a write that may have happened is not sent again") {
  for (const StatusCode code : {StatusCode::UNAVAILABLE, StatusCode::CANCELLED,
                                StatusCode::INTERNAL, StatusCode::UNKNOWN, StatusCode::ABORTED}) {
    FakeNode node(AlwaysFails(code));
    const CallResult result = Open({node.address()}, {.sessions = false})->Put("k", "v");
    CHECK(result.outcome == CallOutcome::kUnknown);
    REQUIRE(node.operations().size() == 1);
    CHECK(node.operations()[0].session() == 0);
  }
}

TEST_CASE("without sessions a write that was refused is sent again") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  FakeNode follower(Follower(leader.address()));
  const auto client = Open({DeadEndpoint(), follower.address()}, {.sessions = false});
  CHECK(client->Put("k", "v").outcome == CallOutcome::kOk);
  CHECK(leader.operations().size() == 1);
}

TEST_CASE("a read is sent again whatever became of it") {
  FakeStore store;
  FakeNode node([&](const v1::Operation& operation, v1::Answer& answer, int call) {
    if (call < 3) return grpc::Status(StatusCode::UNAVAILABLE, "lost");
    return LeaderOf(store)(operation, answer, call);
  });
  CHECK(Open({node.address()})->Get("k").outcome == CallOutcome::kNotFound);
}

// --- Sessions ------------------------------------------------------------------------------------

TEST_CASE("one session serves all writes of a client, numbered from 1") {
  FakeStore store;
  FakeNode node(LeaderOf(store));
  const auto client = Open({node.address()});
  for (int i = 0; i < 5; ++i) REQUIRE(client->Put("k", "v").outcome == CallOutcome::kOk);
  const std::vector<v1::Operation> writes = node.writes();
  REQUIRE(writes.size() == 5);
  REQUIRE(node.operations().size() == 6);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    CHECK(writes[i].session() == writes[0].session());
    CHECK(writes[i].sequence() == i + 1);
    CHECK(writes[i].first_unanswered() == i + 1);
  }
}

TEST_CASE("reads open no session") {
  FakeStore store;
  FakeNode node(LeaderOf(store));
  Open({node.address()})->Get("k");
  CHECK(node.operations().size() == 1);
  CHECK(node.operations()[0].session() == 0);
}

TEST_CASE("a write that meets an expired session goes on in a new one") {
  FakeStore store(1);
  FakeNode node(LeaderOf(store));
  const auto client = Open({node.address()});
  const auto other = Open({node.address()});
  for (int i = 0; i < 3; ++i) {
    CHECK(client->Put("k", "mine").outcome == CallOutcome::kOk);
    CHECK(other->Put("k", "other").outcome == CallOutcome::kOk);
  }
  CHECK(store.applied() == 12);
}

TEST_CASE(
    "writes of many threads share a session, whose answers are forgotten no sooner than read") {
  constexpr int kThreads = 8;
  constexpr int kWrites = 60;
  FakeStore store;
  std::mutex mutex;
  std::set<std::uint64_t> unanswered;  // by what the node knows: arrived, and no answer sent
  std::atomic<int> violations = 0;
  FakeNode node([&](const v1::Operation& operation, v1::Answer& answer, int call) {
    {
      const std::scoped_lock lock(mutex);
      if (operation.sequence() > 0) unanswered.insert(operation.sequence());
      if (operation.sequence() > 0 && operation.first_unanswered() > *unanswered.begin()) {
        ++violations;
      }
    }
    answer = store.Apply(operation);
    // Every third answer is lost, so that numbers come again out of their order.
    if (call % 3 == 2) return grpc::Status(StatusCode::UNAVAILABLE, "lost");
    const std::scoped_lock lock(mutex);
    unanswered.erase(operation.sequence());
    return grpc::Status::OK;
  });
  const auto client = Open({node.address()});
  std::atomic<int> done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::optional<std::string> held;
      for (int i = 0; i < kWrites; ++i) {
        const std::string next = std::to_string(i);
        const CallResult result = client->CompareAndSet("k" + std::to_string(t), held, next);
        done += result.outcome == CallOutcome::kOk ? 1 : 0;
        held = next;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(done == kThreads * kWrites);
  CHECK(violations == 0);
  const std::vector<v1::Operation> writes = node.writes();
  std::set<std::uint64_t> sequences;
  for (const v1::Operation& write : writes) {
    CHECK(write.session() == writes[0].session());
    CHECK(write.first_unanswered() <= write.sequence());
    sequences.insert(write.sequence());
  }
  CHECK(sequences.size() == kThreads * kWrites);
  CHECK(*sequences.rbegin() == kThreads * kWrites);
}

// --- Single nodes --------------------------------------------------------------------------------

TEST_CASE("the status of all endpoints comes in their order, with the reason where there is none") {
  FakeNode first(Always(v1::OUTCOME_OK));
  v1::GetStatusResponse status;
  status.set_node(5);
  first.SetStatus(status);
  FakeNode second(Always(v1::OUTCOME_OK));
  status.set_node(6);
  second.SetStatus(status);
  const std::string dead = DeadEndpoint();
  const std::vector<EndpointStatus> all =
      Open({first.address(), dead, second.address()})->GetStatusOfAll();
  REQUIRE(all.size() == 3);
  REQUIRE(all[0].status.ok());
  CHECK(all[0].status.value().node() == 5);
  REQUIRE_FALSE(all[1].status.ok());
  CHECK(all[1].status.error().text == "cannot be reached: Connection refused");
  REQUIRE(all[2].status.ok());
  CHECK(all[2].status.value().node() == 6);
}

TEST_CASE("suspend and resume go to the node that is named, and tell what it says") {
  FakeNode node(Always(v1::OUTCOME_OK));
  const auto client = Open({DeadEndpoint()});
  CHECK_FALSE(client->Resume(node.address()).found);
  CHECK(client->Suspend(node.address(), milliseconds(1500)).outcome == CallOutcome::kOk);
  CHECK(node.suspended_for() == 1500);
  CHECK(client->Resume(node.address()).found);
  node.SetSuspendAnswer({StatusCode::PERMISSION_DENIED, "suspend is off"});
  const CallResult refused = client->Suspend(node.address(), milliseconds(1500));
  CHECK(refused.outcome == CallOutcome::kRefused);
  CHECK(Has(refused.text, "suspend is off"));
  CHECK(client->Suspend(node.address(), milliseconds(0)).outcome == CallOutcome::kRefused);
  CHECK(client->Suspend(DeadEndpoint(), milliseconds(1)).outcome == CallOutcome::kNoLeader);
}

}  // namespace drydock::net
