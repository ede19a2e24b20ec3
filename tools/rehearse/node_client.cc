#include "tools/rehearse/node_client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/async_unary_call.h>
#include <grpcpp/support/channel_arguments.h>

#include <set>
#include <utility>

#include "net/codec/client_codec.h"
#include "net/rpc/tag.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "proto/raft.grpc.pb.h"

namespace drydock::tools {
namespace {

// A call under way. Its own tag; deletes itself once it is over.
class AnyCall : public net::Tag {
 public:
  grpc::ClientContext context;
};

template <class Response>
class UnaryCall final : public AnyCall {
 public:
  using Done = std::function<void(const grpc::Status&, const Response&)>;

  UnaryCall(std::set<AnyCall*>& open, Duration timeout, Done done)
      : open_(open), done_(std::move(done)) {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::nanoseconds(timeout.nanoseconds()));
    open_.insert(this);
  }
  void Start(std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader) {
    reader_ = std::move(reader);
    reader_->Finish(&response_, &status_, static_cast<net::Tag*>(this));
  }
  void Proceed(bool /*ok*/) override {
    const std::unique_ptr<UnaryCall> self(this);
    open_.erase(this);
    done_(status_, response_);
  }

 private:
  std::set<AnyCall*>& open_;
  Done done_;
  Response response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
};

// Connections of their own, which try again at once: a node that was restarted must be found
// without the pauses that gRPC keeps otherwise.
std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return grpc::CreateCustomChannel("ipv4:" + address, grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::string ErrorOf(const grpc::Status& status) {
  return status.ok() ? "" : status.error_message();
}

NodeReport ReportOf(const v1::GetStatusResponse& in) {
  NodeReport report{.role = in.role() == v1::ROLE_UNSPECIFIED
                                ? Role::kFollower
                                : static_cast<Role>(static_cast<int>(in.role()) - 1),
                    .term = Term(static_cast<std::uint64_t>(in.term())),
                    .commit = Index(in.commit()),
                    .applied = Index(in.applied()),
                    .last = Index(in.last_index()),
                    .last_term = Term(static_cast<std::uint64_t>(in.last_term())),
                    .suspended = in.suspended(),
                    .incarnation = Incarnation(in.incarnation()),
                    .value = std::nullopt};
  if (in.has_value()) report.value = Bytes(in.value());
  return report;
}
static_assert(static_cast<int>(Role::kFollower) + 1 == v1::ROLE_FOLLOWER);
static_assert(static_cast<int>(Role::kLeader) + 1 == v1::ROLE_LEADER);

}  // namespace

class NodeClient::Calls {
 public:
  explicit Calls(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {
    links_.resize(addresses_.size());
    for (std::uint32_t i = 0; i < addresses_.size(); ++i) Connect(NodeId(i));
  }
  ~Calls() {
    for (AnyCall* call : open_) call->context.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) delete static_cast<net::Tag*>(tag);
  }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  // What is asked of a node's state must not wait behind what clients send it.
  struct Link {
    std::shared_ptr<grpc::Channel> clients;
    std::unique_ptr<v1::KeyValueService::Stub> store;
    std::unique_ptr<v1::AdminService::Stub> admin;
    std::unique_ptr<Raft::Stub> raft;
  };
  void Connect(NodeId node) {
    Link& link = links_[node.value()];
    link.clients = ChannelTo(addresses_[node.value()]);
    link.store = v1::KeyValueService::NewStub(link.clients);
    const auto other = ChannelTo(addresses_[node.value()]);
    link.admin = v1::AdminService::NewStub(other);
    link.raft = Raft::NewStub(other);
  }
  Link& LinkOf(NodeId node) { return links_[node.value()]; }

  template <class Response, class Begin, class Done>
  void Ask(Duration timeout, Begin begin, Done done) {
    auto call = std::make_unique<UnaryCall<Response>>(open_, timeout, std::move(done));
    auto reader = begin(&call->context, &queue_);
    call.release()->Start(std::move(reader));  // the queue owns it until it is over
  }

