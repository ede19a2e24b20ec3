#include "net/server/chunk_stream.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/crc32c.h"
#include "core/kv/command.h"
#include "core/kv/state_codec.h"
#include "net/server/peer_service.h"
#include "tests/net/rpc/loop_server.h"
#include "tests/support/memory_disk.h"

namespace drydock::net {
namespace {

constexpr Fingerprint kCluster = 77;
constexpr std::size_t kChunk = 300000;  // some pieces

// A node that follows n1, behind a server; all but the constructor's arguments lives on its loop.
class Follower final : public NodeEnvironment {
 public:
  Follower()
      : runner_(MakeNode(), *this, 100),
        service_({.fingerprint = kCluster,
                  .heard = [this](NodeId) { loop_->mailbox().Post([this] { Step(); }); },
                  .turned_away = [this] { ++turned_away_; }},
                 [](const auto&, auto&) { return true; }, {.cluster = "c", .self = NodeId(0)}) {
    loop_.emplace(std::vector<grpc::Service*>{&service_.async_service()},
                  [this](grpc::ServerCompletionQueue& queue) { service_.Start(queue, runner_); });
    live_at_rest = live();
  }
  ~Follower() override {
    loop_->Stop(
        [this] {
          runner_.Abandon();
          service_.Close();
        },
        [this] { return service_.live(); });
  }

  std::unique_ptr<v1::PeerService::Stub> Client() {
    return v1::PeerService::NewStub(loop_->Connect());
  }
  std::size_t turned_away() {
    return loop_->Get<std::size_t>([this] { return turned_away_; });
  }
  std::size_t live() {
    return loop_->Get<std::size_t>([this] { return service_.live(); });
  }
  std::size_t open_calls() {
    return loop_->Get<std::size_t>([this] { return runner_.node().open_calls(); });
  }
  std::string ValueOf(const std::string& key) {
    return loop_->Get<std::string>(
        [&] { return std::string(runner_.node().kv().Get(key).value_or(Bytes()).view()); });
  }
  void HoldDisk(bool hold) {
    loop_->Run([this, hold] {
      hold_disk_ = hold;
      Step();
    });
  }

  std::size_t live_at_rest = 0;

  TimePoint Now() override { return {}; }
  void Send(const Message&) override {}
  void Submit(DiskOp op) override { disk_.push_back(std::move(op)); }
  void Observe(const TraceEvent&) override {}
  void Asked(const CallTable::OpenCall&) override {}
  void Answered(const CallTable::OpenCall&, const ClientAnswer&) override {}
  void Dropped(const CallTable::OpenCall&) override {}

 private:
  Node MakeNode() {
    const StartOptions options{.node = NodeId(0), .bootstrap = StoreId(1)};
    return Node({.voters = {NodeId(0), NodeId(1)}, .settings = {}, .seed = 1, .pins = {}},
                Recover(memory_, options).value(), {});
  }
  void Step() {
    runner_.Step();
    while (!hold_disk_ && !disk_.empty()) {
      const DiskOp op = std::move(disk_.front());
      disk_.pop_front();
      REQUIRE(memory_.CarryOut(op));
      runner_.Take(DiskDone{op.ticket, {}, {}});
      runner_.Step();
    }
  }

  MemoryDisk memory_;
  std::deque<DiskOp> disk_;
  bool hold_disk_ = false;
  std::size_t turned_away_ = 0;
  NodeRunner runner_;
  PeerService service_;
  std::optional<LoopServer> loop_;
};

// The state of a store with one large value, and what it is called.
struct Snapshot {
  Snapshot() {
    KvStore store;
    const ClientRequest put{.op = PutOp{Bytes("key"), Bytes(value)}};
    store.Apply(Index(1), {Term(1), EntryKind::kCommand, Bytes(EncodeCommand(put))});
    state = StateEncoder(store).Next(std::size_t{1} << 30);
    meta = {.index = Index(1),
            .term = Term(1),
            .configuration_index = Index(0),
            .configuration = Configuration({NodeId(0), NodeId(1)}),
            .bytes = state.size(),
            .checksum = Crc32c(state.view())};
  }
  Message Chunk(std::size_t offset, std::size_t size, NodeId to = NodeId(0)) const {
    return {
        .from = NodeId(1),
        .to = to,
        .store = StoreId(2),
        .term = Term(5),
        .body = SnapshotChunk{.meta = meta, .offset = offset, .bytes = state.Slice(offset, size)}};
  }

