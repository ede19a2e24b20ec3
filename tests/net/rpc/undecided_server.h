// A key-value service whose answers a test decides when it wants, as a node does when its log has.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/rpc/stream_method.h"
#include "net/rpc/unary_method.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tests/net/rpc/loop_server.h"

namespace drydock::net {

using Stream = StreamMethod<v1::ExecuteStreamRequest, v1::ExecuteStreamResponse>;

// What happened to the sessions of a server. All on the loop's thread.
struct Happened {
  std::size_t sessions = 0;  // that exist
  std::size_t broken = 0;
  std::size_t reads_done = 0;
  std::size_t told_after_broken = 0;
  std::size_t most_undecided = 0;  // of one session
};

// Answers each operation with its own key as the value. Reads on while fewer than `limit`
// operations are undecided; `ask` hands an operation to somebody who will call OnAnswer.
class EchoSession final : public Stream::Session {
 public:
  using Ask = std::function<void(EchoSession&, const v1::NumberedOperation&)>;

  EchoSession(Stream::Call& call, Happened& happened, std::size_t limit, Ask ask)
      : call_(call), happened_(happened), limit_(limit), ask_(std::move(ask)) {
    ++happened_.sessions;
  }
  ~EchoSession() override { --happened_.sessions; }

  void OnRead(v1::ExecuteStreamRequest& request) override {
    if (broken_) ++happened_.told_after_broken;
    reading_ = false;
    undecided_ += static_cast<std::size_t>(request.operations_size());
    happened_.most_undecided = std::max(happened_.most_undecided, undecided_);
    for (const v1::NumberedOperation& operation : request.operations()) ask_(*this, operation);
    GoOn();
  }
  void OnWritten() override {
    if (broken_) ++happened_.told_after_broken;
    writing_ = false;
    GoOn();
  }
  void OnReadsDone() override {
    if (broken_) ++happened_.told_after_broken;
    ++happened_.reads_done;
    reads_done_ = true;
    GoOn();
  }
  void OnBroken() override {
    if (broken_) ++happened_.told_after_broken;
    broken_ = true;
    ++happened_.broken;
  }
  bool MayGo() const override { return undecided_ == 0; }

  void OnAnswer(std::uint64_t number, const std::string& value) {
    --undecided_;
    v1::NumberedAnswer& answer = *next_.add_answers();
    answer.set_number(number);
    answer.mutable_answer()->set_value(value);
    GoOn();
    call_.ReleaseIfOver();
  }

 private:
  void GoOn() {
    if (broken_) return;
    if (!reading_ && !reads_done_ && undecided_ < limit_) {
      reading_ = true;
      call_.Read();
    }
    if (writing_) return;
    if (next_.answers_size() > 0) {
      writing_ = true;
      call_.Write(next_);
      next_.Clear();
    } else if (reads_done_ && undecided_ == 0) {
      call_.Finish(grpc::Status::OK);
    }
  }

  Stream::Call& call_;
  Happened& happened_;
  std::size_t limit_;
  Ask ask_;
  v1::ExecuteStreamResponse next_;
  std::size_t undecided_ = 0;
  bool reading_ = true;
  bool writing_ = false;
  bool reads_done_ = false;
  bool broken_ = false;
};

class UndecidedServer {
 public:
  struct Options {
    bool at_once = false;         // decides everything at once
    std::size_t limit = 4;        // undecided operations of one stream
    std::size_t max_streams = 0;  // beyond it a stream is refused; 0: no limit
    std::size_t waiting = 4;
    LoopServer::Configure configure = {};
  };

  UndecidedServer() : UndecidedServer(Options{}) {}
  explicit UndecidedServer(Options options)
      : options_(std::move(options)),
        executions_(ExecuteHooks(), options_.waiting),
        streams_(StreamHooks()),
        loop_(
            {&service_}, [this](grpc::ServerCompletionQueue& queue) { Start(queue); },
            options_.configure) {}
  ~UndecidedServer() {
    if (!stopped_) Stop();
  }

  LoopServer& loop() { return loop_; }
  std::unique_ptr<v1::KeyValueService::Stub> Client(const grpc::ChannelArguments& with = {}) {
    return v1::KeyValueService::NewStub(loop_.Connect(with));
  }

