// A node that plays what a test tells it to: a real gRPC server on a free port whose answers are
// scripted, and a store behind it that several of them can share.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/kv/command.h"
#include "core/kv/kv_store.h"
#include "net/codec/client_codec.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "proto/raft.grpc.pb.h"

namespace drydock::net {

// The real state machine with its sessions, as a cluster would apply it.
class FakeStore {
 public:
  explicit FakeStore(std::uint64_t max_sessions = 100) : max_sessions_(max_sessions) {}

  v1::Answer Apply(const v1::Operation& operation) {
    const std::scoped_lock lock(mutex_);
    ClientRequest request = Decode(operation).value();
    if (auto* open = std::get_if<RegisterOp>(&request.op)) open->max_sessions = max_sessions_;
    ClientAnswer answer;
    answer.term = Term(7);
    if (const auto* get = std::get_if<GetOp>(&request.op)) {
      const std::optional<Bytes> value = store_.Get(get->key.view());
      answer.outcome = value.has_value() ? Outcome::kOk : Outcome::kNotFound;
      answer.found = value.has_value();
      if (value.has_value()) answer.value = *value;
    } else {
      ++index_;
      const ApplyResult result = store_.Apply(
          Index(index_), {.kind = EntryKind::kCommand, .payload = Bytes(EncodeCommand(request))});
      applied_ += !result.duplicate && result.outcome == Outcome::kOk ? 1 : 0;
      answer = {.outcome = result.outcome,
                .found = result.found,
                .value = result.value,
                .session = result.session,
                .term = Term(7)};
    }
    answer.index = Index(index_);
    v1::Answer out;
    Encode(answer, out);
    return out;
  }
  // Commands that changed something; the opening of a session is one.
  int applied() const {
    const std::scoped_lock lock(mutex_);
    return applied_;
  }

 private:
  mutable std::mutex mutex_;
  const std::uint64_t max_sessions_;
  KvStore store_;
  std::uint64_t index_ = 0;
  int applied_ = 0;
};

class FakeNode final : v1::KeyValueService::Service, v1::AdminService::Service, ::Raft::Service {
 public:
  // Called for each operation, from gRPC's threads; `call` counts them from 0.
  using Script =
      std::function<grpc::Status(const v1::Operation& operation, v1::Answer& answer, int call)>;

  // Port 0: any free one.
  explicit FakeNode(Script script, int port = 0) : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.SetMaxReceiveMessageSize(1 << 20);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(static_cast<v1::KeyValueService::Service*>(this));
    builder.RegisterService(static_cast<v1::AdminService::Service*>(this));
    builder.RegisterService(static_cast<::Raft::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~FakeNode() override { Stop(); }

  void Stop() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_ = nullptr;
  }

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::vector<v1::Operation> operations() const {
    const std::scoped_lock lock(mutex_);
    return operations_;
  }
  // The writes among them, in the order of their arrival.
  std::vector<v1::Operation> writes() const {
    std::vector<v1::Operation> writes;
    for (const v1::Operation& each : operations()) {
      if (!each.has_get() && !each.has_register_()) writes.push_back(each);
    }
    return writes;
  }

  // What GetStatus answers.
  void SetStatus(const v1::GetStatusResponse& status) {
    const std::scoped_lock lock(mutex_);
    status_ = status;
  }
  // What suspend answers, and how many milliseconds were asked for last.
  void SetSuspendAnswer(const grpc::Status& answer) {
    const std::scoped_lock lock(mutex_);
    suspend_answer_ = answer;
  }
  std::optional<std::uint32_t> suspended_for() const {
    const std::scoped_lock lock(mutex_);
    return suspended_for_;
  }

 private:
  grpc::Status Execute(grpc::ServerContext*, const v1::ExecuteRequest* request,
                       v1::ExecuteResponse* response) override {
    int call = 0;
    {
      const std::scoped_lock lock(mutex_);
      call = static_cast<int>(operations_.size());
      operations_.push_back(request->operation());
    }
    return script_(request->operation(), *response->mutable_answer(), call);
  }
  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest*,
                         v1::GetStatusResponse* response) override {
    const std::scoped_lock lock(mutex_);
    *response = status_;
    return grpc::Status::OK;
  }
  grpc::Status Resume(grpc::ServerContext*, const v1::ResumeRequest*,
                      v1::ResumeResponse* response) override {
    response->set_was_suspended(suspended_for().has_value());
    return grpc::Status::OK;
  }
  grpc::Status suspend(grpc::ServerContext*, const suspend_request* request,
                       suspend_response*) override {
    const std::scoped_lock lock(mutex_);
    suspended_for_ = request->milliseconds();
    return suspend_answer_;
  }

  const Script script_;
  mutable std::mutex mutex_;
  std::vector<v1::Operation> operations_;
  v1::GetStatusResponse status_;
  grpc::Status suspend_answer_;
  std::optional<std::uint32_t> suspended_for_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// --- Scripts -------------------------------------------------------------------------------------

inline FakeNode::Script LeaderOf(FakeStore& store) {
  return [&store](const v1::Operation& operation, v1::Answer& answer, int) {
    answer = store.Apply(operation);
    return grpc::Status::OK;
  };
}

// Says that `leader` leads, "" for nobody known.
inline FakeNode::Script Follower(std::string leader) {
  return [leader = std::move(leader)](const v1::Operation&, v1::Answer& answer, int) {
    answer.set_outcome(v1::OUTCOME_NOT_LEADER);
    if (!leader.empty()) answer.set_leader_address(leader);
    return grpc::Status::OK;
  };
}

inline FakeNode::Script Always(v1::Outcome outcome) {
  return [outcome](const v1::Operation&, v1::Answer& answer, int) {
    answer.set_outcome(outcome);
    return grpc::Status::OK;
  };
}

inline FakeNode::Script AlwaysFails(grpc::StatusCode code, std::string text = "so it is") {
  return [code, text = std::move(text)](const v1::Operation&, v1::Answer&, int) {
    return grpc::Status(code, text);
  };
}

}  // namespace drydock::net
