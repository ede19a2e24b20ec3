#include "tools/storebench/probe_server.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "net/rpc/mailbox.h"
#include "net/rpc/unary_method.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "proto/raft.grpc.pb.h"
#include "tools/storebench/probe_disk.h"
#include "tools/storebench/probe_followers.h"

namespace drydock::tools {
namespace {

using Execute = net::UnaryMethod<v1::ExecuteRequest, v1::ExecuteResponse>;
using GetStatus = net::UnaryMethod<v1::GetStatusRequest, v1::GetStatusResponse>;
using Append = net::UnaryMethod<appendEntry, appendEntry_pending>;
using KeyValueBase = v1::KeyValueService::WithAsyncMethod_Execute<v1::KeyValueService::Service>;
using AdminBase = v1::AdminService::WithAsyncMethod_GetStatus<v1::AdminService::Service>;
using RaftBase = ::Raft::WithAsyncMethod_AppendEntryRequest<::Raft::Service>;

constexpr std::size_t kWaitingCalls = 300;
constexpr int kMostMessageBytes = 128 << 20;

// What clients wait for: entries in order, each with the call that put it.
class OpenPuts {
 public:
  void Add(Execute::Call& call) { open_.push_back(&call); }
  // Answers all up to this entry and keeps what they put, to be read.
  void AnswerUpTo(std::uint64_t entry) {
    for (; answered_ < entry; ++answered_) {
      Execute::Call& call = *open_.front();
      open_.pop_front();
      const v1::PutOperation& put = call.request().operation().put();
      values_[put.key()] = put.value();
      call.response().mutable_answer()->set_outcome(v1::OUTCOME_OK);
      call.Finish();
    }
  }
  void Get(Execute::Call& call) const {
    v1::Answer& answer = *call.response().mutable_answer();
    const auto found = values_.find(call.request().operation().get().key());
    answer.set_found(found != values_.end());
    answer.set_outcome(answer.found() ? v1::OUTCOME_OK : v1::OUTCOME_NOT_FOUND);
    if (answer.found()) answer.set_value(found->second);
    call.Finish();
  }

 private:
  std::deque<Execute::Call*> open_;
  std::uint64_t answered_ = 0;
  std::unordered_map<std::string, std::string> values_;
};

Bytes EntryOf(const v1::PutOperation& put) {
  return Bytes::Make(put.key().size() + put.value().size(), [&](char* to) {
    std::copy(put.key().begin(), put.key().end(), to);
    std::copy(put.value().begin(), put.value().end(), to + put.key().size());
  });
}

class ProbeServer {
 public:
  explicit ProbeServer(const ProbeFlags& flags) : flags_(flags), leads_(flags.id == 0) {}

  Status Start();
  [[noreturn]] void Serve();

 private:
  Status Listen();
  void TakeExecute(Execute::Call& call);
  void TakeAppend(Append::Call& call);
  void TakeGetStatus(GetStatus::Call& call) const;
  void OnDurable(std::uint64_t entry);
  void Commit();
  void AnswerAppends();

  const ProbeFlags flags_;
  const bool leads_;
  KeyValueBase key_values_;
  AdminBase admin_;
  RaftBase raft_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::optional<net::Mailbox> mailbox_;
  std::optional<Execute> execute_;
  std::optional<GetStatus> get_status_;
  std::optional<Append> append_;
  std::unique_ptr<ProbeDisk> disk_;
  std::optional<ProbeFollowers> followers_;  // of the leader
  OpenPuts puts_;
  std::uint64_t durable_ = 0;
  // Of a follower: appends whose last entry is not durable yet.
  struct OpenAppend {
    std::uint64_t entry;
    Append::Call* call;
  };
  std::deque<OpenAppend> appends_;
};

Status ProbeServer::Listen() {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_MINIMAL_STACK, 1);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMostMessageBytes);
  const std::string& address = flags_.nodes[flags_.id];
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&key_values_);
  builder.RegisterService(&admin_);
  builder.RegisterService(&raft_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) return Error{"cannot listen at " + address};
  return Ok();
}

