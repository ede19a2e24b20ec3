#include "net/server/key_value_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "net/codec/client_codec.h"
#include "net/rpc/unary_method.h"
#include "net/server/operation_stream.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

class KeyValueService::Methods {
 public:
  explicit Methods(KeyValueServiceOptions options)
      : address_of_(std::move(options.address_of)),
        gate_(options.gate),
        stream_options_{.max_undecided = options.max_undecided,
                        .encode = [this](const ClientAnswer& answer,
                                         v1::Answer& out) { EncodeAnswer(answer, out); }},
        executions_(ExecuteHooks(), options.waiting),
        streams_(StreamHooks()) {}

  grpc::Service& service() { return service_; }
  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
    queue_ = &queue;
    runner_ = &runner;
    executions_.Start();
    streams_.Start();
  }
  void Flush() { flusher_.Flush(); }

  void Close() {
    executions_.Close();
    streams_.Close();
  }
  std::size_t live() const { return executions_.live() + streams_.live(); }

 private:
  using Executions = UnaryMethod<v1::ExecuteRequest, v1::ExecuteResponse>;

  Executions::Hooks ExecuteHooks() {
    return {.arm =
                [this](grpc::ServerContext* context, v1::ExecuteRequest* request,
                       grpc::ServerAsyncResponseWriter<v1::ExecuteResponse>* writer, void* tag) {
                  service_.RequestExecute(context, request, writer, queue_, queue_, tag);
                },
            .take = [this](Executions::Call& call) { Take(call); },
            .answer =
                [this](const ClientAnswer& answer, v1::ExecuteResponse& response) {
                  EncodeAnswer(answer, *response.mutable_answer());
                  return grpc::Status::OK;
                }};
  }

  StreamOfOperations::Hooks StreamHooks() {
    return {.arm =
                [this](grpc::ServerContext* context,
                       grpc::ServerAsyncReaderWriter<v1::ExecuteStreamResponse,
                                                     v1::ExecuteStreamRequest>* stream,
                       void* tag) {
                  service_.RequestExecuteStream(context, stream, queue_, queue_, tag);
                },
            .open = [this](StreamOfOperations::Call& call) { return OpenStream(call); }};
  }

  void Take(Executions::Call& call) {
    std::optional<ClientRequest> decoded = Decode(std::move(*call.request().mutable_operation()));
    const auto needed = decoded.has_value() ? PermissionFor(decoded->op) : Permission::kAny;
    if (!Admitted(call, gate_, needed)) return;
    if (!decoded.has_value()) {
      return call.OnAnswer(0, ClientAnswer{.outcome = Outcome::kBadRequest});
    }
    runner_->Ask(std::move(*decoded), {&call, 0});
  }

  std::unique_ptr<StreamOfOperations::Session> OpenStream(StreamOfOperations::Call& call) {
    StreamRights rights(gate_, call.context());
    if (!rights.status().ok()) {
      call.Finish(rights.status());
      return nullptr;
    }
    return std::make_unique<OperationStream>(call, std::move(rights), stream_options_, *runner_,
                                             flusher_);
  }

  void EncodeAnswer(const ClientAnswer& answer, v1::Answer& out) const {
    Encode(answer, out);
    if (answer.leader.has_value()) out.set_leader_address(address_of_(*answer.leader));
  }

  const std::function<std::string(NodeId)> address_of_;
  const Gatekeeper* const gate_;
  const StreamOptions stream_options_;
  v1::KeyValueService::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // these two from Start on
  NodeRunner* runner_ = nullptr;
  StreamFlusher flusher_;
  Executions executions_;
  StreamOfOperations streams_;
};

KeyValueService::KeyValueService(KeyValueServiceOptions options)
    : methods_(std::make_unique<Methods>(std::move(options))) {}
KeyValueService::~KeyValueService() = default;

grpc::Service& KeyValueService::async_service() {
  return methods_->service();
}

void KeyValueService::Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
  methods_->Start(queue, runner);
}

void KeyValueService::Flush() {
  methods_->Flush();
}

void KeyValueService::Close() {
  methods_->Close();
}

std::size_t KeyValueService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