  const std::string value = std::string(1000000, 'v');
  Bytes state;
  SnapshotMeta meta;
};

// A leader's end of one stream.
class Sending {
 public:
  explicit Sending(v1::PeerService::Stub& stub) {
    context_.set_deadline(In(std::chrono::minutes(2)));
    writer_ = stub.InstallSnapshot(&context_, &response_);
  }
  bool Send(const v1::InstallSnapshotRequest& part) { return writer_->Write(part); }
  void SendAll(const Message& message, Fingerprint cluster = kCluster) {
    for (ChunkSplitter parts(message, cluster); !parts.AtEnd();) {
      v1::InstallSnapshotRequest part;
      parts.Next(part);
      if (!Send(part)) return;
    }
  }
  void SendHead(const Message& message) {
    v1::InstallSnapshotRequest part;
    ChunkSplitter(message, kCluster).Next(part);
    Send(part);
  }
  grpc::Status Finish() {
    writer_->WritesDone();
    return writer_->Finish();
  }
  // Without having sent all.
  grpc::Status WaitForEnd() { return writer_->Finish(); }
  void Cancel() { context_.TryCancel(); }
  SnapshotChunkResponse answer() const {
    return std::get<SnapshotChunkResponse>(Decode(response_)->message.body);
  }

 private:
  grpc::ClientContext context_;
  v1::InstallSnapshotResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::InstallSnapshotRequest>> writer_;
};

grpc::StatusCode CodeOf(v1::PeerService::Stub& stub,
                        const std::vector<v1::InstallSnapshotRequest>& parts) {
  Sending sending(stub);
  for (const v1::InstallSnapshotRequest& part : parts) sending.Send(part);
  return sending.Finish().error_code();
}

struct Fixture {
  Follower follower;
  std::unique_ptr<v1::PeerService::Stub> stub = follower.Client();
  Snapshot snapshot;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a snapshot arrives chunk by chunk and takes the state's place") {
  Sending question(*stub);
  question.SendAll(snapshot.Chunk(0, 0));
  REQUIRE(question.Finish().ok());
  CHECK(question.answer().received == 0);
  for (std::size_t at = 0; at < snapshot.state.size(); at += kChunk) {
    const std::size_t size = std::min(kChunk, snapshot.state.size() - at);
    Sending chunk(*stub);
    chunk.SendAll(snapshot.Chunk(at, size));
    REQUIRE(chunk.Finish().ok());
    CHECK(chunk.answer().index == Index(1));
    CHECK(chunk.answer().installed == (at + size == snapshot.state.size()));
    if (!chunk.answer().installed) CHECK(chunk.answer().received == at + size);
  }
  CHECK(follower.ValueOf("key") == snapshot.value);
  CHECK(follower.turned_away() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a chunk is not answered before it is durable") {
  follower.HoldDisk(true);
  Sending chunk(*stub);
  chunk.SendAll(snapshot.Chunk(0, kChunk));
  std::future<grpc::Status> answered =
      std::async(std::launch::async, [&] { return chunk.Finish(); });
  CHECK(answered.wait_for(std::chrono::milliseconds(50)) == std::future_status::timeout);
  follower.HoldDisk(false);
  REQUIRE(answered.get().ok());
  CHECK(chunk.answer().received == kChunk);
}

TEST_CASE_FIXTURE(Fixture, "what no node of this cluster sends is turned away") {
  using grpc::StatusCode;
  v1::InstallSnapshotRequest head;
  ChunkSplitter(snapshot.Chunk(0, 4), kCluster).Next(head);
  v1::InstallSnapshotRequest piece;
  piece.set_piece("1234");
  v1::InstallSnapshotRequest too_much;
  too_much.set_piece("12345");
  v1::InstallSnapshotRequest foreign;
  ChunkSplitter(snapshot.Chunk(0, 4), kCluster + 1).Next(foreign);
  CHECK(CodeOf(*stub, {}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {v1::InstallSnapshotRequest()}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {piece}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {head}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {head, head}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {head, too_much}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {head, piece, piece}) == StatusCode::INVALID_ARGUMENT);
  CHECK(CodeOf(*stub, {foreign, piece}) == StatusCode::FAILED_PRECONDITION);
  CHECK(follower.turned_away() == 8);
}

TEST_CASE_FIXTURE(Fixture, "a chunk for another node is dropped") {
  Sending chunk(*stub);
  chunk.SendAll(snapshot.Chunk(0, kChunk, NodeId(7)));
  CHECK(chunk.Finish().error_code() == grpc::StatusCode::ABORTED);
}

// Each holds what it has received; together they would hold as much as somebody likes.
TEST_CASE_FIXTURE(Fixture, "streams that stand still give way to those that began later") {
  std::vector<std::unique_ptr<Sending>> standing;
  std::vector<std::future<grpc::Status>> ends;
  for (std::size_t i = 0; i < ChunkIntake::kMaxChunks + 3; ++i) {
    standing.push_back(std::make_unique<Sending>(*stub));
    standing.back()->SendHead(snapshot.Chunk(0, kChunk));
    Sending* const stream = standing.back().get();  // the vector moves while others wait
    ends.push_back(std::async(std::launch::async, [stream] { return stream->WaitForEnd(); }));
  }
  Sending chunk(*stub);
  chunk.SendAll(snapshot.Chunk(0, kChunk));
  REQUIRE(chunk.Finish().ok());
  CHECK(chunk.answer().received == kChunk);
  CHECK(Eventually([&] {
    return std::ranges::count_if(ends, [](const std::future<grpc::Status>& end) {
             return end.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
           }) >= 3;
  }));
  for (const auto& sending : standing) sending->Cancel();
  std::size_t gave_way = 0;
  for (std::future<grpc::Status>& end : ends) {
    gave_way += end.get().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ? 1 : 0;
  }
  CHECK(gave_way >= 3);
  CHECK(Eventually([&] { return follower.live() == follower.live_at_rest; }));
}

TEST_CASE_FIXTURE(Fixture, "with too many chunks waiting for the disk, another one is refused") {
  follower.HoldDisk(true);
  std::vector<std::unique_ptr<Sending>> waiting;
  std::vector<std::future<grpc::Status>> answers;
  for (std::size_t i = 0; i < ChunkIntake::kMaxChunks; ++i) {
    waiting.push_back(std::make_unique<Sending>(*stub));
    waiting.back()->SendAll(snapshot.Chunk(0, kChunk));
    Sending* const stream = waiting.back().get();
    answers.push_back(std::async(std::launch::async, [stream] { return stream->Finish(); }));
    REQUIRE(Eventually([&] { return follower.open_calls() == i + 1; }));
  }
  Sending another(*stub);
  another.SendAll(snapshot.Chunk(0, kChunk));
  CHECK(another.Finish().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  follower.HoldDisk(false);
  for (std::future<grpc::Status>& answer : answers) CHECK(answer.get().ok());
}

TEST_CASE_FIXTURE(Fixture, "a leader that goes away in the middle leaves nothing behind") {
  Sending half(*stub);
  half.SendHead(snapshot.Chunk(0, kChunk));
  half.Cancel();
  half.WaitForEnd();
  CHECK(Eventually([&] { return follower.live() == follower.live_at_rest; }));
  Sending chunk(*stub);
  chunk.SendAll(snapshot.Chunk(0, kChunk));
  CHECK(chunk.Finish().ok());
}

}  // namespace drydock::net