  void RunOne(Clock::time_point until) {
    const auto left = until - Clock::now();
    void* tag = nullptr;
    bool ok = false;
    const auto got = queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + left);
    if (got == grpc::CompletionQueue::GOT_EVENT) static_cast<net::Tag*>(tag)->Proceed(ok);
  }

 private:
  std::vector<std::string> addresses_;
  std::vector<Link> links_;
  std::set<AnyCall*> open_;
  grpc::CompletionQueue queue_;
};

NodeClient::NodeClient(std::vector<std::string> addresses)
    : calls_(std::make_unique<Calls>(std::move(addresses))) {}
NodeClient::~NodeClient() = default;

void NodeClient::Reconnect(NodeId node) {
  calls_->Connect(node);
}

void NodeClient::Execute(NodeId node, const ClientRequest& request, Duration timeout,
                         OnAnswer done) {
  v1::ExecuteRequest message;
  net::Encode(request, *message.mutable_operation());
  calls_->Ask<v1::ExecuteResponse>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).store->AsyncExecute(context, message, queue);
      },
      [done = std::move(done)](const grpc::Status& status, const v1::ExecuteResponse& response) {
        if (!status.ok()) return done(std::nullopt);
        done(net::Decode(response.answer()));
      });
}

bool NodeClient::IsUnreachable(NodeId node) {
  grpc::Channel& channel = *calls_->LinkOf(node).clients;
  return channel.GetState(/*try_to_connect=*/true) == GRPC_CHANNEL_TRANSIENT_FAILURE;
}

void NodeClient::GetStatus(NodeId node, const std::optional<std::string>& key, Duration timeout,
                           OnReport done) {
  v1::GetStatusRequest message;
  if (key.has_value()) message.set_key(*key);
  calls_->Ask<v1::GetStatusResponse>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).admin->AsyncGetStatus(context, message, queue);
      },
      [done = std::move(done)](const grpc::Status& status, const v1::GetStatusResponse& response) {
        done(status.ok() ? std::optional(ReportOf(response)) : std::nullopt);
      });
}

void NodeClient::Suspend(NodeId node, std::uint32_t milliseconds, Duration timeout, OnDone done) {
  suspend_request message;
  message.set_milliseconds(milliseconds);
  calls_->Ask<suspend_response>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).raft->Asyncsuspend(context, message, queue);
      },
      [done = std::move(done)](const grpc::Status& status, const suspend_response&) {
        done(ErrorOf(status));
      });
}

void NodeClient::Transfer(NodeId node, std::optional<NodeId> target, Duration timeout,
                          OnTransfer done) {
  v1::TransferLeadershipRequest request;
  if (target.has_value()) request.set_target(target->value());
  calls_->Ask<v1::TransferLeadershipResponse>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).admin->AsyncTransferLeadership(context, request, queue);
      },
      [done = std::move(done)](const grpc::Status& status,
                               const v1::TransferLeadershipResponse& response) {
        done(status.ok() ? net::Decode(response) : std::nullopt);
      });
}

void NodeClient::Resume(NodeId node, Duration timeout, OnDone done) {
  calls_->Ask<v1::ResumeResponse>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).admin->AsyncResume(context, v1::ResumeRequest(), queue);
      },
      [done = std::move(done)](const grpc::Status& status, const v1::ResumeResponse&) {
        done(ErrorOf(status));
      });
}

void NodeClient::TakeSnapshot(NodeId node, Duration timeout, OnDone done) {
  calls_->Ask<v1::TakeSnapshotResponse>(
      timeout,
      [&](auto* context, auto* queue) {
        return calls_->LinkOf(node).admin->AsyncTakeSnapshot(context, v1::TakeSnapshotRequest(),
                                                             queue);
      },
      [done = std::move(done)](const grpc::Status& status, const v1::TakeSnapshotResponse&) {
        done(ErrorOf(status));
      });
}

void NodeClient::RunOne(Clock::time_point until) {
  calls_->RunOne(until);
}

}  // namespace drydock::tools
