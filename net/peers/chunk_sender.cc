#include "net/peers/chunk_sender.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_stream.h>

#include <chrono>
#include <utility>

#include "net/codec/chunk_parts.h"
#include "net/rpc/tag.h"

namespace drydock::net {
namespace {

// Streams that are being ended come out of the queue soon; what is sent meanwhile may be lost.
constexpr std::size_t kMaxCalls = 4;

// A disk or a link that is slow but moves gets the chunk through. One that is dead is noticed by
// the connection's keepalive, long before.
std::chrono::milliseconds TimeFor(const SnapshotChunk& chunk) {
  constexpr std::chrono::milliseconds kLeast(10000);
  constexpr std::size_t kBytesPerMillisecond = 64;
  return kLeast + std::chrono::milliseconds(chunk.bytes.size() / kBytesPerMillisecond);
}

bool IsSameChunk(const Message& a, const Message& b) {
  const auto& one = std::get<SnapshotChunk>(a.body);
  const auto& other = std::get<SnapshotChunk>(b.body);
  return a.term == b.term && one.meta.index == other.meta.index && one.offset == other.offset &&
         one.bytes.size() == other.bytes.size();
}

}  // namespace

// One operation at a time is in the queue: the start, each part, the end.
class ChunkSender::Call final : public Tag {
 public:
  Call(ChunkSender& owner, const Message& message)
      : owner_(owner), parts_(message, owner.cluster_) {
    const auto& chunk = std::get<SnapshotChunk>(message.body);
    context_.set_deadline(std::chrono::system_clock::now() + TimeFor(chunk));
    writer_ = owner_.stub_.PrepareAsyncInstallSnapshot(&context_, &response, &owner_.queue_);
    writer_->StartCall(static_cast<Tag*>(this));
  }

  void Proceed(bool ok) override {
    if (ending_) return owner_.Finish(*this);
    if (ok && !parts_.AtEnd()) return WriteNext();
    ending_ = true;
    writer_->Finish(&status, static_cast<Tag*>(this));
  }
  const Message& message() const { return parts_.message(); }
  void Cancel() { context_.TryCancel(); }

  bool replaced = false;  // by another chunk
  v1::InstallSnapshotResponse response;
  grpc::Status status;

 private:
  void WriteNext() {
    parts_.Next(part_);
    grpc::WriteOptions options;
    if (parts_.AtEnd()) options.set_last_message();
    writer_->Write(part_, options, static_cast<Tag*>(this));
  }

  ChunkSender& owner_;
  ChunkSplitter parts_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncWriter<v1::InstallSnapshotRequest>> writer_;
  v1::InstallSnapshotRequest part_;
  bool ending_ = false;
};

ChunkSender::ChunkSender(v1::PeerService::Stub& stub, Fingerprint cluster,
                         grpc::CompletionQueue& queue, Finished finished)
    : stub_(stub), cluster_(cluster), queue_(queue), finished_(std::move(finished)) {}
ChunkSender::~ChunkSender() = default;

void ChunkSender::Send(const Message& message) {
  const bool under_way = !calls_.empty() && !calls_.back()->replaced;
  if (under_way && IsSameChunk(calls_.back()->message(), message)) return;
  if (under_way) {
    calls_.back()->replaced = true;
    calls_.back()->Cancel();
  }
  if (calls_.size() < kMaxCalls) calls_.push_back(std::make_unique<Call>(*this, message));
}

void ChunkSender::Finish(Call& call) {
  if (!call.replaced) finished_(call.status, call.response);
  std::erase_if(calls_, [&](const std::unique_ptr<Call>& each) { return each.get() == &call; });
}

void ChunkSender::Cancel() {
  for (const std::unique_ptr<Call>& call : calls_) call->Cancel();
}

}  // namespace drydock::net
