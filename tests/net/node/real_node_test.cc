#include "net/node/real_node.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sys/socket.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "net/disk/file_descriptor.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tests/net/disk/temporary_directory.h"

namespace drydock::net {
namespace {

// A port that nobody listens at; others may take it meanwhile, which a test would see as an error.
std::string FreeAddress() {
  const FileDescriptor fd(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

ClusterConfig ClusterOf(std::uint32_t size) {
  ClusterConfig config{.cluster = "test", .nodes = {}, .settings = {}, .limits = {}};
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::string address = FreeAddress();
    config.nodes[NodeId(i)] = {.address = address, .listen = address, .metrics = ""};
  }
  config.settings.segment_bytes = 1 << 20;
  return config;
}

// A node on a thread of its own; its log goes nowhere.
class Running {
 public:
  Running(const ClusterConfig& config, std::uint32_t id, const std::string& data)
      : nowhere_(::open("/dev/null", O_WRONLY)),
        log_(nowhere_.get(), NodeId(id), LogLevel::kError) {
    auto node = RealNode::Open(
        {.config = config, .id = NodeId(id), .data_directory = data, .bootstrap = true}, log_);
    REQUIRE_MESSAGE(node.ok(), node.error().text);
    node_ = std::move(node.value());
    ended_ = std::async(std::launch::async, [this] { return node_->Run(); });
  }
  ~Running() {
    node_->Stop();
    CHECK(ended_.get() == std::nullopt);
  }

 private:
  FileDescriptor nowhere_;
  EventLog log_;
  std::unique_ptr<RealNode> node_;
  std::future<std::optional<std::string>> ended_;
};

v1::Answer Execute(const std::string& address, const v1::Operation& operation) {
  const auto stub = v1::KeyValueService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  v1::ExecuteRequest request;
  *request.mutable_operation() = operation;
  v1::ExecuteResponse response;
  const grpc::Status status = stub->Execute(&context, request, &response);
  return status.ok() ? response.answer() : v1::Answer();
}

// Asks one node after the other until one has done it.
v1::Answer ExecuteSomewhere(const ClusterConfig& config, const v1::Operation& operation) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < limit) {
    for (const auto& [node, place] : config.nodes) {
      v1::Answer answer = Execute(place.address, operation);
      if (answer.outcome() == v1::OUTCOME_OK) return answer;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  FAIL("nobody has done it in time");
  return {};
}

v1::Operation Put(const std::string& key, const std::string& value) {
  v1::Operation operation;
  operation.mutable_put()->set_key(key);
  operation.mutable_put()->set_value(value);
  return operation;
}

v1::Operation Get(const std::string& key) {
  v1::Operation operation;
  operation.mutable_get()->set_key(key);
  return operation;
}

}  // namespace

TEST_CASE("three nodes keep what was written, with one of them gone and after a restart of all") {
  const TemporaryDirectory data;
  const ClusterConfig config = ClusterOf(3);
  std::vector<std::unique_ptr<Running>> nodes(3);
  const auto start = [&](std::uint32_t id) {
    nodes[id] = std::make_unique<Running>(config, id, data / ("n" + std::to_string(id)));
  };
  for (std::uint32_t id = 0; id < 3; ++id) start(id);
  ExecuteSomewhere(config, Put("key", "one"));
  const v1::Answer leader = ExecuteSomewhere(config, Get("key"));
  CHECK(leader.value() == "one");

  nodes[0].reset();
  ExecuteSomewhere(config, Put("key", std::string("t\0o", 3)));
  for (auto& node : nodes) node.reset();
  for (std::uint32_t id = 0; id < 3; ++id) start(id);
  CHECK(ExecuteSomewhere(config, Get("key")).value() == std::string("t\0o", 3));
}

TEST_CASE("the answers of a stream fit what a client takes, however many there are at once") {
  const TemporaryDirectory data;
  const ClusterConfig config = ClusterOf(1);
  const Running running(config, 0, data / "n0");
  ExecuteSomewhere(config, Put("key", std::string(100000, 'v')));
  const auto stub = v1::KeyValueService::NewStub(
      grpc::CreateChannel(config.nodes.at(NodeId(0)).address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const auto stream = stub->ExecuteStream(&context);
  v1::ExecuteStreamRequest request;
  for (std::uint64_t i = 1; i <= 100; ++i) {
    v1::NumberedOperation& numbered = *request.add_operations();
    numbered.set_number(i);
    *numbered.mutable_operation() = Get("key");
  }
  REQUIRE(stream->Write(request));
  stream->WritesDone();
  std::uint64_t answered = 0;
  for (v1::ExecuteStreamResponse response; stream->Read(&response);) {
    for (const v1::NumberedAnswer& numbered : response.answers()) {
      ++answered;
      CHECK(numbered.answer().value().size() == 100000);
    }
  }
  CHECK(stream->Finish().ok());
  CHECK(answered == 100);
}

TEST_CASE("a node that cannot start says why") {
  const TemporaryDirectory data;
  const ClusterConfig config = ClusterOf(1);
  const FileDescriptor nowhere(::open("/dev/null", O_WRONLY));
  EventLog log(nowhere.get(), NodeId(0), LogLevel::kError);
  const auto error_of = [&](RealNodeOptions options) {
    const auto node = RealNode::Open(std::move(options), log);
    return node.ok() ? std::string("it started") : node.error().text;
  };
  const RealNodeOptions good{
      .config = config, .id = NodeId(0), .data_directory = data / "n0", .bootstrap = true};
  RealNodeOptions stranger = good;
  stranger.id = NodeId(7);
  CHECK(Contains(error_of(stranger), "I am not in the member list: n7 is none of n0"));
  RealNodeOptions empty = good;
  empty.bootstrap = false;
  CHECK(Contains(error_of(empty), "--bootstrap"));

  const Running running(config, 0, data / "n0");
  CHECK(Contains(error_of(good), "is in use by another raftd"));
  RealNodeOptions elsewhere = good;
  elsewhere.data_directory = data / "other";
  CHECK(Contains(error_of(elsewhere), "Address already in use"));
}

}  // namespace drydock::net