Status ProbeServer::Start() {
  const Status listening = Listen();
  if (!listening.ok()) return listening;
  mailbox_.emplace(*queue_);
  auto disk =
      ProbeDisk::Open(flags_.data, *mailbox_, [this](std::uint64_t entry) { OnDurable(entry); });
  if (!disk.ok()) return disk.error();
  disk_ = std::move(disk.value());
  append_.emplace(Append::Hooks{.arm =
                                    [this](auto* context, auto* request, auto* writer, void* tag) {
                                      raft_.RequestAppendEntryRequest(context, request, writer,
                                                                      queue_.get(), queue_.get(),
                                                                      tag);
                                    },
                                .take = [this](Append::Call& call) { TakeAppend(call); }},
                  leads_ ? 1 : 8);
  append_->Start();
  if (leads_) {
    followers_.emplace(std::vector(flags_.nodes.begin() + 1, flags_.nodes.end()), *queue_,
                       [this] { Commit(); });
    const Status connected = followers_->Connect();
    if (!connected.ok()) return connected;
  }
  execute_.emplace(
      Execute::Hooks{.arm =
                         [this](auto* context, auto* request, auto* writer, void* tag) {
                           key_values_.RequestExecute(context, request, writer, queue_.get(),
                                                      queue_.get(), tag);
                         },
                     .take = [this](Execute::Call& call) { TakeExecute(call); }},
      kWaitingCalls);
  execute_->Start();
  get_status_.emplace(
      GetStatus::Hooks{.arm =
                           [this](auto* context, auto* request, auto* writer, void* tag) {
                             admin_.RequestGetStatus(context, request, writer, queue_.get(),
                                                     queue_.get(), tag);
                           },
                       .take = [this](GetStatus::Call& call) { TakeGetStatus(call); }},
      1);
  get_status_->Start();
  return Ok();
}

// Takes everything that is ready, then acts on all of it at once.
void ProbeServer::Serve() {
  void* tag = nullptr;
  bool ok = false;
  while (true) {
    gpr_timespec deadline = gpr_inf_future(GPR_CLOCK_MONOTONIC);
    while (queue_->AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::GOT_EVENT) {
      static_cast<net::Tag*>(tag)->Proceed(ok);
      deadline = gpr_inf_past(GPR_CLOCK_MONOTONIC);
    }
    if (followers_.has_value()) followers_->Flush();
    disk_->Flush();
  }
}

void ProbeServer::TakeExecute(Execute::Call& call) {
  const v1::Operation& operation = call.request().operation();
  if (leads_ && operation.has_get()) return puts_.Get(call);
  if (!leads_ || !operation.has_put()) {
    call.response().mutable_answer()->set_outcome(leads_ ? v1::OUTCOME_BAD_REQUEST
                                                         : v1::OUTCOME_NOT_LEADER);
    return call.Finish();
  }
  Bytes entry = EntryOf(operation.put());
  disk_->Add(entry);
  followers_->Add(std::move(entry));
  puts_.Add(call);
}

void ProbeServer::TakeAppend(Append::Call& call) {
  std::uint64_t last = 0;
  for (const LogEntry& entry : call.request().entries()) last = disk_->Add(Bytes(entry.payload()));
  appends_.push_back({last, &call});
}

void ProbeServer::TakeGetStatus(GetStatus::Call& call) const {
  call.response().set_role(leads_ ? v1::ROLE_LEADER : v1::ROLE_FOLLOWER);
  call.response().set_ready(true);
  call.response().set_commit(durable_);
  call.Finish();
}

void ProbeServer::OnDurable(std::uint64_t entry) {
  durable_ = entry;
  if (leads_) {
    Commit();
  } else {
    AnswerAppends();
  }
}

// What a majority has, itself included.
void ProbeServer::Commit() {
  std::vector<std::uint64_t> matches{durable_};
  for (std::size_t i = 0; i < followers_->size(); ++i) matches.push_back(followers_->match(i));
  std::sort(matches.begin(), matches.end(), std::greater<>());
  puts_.AnswerUpTo(matches[matches.size() / 2]);
}

void ProbeServer::AnswerAppends() {
  for (; !appends_.empty() && appends_.front().entry <= durable_; appends_.pop_front()) {
    Append::Call& call = *appends_.front().call;
    const auto entries = static_cast<std::uint64_t>(call.request().entries_size());
    call.response().set_outcome(true);
    call.response().set_match(call.request().previous_index() + entries);
    call.Finish();
  }
}

}  // namespace

int RunProbeServer(const ProbeFlags& flags) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  ProbeServer server(flags);
  const Status started = server.Start();
  if (!started.ok()) {
    std::fprintf(stderr, "storebench: %s\n", started.error().text.c_str());
    return 1;
  }
  std::fprintf(stderr, "{\"event\":\"listening\"}\n");
  server.Serve();
}

}  // namespace drydock::tools
