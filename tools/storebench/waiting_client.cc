#include "tools/storebench/waiting_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <csignal>
#include <cstdio>
#include <thread>
#include <utility>

#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "tools/load/channel.h"
#include "tools/storebench/etcd.grpc.pb.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;

void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds deadline) {
  context.set_deadline(std::chrono::system_clock::now() + deadline);
}

// Both connect anew after a failure; MakeLoadChannel tells why.
class BlockingDrydock final : public BlockingStore {
 public:
  explicit BlockingDrydock(std::vector<std::string> endpoints) : endpoints_(std::move(endpoints)) {
    for (std::size_t i = 0; i < nodes(); ++i) stubs_.push_back(Connect(i));
  }
  std::size_t nodes() const override { return endpoints_.size(); }
  bool Put(std::size_t node, const std::string& key, const std::string& value,
           std::chrono::milliseconds deadline) override {
    grpc::ClientContext context;
    SetDeadline(context, deadline);
    v1::ExecuteRequest request;
    v1::PutOperation& put = *request.mutable_operation()->mutable_put();
    put.set_key(key);
    put.set_value(value);
    v1::ExecuteResponse response;
    const grpc::Status status = stubs_[node]->Execute(&context, request, &response);
    if (!status.ok()) stubs_[node] = Connect(node);
    return status.ok() && response.answer().outcome() == v1::OUTCOME_OK;
  }

 private:
  std::unique_ptr<v1::KeyValueService::Stub> Connect(std::size_t node) const {
    return v1::KeyValueService::NewStub(MakeLoadChannel(endpoints_[node]));
  }

  std::vector<std::string> endpoints_;
  std::vector<std::unique_ptr<v1::KeyValueService::Stub>> stubs_;
};

class BlockingEtcd final : public BlockingStore {
 public:
  explicit BlockingEtcd(std::vector<std::string> endpoints) : endpoints_(std::move(endpoints)) {
    for (std::size_t i = 0; i < nodes(); ++i) stubs_.push_back(Connect(i));
  }
  std::size_t nodes() const override { return endpoints_.size(); }
  bool Put(std::size_t node, const std::string& key, const std::string& value,
           std::chrono::milliseconds deadline) override {
    grpc::ClientContext context;
    SetDeadline(context, deadline);
    ::etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    ::etcdserverpb::PutResponse response;
    const bool done = stubs_[node]->Put(&context, request, &response).ok();
    if (!done) stubs_[node] = Connect(node);
    return done;
  }

 private:
  std::unique_ptr<::etcdserverpb::KV::Stub> Connect(std::size_t node) const {
    return ::etcdserverpb::KV::NewStub(MakeLoadChannel(endpoints_[node]));
  }

  std::vector<std::string> endpoints_;
  std::vector<std::unique_ptr<::etcdserverpb::KV::Stub>> stubs_;
};

long long Nanoseconds(Clock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

}  // namespace

std::unique_ptr<BlockingStore> MakeBlockingDrydock(const std::vector<std::string>& endpoints) {
  return std::make_unique<BlockingDrydock>(endpoints);
}

std::unique_ptr<BlockingStore> MakeBlockingEtcd(const std::vector<std::string>& endpoints) {
  return std::make_unique<BlockingEtcd>(endpoints);
}

int RunWaitingClient(BlockingStore& store, const WaitingClientFlags& flags) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string value(256, 'v');
  std::size_t node = 0;
  for (std::uint64_t number = 0;; ++number) {
    const auto begin = Clock::now();
    if (!store.Put(node, "waiting" + std::to_string(number % 100), value, flags.deadline)) {
      node = (node + 1) % store.nodes();
      std::this_thread::sleep_for(flags.pause);
      continue;
    }
    std::printf("%lld %lld\n", Nanoseconds(begin), Nanoseconds(Clock::now()));
    if (std::fflush(stdout) != 0) return 0;
    std::this_thread::sleep_for(flags.interval);
  }
}

}  // namespace drydock::tools
