#include <grpcpp/channel.h>

#include <map>
#include <utility>

#include "net/client/credentials.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tools/load/channel.h"
#include "tools/load/drydock_answers.h"
#include "tools/load/drydock_target.h"
#include "tools/load/slot_calls.h"

namespace drydock::tools {
namespace {

class DrydockUnary final : public LoadTarget {
 public:
  DrydockUnary(GrpcLoop& loop, const DrydockTargetOptions& options)
      : loop_(loop),
        stale_(options.stale),
        credentials_(options.credentials),
        cursor_(options.address, options.endpoints),
        calls_(*this, options.deadline) {
    Use(cursor_.current());
  }
  ~DrydockUnary() override {
    sink_ = nullptr;
    calls_.Cancel();
    while (calls_.under_way() > 0) loop_.Run(TimePoint::Max());
  }
  DrydockUnary(const DrydockUnary&) = delete;
  DrydockUnary& operator=(const DrydockUnary&) = delete;

  void Listen(AnswerSink* sink) override { sink_ = sink; }
  void Start(std::uint32_t slot, const LoadOperation& operation) override {
    if (asked_.size() <= slot) asked_.resize(slot + 1);
    asked_[slot] = current_;
    calls_.Begin(
        slot,
        [&](v1::ExecuteRequest& request) {
          WriteOperation(operation, stale_, *request.mutable_operation());
        },
        [&](grpc::ClientContext* context, const v1::ExecuteRequest& request) {
          if (credentials_ != nullptr) credentials_->AddTo(*context, current_->address);
          return current_->stub->PrepareAsyncExecute(context, request, &loop_.queue());
        });
  }
  void Cancel() override { calls_.Cancel(); }

  void Finished(std::uint32_t slot, const grpc::Status& status,
                const v1::ExecuteResponse& response) {
    const v1::Answer& answer = response.answer();
    const AnswerKind kind = status.ok() ? tools::KindOf(answer) : tools::KindOf(status);
    if (IsFailure(kind)) {
      const std::string hint = status.ok() ? answer.leader_address() : "";
      if (cursor_.Follow(asked_[slot]->address, kind, hint)) Use(cursor_.current());
    }
    if (sink_ != nullptr) sink_->OnAnswer(slot, kind, status.error_message());
  }

 private:
  struct Node {
    std::string address;
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::KeyValueService::Stub> stub;
  };

  void Use(const std::string& address) {
    Node& node = nodes_[address];
    if (node.stub == nullptr) {
      node.address = address;
      node.channel = MakeLoadChannel(address, credentials_);
      node.stub = v1::KeyValueService::NewStub(node.channel);
    }
    current_ = &node;
  }

  GrpcLoop& loop_;
  const bool stale_;
  const LoadCredentials credentials_;
  AnswerSink* sink_ = nullptr;
  EndpointCursor cursor_;
  std::map<std::string, Node> nodes_;
  Node* current_ = nullptr;
  std::vector<Node*> asked_;  // by each slot
  SlotCalls<DrydockUnary, v1::ExecuteRequest, v1::ExecuteResponse> calls_;
};

}  // namespace

std::unique_ptr<LoadTarget> MakeDrydockUnary(GrpcLoop& loop, const DrydockTargetOptions& options) {
  return std::make_unique<DrydockUnary>(loop, options);
}

}  // namespace drydock::tools
