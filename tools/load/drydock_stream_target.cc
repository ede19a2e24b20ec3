#include <grpcpp/channel.h>

#include <functional>
#include <utility>

#include "net/client/credentials.h"
#include "net/rpc/tag.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tools/load/channel.h"
#include "tools/load/drydock_answers.h"
#include "tools/load/drydock_target.h"

namespace drydock::tools {
namespace {

// A message is sent once it holds so much: well below gRPC's limit on receipt, 4 MiB.
constexpr std::size_t kFullBytes = 256 << 10;
constexpr int kFullOperations = 1024;

// One stream to one node: one read always, one write at most. What is started while a write is
// under way gathers in the next message.
class Stream {
 public:
  struct Events {
    std::function<void(const v1::NumberedAnswer&)> answer;
    std::function<void(const grpc::Status&)> over;  // the last call
  };
  Stream(const std::string& address, const LoadCredentials& credentials,
         grpc::CompletionQueue& queue, Events events)
      : events_(std::move(events)),
        channel_(MakeLoadChannel(address, credentials)),
        stub_(v1::KeyValueService::NewStub(channel_)) {
    if (credentials != nullptr) credentials->AddTo(context_, address);
    call_ = stub_->PrepareAsyncExecuteStream(&context_, &queue);
    ++under_way_;
    call_->StartCall(static_cast<net::Tag*>(&start_tag_));
  }

  void Add(std::uint64_t number, const LoadOperation& operation, bool stale) {
    v1::NumberedOperation& out = *gathered_.add_operations();
    out.set_number(number);
    WriteOperation(operation, stale, *out.mutable_operation());
    bytes_ += operation.key.size() + operation.value.size();
    if (bytes_ >= kFullBytes || gathered_.operations_size() >= kFullOperations) Flush();
  }
  void Flush() {
    if (!started_ || writing_ || broken_ || gathered_.operations_size() == 0) return;
    std::swap(gathered_, sent_);
    gathered_.Clear();
    bytes_ = 0;
    writing_ = true;
    ++under_way_;
    call_->Write(sent_, static_cast<net::Tag*>(&write_tag_));
  }
  void Cancel() { context_.TryCancel(); }

 private:
  void OnStarted(bool ok) {
    --under_way_;
    if (!ok) return Break();
    started_ = true;
    Read();
    Flush();
  }
  void Read() {
    ++under_way_;
    call_->Read(&response_, static_cast<net::Tag*>(&read_tag_));
  }
  void OnRead(bool ok) {
    --under_way_;
    if (!ok) return Break();
    for (const v1::NumberedAnswer& answer : response_.answers()) events_.answer(answer);
    Read();
  }
  void OnWritten(bool ok) {
    --under_way_;
    writing_ = false;
    if (!ok || broken_) return Break();
    Flush();
  }
  // Asks for the reason, once everything else has come out of the queue.
  void Break() {
    broken_ = true;
    if (under_way_ > 0 || finishing_) return;
    finishing_ = true;
    call_->Finish(&status_, static_cast<net::Tag*>(&finish_tag_));
  }
  void OnFinished(bool /*ok*/) {
    const auto over = std::move(events_.over);
    over(status_);  // may destroy this
  }

  Events events_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::KeyValueService::Stub> stub_;
  grpc::ClientContext context_;
  grpc::Status status_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::ExecuteStreamRequest, v1::ExecuteStreamResponse>>
      call_;
  net::MemberTag<Stream> start_tag_{*this, &Stream::OnStarted};
  net::MemberTag<Stream> read_tag_{*this, &Stream::OnRead};
  net::MemberTag<Stream> write_tag_{*this, &Stream::OnWritten};
  net::MemberTag<Stream> finish_tag_{*this, &Stream::OnFinished};
  v1::ExecuteStreamRequest gathered_;
  v1::ExecuteStreamRequest sent_;
  v1::ExecuteStreamResponse response_;
  std::size_t bytes_ = 0;  // in gathered_
  int under_way_ = 0;      // operations in the completion queue
  bool started_ = false;
  bool writing_ = false;
  bool broken_ = false;
  bool finishing_ = false;
};

class DrydockStream final : public LoadTarget {
 public:
  DrydockStream(GrpcLoop& loop, const DrydockTargetOptions& options)
      : loop_(loop),
        stale_(options.stale),
        credentials_(options.credentials),
        cursor_(options.address, options.endpoints) {}
  ~DrydockStream() override {
    sink_ = nullptr;
    Cancel();
    while (stream_ != nullptr) loop_.Run(TimePoint::Max());
  }
  DrydockStream(const DrydockStream&) = delete;
  DrydockStream& operator=(const DrydockStream&) = delete;

  void Listen(AnswerSink* sink) override { sink_ = sink; }
  void Start(std::uint32_t slot, const LoadOperation& operation) override {
    if (stream_ == nullptr) Open();
    if (open_.size() <= slot) open_.resize(slot + 1);
    open_[slot] = true;
    stream_->Add(slot, operation, stale_);
  }
  void Flush() override {
    if (stream_ != nullptr) stream_->Flush();
  }
  void Cancel() override {
    if (stream_ != nullptr) stream_->Cancel();
  }

 private:
  void Open() {
    asked_ = cursor_.current();
    stream_ = std::make_unique<Stream>(
        asked_, credentials_, loop_.queue(),
        Stream::Events{.answer = [this](const v1::NumberedAnswer& answer) { OnAnswer(answer); },
                       .over = [this](const grpc::Status& status) { OnOver(status); }});
  }

  // A node that says who leads now is left: the stream is ended, and with it what else is open.
  void OnAnswer(const v1::NumberedAnswer& answer) {
    const AnswerKind kind = tools::KindOf(answer.answer());
    if (IsFailure(kind) && cursor_.Follow(asked_, kind, answer.answer().leader_address())) {
      stream_->Cancel();
    }
    if (answer.number() < open_.size()) Tell(static_cast<std::uint32_t>(answer.number()), kind, "");
  }

  void OnOver(const grpc::Status& status) {
    stream_.reset();
    const AnswerKind kind = status.ok() ? AnswerKind::kUnreachable : tools::KindOf(status);
    cursor_.Follow(asked_, kind, "");
    for (std::uint32_t slot = 0; slot < open_.size(); ++slot) {
      Tell(slot, kind, status.ok() ? "the node ended the stream" : status.error_message());
    }
  }

  void Tell(std::uint32_t slot, AnswerKind kind, std::string_view text) {
    if (!open_[slot]) return;  // a second answer, of a node that is out of order
    open_[slot] = false;
    if (sink_ != nullptr) sink_->OnAnswer(slot, kind, text);
  }

  GrpcLoop& loop_;
  const bool stale_;
  const LoadCredentials credentials_;
  AnswerSink* sink_ = nullptr;
  EndpointCursor cursor_;
  std::string asked_;
  std::unique_ptr<Stream> stream_;
  std::vector<bool> open_;  // slots that wait for an answer
};

}  // namespace

std::unique_ptr<LoadTarget> MakeDrydockStream(GrpcLoop& loop, const DrydockTargetOptions& options) {
  return std::make_unique<DrydockStream>(loop, options);
}

}  // namespace drydock::tools
