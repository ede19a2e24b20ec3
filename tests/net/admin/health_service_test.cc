#include "net/admin/health_service.h"

#include <doctest/doctest.h>
#include <grpc/health/v1/health.grpc.pb.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/net/rpc/loop_server.h"

namespace drydock::net {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServer {
 public:
  HealthServer()
      : loop_({&health_.async_service()},
              [this](grpc::ServerCompletionQueue& queue) { health_.Start(queue); }) {}
  ~HealthServer() {
    if (!stopped_) Stop();
  }

  std::unique_ptr<Health::Stub> Client() { return Health::NewStub(loop_.Connect()); }
  void Set(const std::string& service, bool serving) {
    loop_.Run([&] { health_.SetServing(service, serving); });
  }
  void Stop() {
    stopped_ = true;
    loop_.Stop([this] { health_.Close(); }, [this] { return health_.live(); },
               std::chrono::minutes(1));
  }

 private:
  HealthService health_;
  LoopServer loop_;
  bool stopped_ = false;
};

HealthCheckRequest Named(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

// What Check says: a status, or the code of the call.
std::string Checked(Health::Stub& stub, const std::string& service) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  const grpc::Status status = stub.Check(&context, Named(service), &response);
  if (!status.ok()) return "code " + std::to_string(status.error_code());
  return HealthCheckResponse::ServingStatus_Name(response.status());
}

class Watcher {
 public:
  Watcher(Health::Stub& stub, const std::string& service)
      : reader_(stub.Watch(&context_, Named(service))) {}
  // The next state; "" at the end of the stream.
  std::string Next() {
    HealthCheckResponse response;
    if (!reader_->Read(&response)) return "";
    return HealthCheckResponse::ServingStatus_Name(response.status());
  }
  void Cancel() { context_.TryCancel(); }
  grpc::Status Finish() { return reader_->Finish(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
};

}  // namespace

TEST_CASE("Check tells the node's health, and that of each service") {
  HealthServer server;
  const auto stub = server.Client();
  for (const char* service : {"", "Raft", "drydock.v1.KeyValueService", "drydock.v1.AdminService",
                              "drydock.v1.PeerService"}) {
    CAPTURE(service);
    CHECK(Checked(*stub, service) == "NOT_SERVING");
    server.Set(service, true);
    CHECK(Checked(*stub, service) == "SERVING");
    server.Set(service, false);
    CHECK(Checked(*stub, service) == "NOT_SERVING");
  }
  CHECK(Checked(*stub, "drydock.v1.Nonsense") == "code 5");  // NOT_FOUND
  CHECK(Checked(*stub, "raft") == "code 5");
}

TEST_CASE("Watch tells the state at once, and then each change of its own service") {
  HealthServer server;
  const auto stub = server.Client();
  Watcher watcher(*stub, "Raft");
  CHECK(watcher.Next() == "NOT_SERVING");
  server.Set("", true);
  server.Set("Raft", true);
  CHECK(watcher.Next() == "SERVING");
  server.Set("Raft", true);
  server.Set("Raft", false);
  CHECK(watcher.Next() == "NOT_SERVING");
  watcher.Cancel();
  CHECK(watcher.Next().empty());
  CHECK(watcher.Finish().error_code() == grpc::StatusCode::CANCELLED);
}

TEST_CASE("a slow watcher is told the last state, however many there were") {
  HealthServer server;
  const auto stub = server.Client();
  Watcher watcher(*stub, "");
  CHECK(watcher.Next() == "NOT_SERVING");
  for (int i = 0; i < 10001; ++i) server.Set("", i % 2 == 0);
  server.Stop();
  std::string last;
  for (std::string next = watcher.Next(); !next.empty(); next = watcher.Next()) last = next;
  CHECK(last == "SERVING");
  CHECK_FALSE(watcher.Finish().ok());
}

TEST_CASE("Watch of an unknown service stays open and says so") {
  HealthServer server;
  const auto stub = server.Client();
  Watcher watcher(*stub, "nonsense");
  CHECK(watcher.Next() == "SERVICE_UNKNOWN");
  watcher.Cancel();
  watcher.Finish();
}

TEST_CASE("no more than so many watch, and who leaves makes room") {
  HealthServer server;
  const auto stub = server.Client();
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 256; ++i) {
    watchers.push_back(std::make_unique<Watcher>(*stub, ""));
    REQUIRE(watchers.back()->Next() == "NOT_SERVING");
  }
  Watcher refused(*stub, "");
  CHECK(refused.Next().empty());
  CHECK(refused.Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(Checked(*stub, "") == "NOT_SERVING");
  watchers.front()->Cancel();
  watchers.front()->Finish();
  CHECK(Eventually([&] {
    Watcher next(*stub, "");
    const bool taken = next.Next() == "NOT_SERVING";
    next.Cancel();
    next.Finish();
    return taken;
  }));
  server.Set("", true);
  for (std::size_t i = 1; i < watchers.size(); ++i) CHECK(watchers[i]->Next() == "SERVING");
  for (const auto& watcher : watchers) watcher->Cancel();
}

TEST_CASE("a closing node tells its watchers so") {
  HealthServer server;
  const auto stub = server.Client();
  Watcher watcher(*stub, "");
  CHECK(watcher.Next() == "NOT_SERVING");
  server.Stop();
  CHECK(watcher.Next().empty());
  const grpc::Status status = watcher.Finish();
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(status.error_message() == "the node is shutting down");
}

}  // namespace drydock::net
