// One stream of batched operations (KeyValueService.ExecuteStream): reads while not too much of it
// is undecided, and gathers answers into few messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "net/rpc/stream_method.h"
#include "net/runtime/node_runner.h"
#include "net/security/gatekeeper.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

using StreamOfOperations = StreamMethod<v1::ExecuteStreamRequest, v1::ExecuteStreamResponse>;

class OperationStream;

// What a client needs to ask for it: getting reads, everything else writes.
inline Permission PermissionFor(const ClientOp& op) {
  return std::holds_alternative<GetOp>(op) ? Permission::kRead : Permission::kWrite;
}

// What the streams of a node share.
struct StreamOptions {
  std::size_t max_undecided = 4096;  // operations; then the stream is not read for a while
  // Writes the answer, the leader's address included.
  std::function<void(const ClientAnswer&, v1::Answer&)> encode;
};

// The streams that have answers to send; Flush is called once the node was stepped.
class StreamFlusher {
 public:
  void Add(OperationStream& stream) { waiting_.push_back(&stream); }
  void Remove(OperationStream& stream) { std::erase(waiting_, &stream); }
  void Flush();

 private:
  std::vector<OperationStream*> waiting_;
  std::vector<OperationStream*> flushing_;
};

class OperationStream final : public StreamOfOperations::Session, public Caller {
 public:
  // What the rights do not include is refused as a bad request.
  OperationStream(StreamOfOperations::Call& call, StreamRights rights, const StreamOptions& options,
                  NodeRunner& runner, StreamFlusher& flusher)
      : call_(call),
        rights_(std::move(rights)),
        options_(options),
        runner_(runner),
        flusher_(flusher) {}
  ~OperationStream() override { flusher_.Remove(*this); }

  void OnRead(v1::ExecuteStreamRequest& request) override;
  void OnWritten() override;
  void OnReadsDone() override;
  void OnBroken() override;
  bool MayGo() const override { return undecided_ == 0; }

  void OnAnswer(std::uint64_t number, ClientAnswer answer) override;
  void OnReply(std::uint64_t, const Message&) override {}  // no peer asks here
  void OnDrop(std::uint64_t number) override { OnAnswer(number, ClientAnswer{}); }

  // Sends what has been answered, unless a message is on its way.
  void Flush();

 private:
  void ReadOn();
  void SendNext();
  bool TakeNextMessage();
  void FinishIfDone();

  StreamOfOperations::Call& call_;
  StreamRights rights_;
  const StreamOptions& options_;
  NodeRunner& runner_;
  StreamFlusher& flusher_;
  std::size_t undecided_ = 0;
  // Answers that are not on their way yet: messages that are full, and the one being filled.
  std::deque<v1::ExecuteStreamResponse> full_;
  v1::ExecuteStreamResponse next_;
  std::size_t next_bytes_ = 0;
  v1::ExecuteStreamResponse sending_;
  bool writing_ = false;
  bool reading_ = true;  // a read is under way
  bool reads_done_ = false;
  bool broken_ = false;
  bool listed_ = false;  // with the flusher
};

}  // namespace drydock::net
