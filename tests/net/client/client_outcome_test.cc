// What the client says of a call that was not done: nothing happened, or nobody knows.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/net/client/client_fixture.h"

namespace drydock::net {
namespace {

using grpc::StatusCode;

// What comes of a put to each of the nodes, asked at the same time since each may take its time.
std::vector<CallResult> PutToEach(const std::vector<std::unique_ptr<FakeNode>>& nodes) {
  std::vector<CallResult> results(nodes.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto client = Client::Open({nodes[i]->address()}, {.deadline = kShort});
      results[i] = client.value()->Put("k", "v");
    });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
}

}  // namespace

TEST_CASE("a write that was sent and never answered ends as unknown") {
  FakeStore store;
  const auto lose = [&](v1::Outcome outcome, StatusCode code) {
    return std::make_unique<FakeNode>(
        [&store, outcome, code](const v1::Operation& operation, v1::Answer& answer, int call) {
          if (operation.has_register_()) return LeaderOf(store)(operation, answer, call);
          answer.set_outcome(outcome);
          return grpc::Status(code, code == StatusCode::OK ? "" : "lost");
        });
  };
  std::vector<std::unique_ptr<FakeNode>> nodes;
  nodes.push_back(lose(v1::OUTCOME_OK, StatusCode::UNAVAILABLE));
  nodes.push_back(lose(v1::OUTCOME_UNKNOWN, StatusCode::OK));
  nodes.push_back(lose(v1::OUTCOME_UNSPECIFIED, StatusCode::OK));
  nodes.push_back(lose(static_cast<v1::Outcome>(99), StatusCode::OK));
  const std::vector<CallResult> results = PutToEach(nodes);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    CAPTURE(i);
    CHECK(results[i].outcome == CallOutcome::kUnknown);
    CHECK(results[i].attempts > 1);
    CHECK(Has(results[i].text, "may have happened"));
    CHECK(Has(results[i].text, nodes[i]->address()));
  }
}

TEST_CASE(
    "a refusal after a sending that was not answered does not hide that it may have happened") {
  FakeStore store;
  const auto refuse = [&](v1::Outcome refusal) {
    const auto puts = std::make_shared<std::atomic<int>>(0);
    return std::make_unique<FakeNode>(
        [&store, refusal, puts](const v1::Operation& operation, v1::Answer& answer, int call) {
          if (operation.has_register_()) return LeaderOf(store)(operation, answer, call);
          if (++*puts == 1) return grpc::Status(StatusCode::UNAVAILABLE, "lost");
          return Always(refusal)(operation, answer, call);
        });
  };
  std::vector<std::unique_ptr<FakeNode>> nodes;
  nodes.push_back(refuse(v1::OUTCOME_TOO_LARGE));
  nodes.push_back(refuse(v1::OUTCOME_BAD_REQUEST));
  nodes.push_back(refuse(v1::OUTCOME_SESSION_UNKNOWN));
  nodes.push_back(refuse(v1::OUTCOME_BUSY));
  nodes.push_back(refuse(v1::OUTCOME_NOT_LEADER));
  nodes.push_back(refuse(v1::OUTCOME_NOT_READY));
  for (const CallResult& result : PutToEach(nodes)) {
    CAPTURE(result.text);
    CHECK(result.outcome == CallOutcome::kUnknown);
  }
}

TEST_CASE("a read that was never answered changed nothing") {
  FakeNode node(AlwaysFails(StatusCode::UNAVAILABLE));
  const CallResult result = Open({node.address()})->Get("k", {}, kShort);
  CHECK(result.outcome == CallOutcome::kNoLeader);
  CHECK(Has(result.text, "so it is"));
}

