#include "net/rpc/unary_method.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/net/rpc/undecided_server.h"

namespace drydock::net {
namespace {

using Stub = v1::KeyValueService::Stub;

v1::ExecuteRequest GetOf(const std::string& key) {
  v1::ExecuteRequest request;
  request.mutable_operation()->mutable_get()->set_key(key);
  return request;
}

// One call that runs on a thread of its own, so that it can be undecided.
class CallUnderWay {
 public:
  explicit CallUnderWay(Stub& stub, std::chrono::milliseconds limit = std::chrono::minutes(5))
      : thread_([this, &stub, limit] {
          context_.set_deadline(In(limit));
          status_ = stub.Execute(&context_, GetOf("held"), &response_);
        }) {}
  ~CallUnderWay() {
    if (thread_.joinable()) thread_.join();
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status End() {
    thread_.join();
    return status_;
  }

 private:
  grpc::ClientContext context_;
  v1::ExecuteResponse response_;
  grpc::Status status_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("ten thousand calls of eight clients get the answers to their own requests") {
  UndecidedServer server({.at_once = true});
  std::atomic<int> right = 0;
  std::mutex mutex;
  std::string wrong;  // the first answer that was not the right one
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&, client] {
      const auto stub = server.Client();
      for (int i = 0; i < 1250; ++i) {
        const std::string key = std::to_string(client) + "/" + std::to_string(i);
        grpc::ClientContext context;
        // Not about connecting, which may take more than one try where all cores are busy.
        context.set_wait_for_ready(true);
        v1::ExecuteResponse response;
        const grpc::Status status = stub->Execute(&context, GetOf(key), &response);
        if (status.ok() && response.answer().value() == key) {
          ++right;
          continue;
        }
        const std::lock_guard lock(mutex);
        if (!wrong.empty()) continue;
        wrong = key + ": status " + std::to_string(status.error_code()) + " " +
                status.error_message() + ", answer " + response.answer().value();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK_MESSAGE(right == 10000, wrong);
  CHECK(Eventually([&] { return server.taken() == 0; }));
  CHECK(server.waiting() == 4);
}

TEST_CASE("a recycled call carries nothing of the one before") {
  UndecidedServer server({.at_once = true, .waiting = 1});
  const auto stub = server.Client();
  for (int i = 0; i < 10; ++i) {
    grpc::ClientContext full_context;
    v1::ExecuteResponse full;
    CHECK(stub->Execute(&full_context, GetOf("key"), &full).ok());
    CHECK(full.answer().value() == "key");
    grpc::ClientContext failed_context;
    v1::ExecuteResponse failed;
    const grpc::Status status = stub->Execute(&failed_context, GetOf("fail"), &failed);
    CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(status.error_message() == "as asked");
    grpc::ClientContext empty_context;
    v1::ExecuteResponse empty;
    CHECK(stub->Execute(&empty_context, v1::ExecuteRequest(), &empty).ok());
    CHECK_FALSE(empty.has_answer());
  }
}

TEST_CASE("more calls can be undecided than were waiting for requests") {
  UndecidedServer server({.waiting = 2});
  const auto stub = server.Client();
  {
    std::vector<std::unique_ptr<CallUnderWay>> calls;
    for (int i = 0; i < 50; ++i) calls.push_back(std::make_unique<CallUnderWay>(*stub));
    REQUIRE(Eventually([&] { return server.undecided() == 50; }));
    CHECK(server.taken() == 50);
    CHECK(server.waiting() == 2);
    server.Decide();
    for (auto& call : calls) CHECK(call->End().ok());
  }
  CHECK(Eventually([&] { return server.taken() == 0; }));
}

TEST_CASE("a call that its client cancelled is decided later without harm") {
  UndecidedServer server;
  const auto stub = server.Client();
  CallUnderWay call(*stub);
  REQUIRE(Eventually([&] { return server.undecided() == 1; }));
  call.Cancel();
  CHECK(call.End().error_code() == grpc::StatusCode::CANCELLED);
  CHECK(server.taken() == 1);
  CHECK(server.Decide() == 1);
  CHECK(Eventually([&] { return server.taken() == 0; }));
}

TEST_CASE("a call whose deadline passed is decided later without harm") {
  UndecidedServer server;
  const auto stub = server.Client();
  CallUnderWay call(*stub, std::chrono::milliseconds(300));
  CHECK(call.End().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  server.Decide();
  CHECK(Eventually([&] { return server.taken() == 0; }));
}

TEST_CASE("calls whose connection died are decided later without harm") {
  UndecidedServer server;
  const auto stub = server.Client();
  CallUnderWay one(*stub);
  CallUnderWay other(*stub);
  REQUIRE(Eventually([&] { return server.undecided() == 2; }));
  server.loop().CutConnections();
  CHECK(one.End().error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(other.End().error_code() == grpc::StatusCode::UNAVAILABLE);
  server.Decide();
  CHECK(Eventually([&] { return server.taken() == 0; }));
}

TEST_CASE("a server that ends within its grace answers what is decided meanwhile") {
  UndecidedServer server;
  const auto stub = server.Client();
  CallUnderWay call(*stub);
  REQUIRE(Eventually([&] { return server.undecided() == 1; }));
  std::thread node([&] {
    // Decided once the server is closing: it takes no call any more.
    CHECK(Eventually([&] { return server.waiting() == 0; }));
    server.Decide();
  });
  server.loop().Run([&] { server.CloseHere(); });
  server.loop().server().Shutdown(In(std::chrono::minutes(1)));
  node.join();
  CHECK(call.End().ok());
}

TEST_CASE("a server that ends at once breaks off what is undecided") {
  for (const bool from_the_loop : {false, true}) {
    UndecidedServer server;
    const auto stub = server.Client();
    CallUnderWay call(*stub);
    REQUIRE(Eventually([&] { return server.undecided() == 1; }));
    if (from_the_loop) {
      server.StopFromTheLoop();
    } else {
      server.Stop();
    }
    CHECK_FALSE(call.End().ok());
  }
}

TEST_CASE("a server ends under fire") {
  for (int round = 0; round < 10; ++round) {
    UndecidedServer server({.at_once = true});
    std::atomic<bool> over = false;
    std::vector<std::thread> clients;
    for (int client = 0; client < 4; ++client) {
      clients.emplace_back([&] {
        const auto stub = server.Client();
        for (int failed = 0; failed < 3 && !over;) {
          grpc::ClientContext context;
          context.set_deadline(In(std::chrono::seconds(10)));
          v1::ExecuteResponse response;
          if (!stub->Execute(&context, GetOf("key"), &response).ok()) ++failed;
        }
      });
    }
    const auto some = [&] { return server.taken() > 0; };
    REQUIRE(Eventually(some));
    round % 2 == 0 ? server.Stop() : server.StopFromTheLoop();
    over = true;
    for (std::thread& client : clients) client.join();
  }
}

}  // namespace drydock::net
