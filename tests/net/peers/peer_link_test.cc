#include "net/peers/peer_link.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/rpc/tag.h"

namespace drydock::net {
namespace {

constexpr Fingerprint kCluster = 77;

// A peer that answers heartbeats as it is told; its handlers run on gRPC's threads.
class FakePeer final : public ::Raft::Service {
 public:
  FakePeer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~FakePeer() override {
    let_go_.set_value();
    server_->Shutdown();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  bool silent = false;
  Fingerprint cluster = kCluster;

 private:
  grpc::Status heartbeatUpdate(grpc::ServerContext*, const heartbeat* request,
                               heartbeat_response* response) override {
    if (silent) released_.wait();
    Encode({.from = NodeId(1),
            .to = NodeId(0),
            .store = {},
            .term = Term(static_cast<std::uint64_t>(request->term())),
            .body = HeartbeatResponse{.round = request->round()}},
           cluster, *response);
    return grpc::Status::OK;
  }

  int port_ = 0;
  std::promise<void> let_go_;
  std::shared_future<void> released_ = let_go_.get_future().share();
  std::unique_ptr<grpc::Server> server_;
};

// A link with the queue that it needs, driven by the test's own thread.
class Rig {
 public:
  explicit Rig(const std::string& address)
      : options_{.cluster = "test",
                 .fingerprint = kCluster,
                 .self = NodeId(0),
                 .call_deadline = std::chrono::milliseconds(200)},
        events_{.response = [this](Message m) { responses.push_back(std::move(m)); },
                .round_trip = [](NodeId, std::chrono::nanoseconds) {},
                .failed = [this](NodeId, const grpc::Status& why) { failures.push_back(why); }},
        link_(std::make_unique<PeerLink>(NodeId(1), address, options_, events_, queue_)) {}
  ~Rig() {
    link_->Cancel();
    queue_.Shutdown();
    while (One()) {
    }
  }

  void SendHeartbeat() {
    link_->Send({.from = NodeId(0),
                 .to = NodeId(1),
                 .store = {},
                 .term = Term(5),
                 .body = Heartbeat{.round = 9}});
  }
  // One call comes back; a call without a deadline would keep a test here.
  bool One() {
    void* tag = nullptr;
    bool ok = false;
    const auto limit = std::chrono::system_clock::now() + std::chrono::seconds(60);
    if (queue_.AsyncNext(&tag, &ok, limit) != grpc::CompletionQueue::GOT_EVENT) return false;
    static_cast<Tag*>(tag)->Proceed(ok);
    return true;
  }

  std::vector<Message> responses;
  std::vector<grpc::Status> failures;

 private:
  PeerOptions options_;
  PeerEvents events_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<PeerLink> link_;
};

}  // namespace

TEST_CASE("a peer's answer comes back as a message") {
  FakePeer peer;
  Rig rig(peer.address());
  while (rig.responses.empty()) {  // until the channel is up, calls fail
    rig.SendHeartbeat();
    REQUIRE(rig.One());
  }
  CHECK(rig.responses[0].term == Term(5));
  CHECK(std::get<HeartbeatResponse>(rig.responses[0].body).round == 9);
}

TEST_CASE("a peer that does not answer is given up after the deadline of a call") {
  FakePeer peer;
  peer.silent = true;
  Rig rig(peer.address());
  const auto overdue = [&] {
    return !rig.failures.empty() &&
           rig.failures.back().error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  };
  while (!overdue()) {
    rig.SendHeartbeat();
    REQUIRE(rig.One());
  }
  CHECK(rig.responses.empty());
}

TEST_CASE("an answer of another cluster is no answer") {
  FakePeer peer;
  peer.cluster = kCluster + 1;
  Rig rig(peer.address());
  do {
    rig.failures.clear();
    rig.SendHeartbeat();
    REQUIRE(rig.One());
  } while (!rig.failures.empty());
  CHECK(rig.responses.empty());
}

}  // namespace drydock::net
