#include "tools/storebench/etcd_target.h"

#include <grpcpp/channel.h>

#include <chrono>
#include <thread>

#include "tools/load/channel.h"
#include "tools/load/slot_calls.h"
#include "tools/storebench/etcd.grpc.pb.h"

namespace drydock::tools {
namespace {

namespace pb = ::etcdserverpb;

class EtcdTarget final : public LoadTarget {
 public:
  EtcdTarget(GrpcLoop& loop, const std::string& address, bool stale, Duration deadline)
      : loop_(loop),
        stale_(stale),
        channel_(MakeLoadChannel(address)),
        stub_(pb::KV::NewStub(channel_)),
        puts_(*this, deadline),
        ranges_(*this, deadline) {}
  ~EtcdTarget() override {
    sink_ = nullptr;
    Cancel();
    while (puts_.under_way() + ranges_.under_way() > 0) loop_.Run(TimePoint::Max());
  }
  EtcdTarget(const EtcdTarget&) = delete;
  EtcdTarget& operator=(const EtcdTarget&) = delete;

  void Listen(AnswerSink* sink) override { sink_ = sink; }
  void Start(std::uint32_t slot, const LoadOperation& operation) override {
    if (operation.read) {
      StartRange(slot, operation);
    } else {
      StartPut(slot, operation);
    }
  }
  void Cancel() override {
    puts_.Cancel();
    ranges_.Cancel();
  }

  void Finished(std::uint32_t slot, const grpc::Status& status, const pb::PutResponse&) {
    Tell(slot, status, AnswerKind::kDone);
  }
  void Finished(std::uint32_t slot, const grpc::Status& status, const pb::RangeResponse& response) {
    Tell(slot, status, response.kvs_size() == 1 ? AnswerKind::kDone : AnswerKind::kMissing);
  }

 private:
  void StartPut(std::uint32_t slot, const LoadOperation& operation) {
    puts_.Begin(
        slot,
        [&](pb::PutRequest& request) {
          request.set_key(operation.key.data(), operation.key.size());
          request.set_value(operation.value.data(), operation.value.size());
        },
        [&](grpc::ClientContext* context, const pb::PutRequest& request) {
          return stub_->PrepareAsyncPut(context, request, &loop_.queue());
        });
  }
  void StartRange(std::uint32_t slot, const LoadOperation& operation) {
    ranges_.Begin(
        slot,
        [&](pb::RangeRequest& request) {
          request.set_key(operation.key.data(), operation.key.size());
          request.set_serializable(stale_);
        },
        [&](grpc::ClientContext* context, const pb::RangeRequest& request) {
          return stub_->PrepareAsyncRange(context, request, &loop_.queue());
        });
  }
  void Tell(std::uint32_t slot, const grpc::Status& status, AnswerKind kind) {
    if (!status.ok()) kind = KindOf(status);
    if (sink_ != nullptr) sink_->OnAnswer(slot, kind, status.error_message());
  }

  GrpcLoop& loop_;
  const bool stale_;
  AnswerSink* sink_ = nullptr;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pb::KV::Stub> stub_;
  SlotCalls<EtcdTarget, pb::PutRequest, pb::PutResponse> puts_;
  SlotCalls<EtcdTarget, pb::RangeRequest, pb::RangeResponse> ranges_;
};

// Over a channel of its own; MakeLoadChannel tells why.
bool Leads(const std::string& endpoint) {
  const auto stub = pb::Maintenance::NewStub(MakeLoadChannel(endpoint));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(500));
  pb::StatusResponse response;
  if (!stub->Status(&context, {}, &response).ok()) return false;
  return response.leader() != 0 && response.leader() == response.header().member_id();
}

}  // namespace

std::unique_ptr<LoadTarget> MakeEtcdTarget(GrpcLoop& loop, const std::string& address, bool stale,
                                           Duration deadline) {
  return std::make_unique<EtcdTarget>(loop, address, stale, deadline);
}

Result<std::string> FindEtcdLeader(const std::vector<std::string>& endpoints, Duration patience) {
  using Clock = std::chrono::steady_clock;
  const auto limit = Clock::now() + std::chrono::nanoseconds(patience.nanoseconds());
  while (true) {
    for (const std::string& endpoint : endpoints) {
      if (Leads(endpoint)) return endpoint;
    }
    if (Clock::now() >= limit) return Error{"no etcd leads among the endpoints"};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace drydock::tools