  // Decides what is undecided by now. Gives back how much that was.
  std::size_t Decide() {
    return loop_.Get<std::size_t>([this] { return DecideHere(); });
  }
  std::size_t undecided() {
    return loop_.Get<std::size_t>([this] { return undecided_.size(); });
  }
  std::size_t taken() {
    return loop_.Get<std::size_t>([this] { return executions_.taken(); });
  }
  std::size_t waiting() {
    return loop_.Get<std::size_t>([this] { return executions_.live() - executions_.taken(); });
  }
  std::size_t streams() {
    return loop_.Get<std::size_t>([this] { return streams_.open(); });
  }
  Happened happened() {
    return loop_.Get<Happened>([this] { return happened_; });
  }
  // On the loop's thread.
  void CloseHere() {
    executions_.Close();
    streams_.Close();
  }
  std::size_t DecideHere() {
    const std::size_t count = undecided_.size();
    for (const auto& decide : std::exchange(undecided_, {})) decide();
    return count;
  }
  std::size_t LiveHere() const { return executions_.live() + streams_.live(); }

  // What is undecided is decided when the server has ended its calls.
  void Stop(std::chrono::milliseconds grace = std::chrono::milliseconds(0)) {
    stopped_ = true;
    loop_.Stop([this] { CloseHere(); },
               [this] {
                 DecideHere();
                 return LiveHere();
               },
               grace);
    CHECK(happened_.sessions == 0);
    CHECK(happened_.told_after_broken == 0);
  }
  // Without the farewell: the loop's thread itself ends the server at once.
  void StopFromTheLoop() {
    stopped_ = true;
    loop_.Stop(
        [this] {
          CloseHere();
          loop_.server().Shutdown(In(std::chrono::milliseconds(0)));
        },
        [this] {
          DecideHere();
          return LiveHere();
        });
  }

 private:
  using Executions = UnaryMethod<v1::ExecuteRequest, v1::ExecuteResponse>;

  Executions::Hooks ExecuteHooks() {
    return {.arm =
                [this](grpc::ServerContext* context, v1::ExecuteRequest* request,
                       grpc::ServerAsyncResponseWriter<v1::ExecuteResponse>* writer, void* tag) {
                  service_.RequestExecute(context, request, writer, queue_, queue_, tag);
                },
            .take = [this](Executions::Call& call) { Ask([this, &call] { Answer(call); }); }};
  }
  // The value asked for is the key; "fail" fails; without an operation there is no value.
  void Answer(Executions::Call& call) {
    const v1::Operation& operation = call.request().operation();
    if (operation.get().key() == "fail") {
      return call.Finish(grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "as asked"));
    }
    if (operation.has_get()) call.response().mutable_answer()->set_value(operation.get().key());
    call.Finish();
  }
  Stream::Hooks StreamHooks() {
    return {.arm =
                [this](grpc::ServerContext* context,
                       grpc::ServerAsyncReaderWriter<v1::ExecuteStreamResponse,
                                                     v1::ExecuteStreamRequest>* stream,
                       void* tag) {
                  service_.RequestExecuteStream(context, stream, queue_, queue_, tag);
                },
            .open = [this](Stream::Call& call) { return Open(call); }};
  }
  std::unique_ptr<Stream::Session> Open(Stream::Call& call) {
    if (options_.max_streams > 0 && streams_.open() > options_.max_streams) {
      call.Finish(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many"));
      return nullptr;
    }
    const auto ask = [this](EchoSession& session, const v1::NumberedOperation& operation) {
      Ask([&session, number = operation.number(), key = operation.operation().get().key()] {
        session.OnAnswer(number, key);
      });
    };
    return std::make_unique<EchoSession>(call, happened_, options_.limit, ask);
  }
  void Ask(std::function<void()> decide) {
    if (options_.at_once) return decide();
    undecided_.push_back(std::move(decide));
  }
  void Start(grpc::ServerCompletionQueue& queue) {
    queue_ = &queue;
    executions_.Start();
    streams_.Start();
  }

  Options options_;
  v1::KeyValueService::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;
  std::deque<std::function<void()>> undecided_;
  Happened happened_;
  Executions executions_;
  Stream streams_;
  LoopServer loop_;
  bool stopped_ = false;
};

}  // namespace drydock::net
