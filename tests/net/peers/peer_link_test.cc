#include "net/peers/peer_link.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/codec/chunk_parts.h"
#include "net/rpc/tag.h"

namespace drydock::net {
namespace {

constexpr Fingerprint kCluster = 77;

// Takes chunks, and answers that it has all bytes up to their end.
class FakeReceiver final : public v1::PeerService::Service {
 public:
  // Until then chunks are read and not answered.
  void Hold() {
    const std::scoped_lock lock(mutex_);
    held_ = true;
  }
  void LetGo() {
    const std::scoped_lock lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  std::vector<SnapshotChunk> chunks() {
    const std::scoped_lock lock(mutex_);
    return chunks_;
  }
  std::size_t most_parts() {
    const std::scoped_lock lock(mutex_);
    return most_parts_;
  }

 private:
  grpc::Status InstallSnapshot(grpc::ServerContext* context,
                               grpc::ServerReader<v1::InstallSnapshotRequest>* reader,
                               v1::InstallSnapshotResponse* response) override {
    ChunkJoiner joiner;
    v1::InstallSnapshotRequest part;
    std::size_t parts = 0;
    for (; reader->Read(&part); ++parts) REQUIRE(joiner.Take(part));
    if (!joiner.complete()) return grpc::Status::CANCELLED;
    const Message message = joiner.TakeMessage();
    const auto& chunk = std::get<SnapshotChunk>(message.body);
    std::unique_lock lock(mutex_);
    chunks_.push_back(chunk);
    most_parts_ = std::max(most_parts_, parts);
    while (held_ && !context->IsCancelled()) {
      changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    const std::uint64_t received = chunk.offset + chunk.bytes.size();
    Encode({.from = NodeId(1),
            .to = NodeId(0),
            .store = {},
            .term = message.term,
            .body = SnapshotChunkResponse{.index = chunk.meta.index, .received = received}},
           kCluster, *response);
    return grpc::Status::OK;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::vector<SnapshotChunk> chunks_;
  std::size_t most_parts_ = 0;
};

// A peer that answers heartbeats as it is told; its handlers run on gRPC's threads.
class FakePeer final : public ::Raft::Service {
 public:
  FakePeer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    builder.RegisterService(&receiver);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  ~FakePeer() override {
    let_go_.set_value();
    receiver.LetGo();
    server_->Shutdown();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  bool silent = false;
  Fingerprint cluster = kCluster;
  FakeReceiver receiver;

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
        events_{.response =
                    [this](Message m) {
                      const auto* chunk = std::get_if<SnapshotChunkResponse>(&m.body);
                      if (chunk != nullptr) return received.push_back(chunk->received);
                      responses.push_back(std::move(m));
                    },
                .round_trip = [](NodeId, std::chrono::nanoseconds) {},
                .failed = [this](NodeId, const grpc::Status& why) { failures.push_back(why); }},
        link_(std::make_unique<PeerLink>(NodeId(1), address, options_, events_, queue_)) {}
  ~Rig() {
    link_->Cancel();
    while (link_->live_streams() > 0) REQUIRE(One());
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
  void SendChunk(std::size_t offset, std::size_t size) {
    const SnapshotMeta meta{.index = Index(8),
                            .term = Term(2),
                            .configuration_index = Index(0),
                            .configuration = Configuration({NodeId(0), NodeId(1)}),
                            .bytes = std::uint64_t{1} << 30};
    link_->Send({.from = NodeId(0),
                 .to = NodeId(1),
                 .store = {},
                 .term = Term(5),
                 .body = SnapshotChunk{
                     .meta = meta, .offset = offset, .bytes = Bytes(std::string(size, 'c'))}});
  }
  // Until the channel is up, calls fail.
  void Connect() {
    while (responses.empty()) {
      SendHeartbeat();
      REQUIRE(One());
    }
    failures.clear();
  }
  void WaitForReceived(std::size_t count) {
    while (received.size() < count) REQUIRE(One());
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
  std::vector<std::uint64_t> received;  // as answers to chunks tell
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

TEST_CASE("a chunk of a snapshot arrives whole, in pieces, and its answer comes back") {
  FakePeer peer;
  Rig rig(peer.address());
  rig.Connect();
  rig.SendChunk(0, 0);
  rig.WaitForReceived(1);
  CHECK(rig.received[0] == 0);
  CHECK(peer.receiver.most_parts() == 1);
  rig.SendChunk(500, 1000000);
  rig.WaitForReceived(2);
  CHECK(rig.received[1] == 1000500);
  CHECK(peer.receiver.chunks().back().bytes.view() == std::string(1000000, 'c'));
  CHECK(peer.receiver.most_parts() == 1 + (1000000 + kChunkPieceBytes - 1) / kChunkPieceBytes);
}

TEST_CASE("a chunk that is on its way is not sent a second time") {
  FakePeer peer;
  Rig rig(peer.address());
  rig.Connect();
  peer.receiver.Hold();
  for (int i = 0; i < 100; ++i) rig.SendChunk(0, 1000);
  while (peer.receiver.chunks().empty()) {
    rig.SendHeartbeat();
    REQUIRE(rig.One());
    rig.SendChunk(0, 1000);
  }
  peer.receiver.LetGo();
  rig.WaitForReceived(1);
  CHECK(rig.received[0] == 1000);
  CHECK(peer.receiver.chunks().size() == 1);
  rig.SendChunk(0, 1000);  // now it is lost for all that the link knows
  rig.WaitForReceived(2);
  CHECK(peer.receiver.chunks().size() == 2);
}

TEST_CASE("another chunk takes the place of the one on its way, which is no failure") {
  FakePeer peer;
  Rig rig(peer.address());
  rig.Connect();
  peer.receiver.Hold();
  rig.SendChunk(0, 1000);
  while (peer.receiver.chunks().empty()) {
    rig.SendHeartbeat();
    REQUIRE(rig.One());
  }
  rig.SendChunk(1000, 500);
  while (peer.receiver.chunks().size() < 2) {
    rig.SendHeartbeat();
    REQUIRE(rig.One());
  }
  peer.receiver.LetGo();
  rig.WaitForReceived(1);
  CHECK(rig.received[0] == 1500);
  CHECK(rig.failures.empty());
}

TEST_CASE("a link with a chunk on its way ends in good order") {
  FakePeer peer;
  peer.receiver.Hold();
  Rig rig(peer.address());
  rig.Connect();
  rig.SendChunk(0, 10 << 20);
  rig.SendChunk(10 << 20, 10 << 20);
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