TEST_CASE("nothing happened when nobody leads, calls are taken or the session was not opened") {
  std::vector<std::unique_ptr<FakeNode>> nodes;
  nodes.push_back(std::make_unique<FakeNode>(AlwaysFails(StatusCode::UNAVAILABLE)));
  nodes.push_back(std::make_unique<FakeNode>(Follower("")));
  nodes.push_back(std::make_unique<FakeNode>(Always(v1::OUTCOME_NOT_READY)));
  nodes.push_back(std::make_unique<FakeNode>(AlwaysFails(StatusCode::RESOURCE_EXHAUSTED)));
  const std::vector<CallResult> results = PutToEach(nodes);
  CHECK(results[0].outcome == CallOutcome::kNoLeader);
  CHECK(results[1].outcome == CallOutcome::kNoLeader);
  CHECK(Has(results[1].text, "knows no leader"));
  CHECK(results[2].outcome == CallOutcome::kNoLeader);
  CHECK(Has(results[2].text, "takes no calls yet"));
  CHECK(results[3].outcome == CallOutcome::kRefused);
  CHECK(Has(results[3].text, "too much is under way"));
  for (const auto& node : nodes) CHECK(node->writes().empty());
  for (const CallResult& result : results) CHECK(Has(result.text, "nothing happened"));
}

TEST_CASE("nothing happened when nobody could be reached") {
  const CallResult result = Open({DeadEndpoint()})->Put("k", "v", milliseconds(200));
  CHECK(result.outcome == CallOutcome::kNoLeader);
  CHECK(result.attempts == 0);
  CHECK(Has(result.text, "no node could be reached"));
  CHECK(Has(result.text, "Connection refused"));
}

TEST_CASE("what is refused for good is told at once and is not sent again") {
  FakeStore store;
  const auto refuse = [&store](FakeNode::Script script) -> FakeNode::Script {
    return [&store, script = std::move(script)](const v1::Operation& operation, v1::Answer& answer,
                                                int call) {
      if (operation.has_register_()) return LeaderOf(store)(operation, answer, call);
      return script(operation, answer, call);
    };
  };
  struct Case {
    FakeNode::Script script;
    const char* words;
  };
  for (const Case& each : {Case{Always(v1::OUTCOME_TOO_LARGE), "a key of 1 bytes and a value of 3"},
                           Case{Always(v1::OUTCOME_BAD_REQUEST), "not valid"},
                           Case{AlwaysFails(StatusCode::INVALID_ARGUMENT), "so it is"},
                           Case{AlwaysFails(StatusCode::PERMISSION_DENIED), "so it is"},
                           Case{AlwaysFails(StatusCode::UNIMPLEMENTED), "is it a Drydock node?"}}) {
    FakeNode node(refuse(each.script));
    const CallResult result = Open({node.address()})->Put("k", "val");
    CHECK(result.outcome == CallOutcome::kRefused);
    CHECK(Has(result.text, each.words));
    CHECK(Has(result.text, "nothing happened"));
    CHECK(node.writes().size() == 1);
  }
}

TEST_CASE("a message that the node's gRPC refuses for its size is refused, not tried for ever") {
  FakeStore store;
  FakeNode node(LeaderOf(store));
  const CallResult result = Open({node.address()})->Put("k", std::string(2 << 20, 'x'));
  CHECK(result.outcome == CallOutcome::kRefused);
  CHECK(Has(result.text, "larger than max"));
}

TEST_CASE("one endpoint that is no Drydock node does no harm beside one that is") {
  FakeStore store;
  FakeNode leader(LeaderOf(store));
  FakeNode foreign(AlwaysFails(StatusCode::UNIMPLEMENTED));
  CHECK(Open({foreign.address(), leader.address()})->Put("k", "v").outcome == CallOutcome::kOk);
}

TEST_CASE("a client is not opened without a good list and good times") {
  CHECK_FALSE(Client::Open({}).ok());
  CHECK_FALSE(Client::Open({"nonsense"}).ok());
  CHECK_FALSE(Client::Open({"a:1"}, {.deadline = milliseconds(0)}).ok());
  CHECK_FALSE(Client::Open({"a:1"}, {.attempt = milliseconds(-1)}).ok());
}

}  // namespace drydock::net
