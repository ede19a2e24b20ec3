#include "net/client/link.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text/words.h"
#include "net/client/credentials.h"
#include "net/client/patience_watch.h"
#include "net/rpc/channel.h"
#include "net/rpc/failure_text.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "proto/raft.grpc.pb.h"

namespace drydock::net {
namespace {

using std::chrono::milliseconds;

// A host that swallows packets must not eat the time in which others could be asked.
constexpr milliseconds kConnectLimit{500};
// Between two connections to a node that is not there, however many threads want one.
constexpr milliseconds kReconnectPause{20};
// For finding out why a node cannot be reached.
constexpr milliseconds kProbeLimit{200};

// A handshake may take longer on a busy machine: it goes on meanwhile, for whoever comes next.
constexpr milliseconds kHandshakeLimit{5000};

grpc::ChannelArguments MakeArguments(bool tls) {
  grpc::ChannelArguments arguments = LeanChannel(tls ? kHandshakeLimit : kConnectLimit);
  // A connection that a partition has eaten must not be believed in.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 1000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return arguments;
}

// On the monotonic clock: a jump of the wall clock changes nothing.
gpr_timespec OnGrpcClock(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(ns, GPR_TIMESPAN));
}

Attempt Lost(const grpc::Status& status) {
  const std::string why = status.error_message();
  return {Attempt::End::kLost, "gave no answer" + (why.empty() ? "" : ": " + why)};
}

Attempt::End EndOfRefusal(const grpc::Status& status) {
  // What gRPC itself says of a message that its server does not take: trying again is no use.
  const bool too_large = status.error_message().find("larger than max") != std::string::npos;
  return too_large ? Attempt::End::kRefused : Attempt::End::kBusy;
}

Attempt Judge(const grpc::Status& status) {
  using Code = grpc::StatusCode;
  switch (status.error_code()) {
    case Code::OK:
      return {Attempt::End::kAnswered, ""};
    case Code::DEADLINE_EXCEEDED:
      return {Attempt::End::kTimedOut, "is silent"};
    case Code::RESOURCE_EXHAUSTED:
      return {EndOfRefusal(status), "is busy: " + status.error_message()};
    case Code::UNIMPLEMENTED:
      return {Attempt::End::kForeign, "does not know the call; is it a Drydock node?"};
    case Code::INVALID_ARGUMENT:
    case Code::FAILED_PRECONDITION:
    case Code::OUT_OF_RANGE:
    case Code::PERMISSION_DENIED:
    case Code::UNAUTHENTICATED:
    case Code::DATA_LOSS:
      return {Attempt::End::kRefused, "refuses: " + status.error_message()};
    default:
      return Lost(status);
  }
}

}  // namespace

struct Link::Wire {
  Wire(const std::string& address, const ClientCredentials* credentials)
      : channel(grpc::CreateCustomChannel(
            address,
            credentials == nullptr ? grpc::InsecureChannelCredentials()
                                   : credentials->ForConnection(),
            MakeArguments(credentials != nullptr && credentials->uses_tls()))),
        store(v1::KeyValueService::NewStub(channel)),
        admin(v1::AdminService::NewStub(channel)),
        raft(::Raft::NewStub(channel)) {}

  bool Failed() { return channel->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE; }

  const Clock::time_point born = Clock::now();
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::KeyValueService::Stub> store;
  std::unique_ptr<v1::AdminService::Stub> admin;
  std::unique_ptr<::Raft::Stub> raft;
};

Link::Link(std::string address, std::shared_ptr<const ClientCredentials> credentials)
    : address_(std::move(address)), credentials_(std::move(credentials)) {}
Link::~Link() = default;

// A channel that has failed shows neither that it tries again nor that it fails again, and asks DNS
// rarely. A fresh one tries at once, and tells within a moment.
std::shared_ptr<Link::Wire> Link::Current() {
  const std::scoped_lock lock(mutex_);
  if (wire_ == nullptr || (wire_->Failed() && Clock::now() - wire_->born > kReconnectPause)) {
    wire_ = std::make_shared<Wire>(address_, credentials_.get());
  }
  return wire_;
}

// Only over a connection that stands is anything sent: then a call that was not sent is known not
// to have happened.
std::shared_ptr<Link::Wire> Link::Connect(Clock::time_point deadline) {
  const std::shared_ptr<Wire> wire = Current();
  grpc_connectivity_state state = wire->channel->GetState(/*try_to_connect=*/true);
  if (state == GRPC_CHANNEL_READY) return wire;
  const Clock::time_point limit = std::min(deadline, Clock::now() + kConnectLimit);
  while (state != GRPC_CHANNEL_TRANSIENT_FAILURE && state != GRPC_CHANNEL_SHUTDOWN) {
    if (!wire->channel->WaitForStateChange(state, OnGrpcClock(limit))) return nullptr;
    state = wire->channel->GetState(/*try_to_connect=*/true);
    if (state == GRPC_CHANNEL_READY) return wire;
  }
  return nullptr;
}

template <class Call>
Attempt Link::Try(Clock::time_point deadline, Call call) {
  const Status may = credentials_ == nullptr ? Ok() : credentials_->MayCall(address_);
  if (!may.ok()) return {Attempt::End::kRefused, may.error().text};
  const std::shared_ptr<Wire> wire = Connect(deadline);
  if (wire == nullptr) return {Attempt::End::kNotConnected, "cannot be reached"};
  grpc::ClientContext context;
  context.set_deadline(OnGrpcClock(deadline));
  if (credentials_ != nullptr) credentials_->AddTo(context, address_);
  Attempt attempt = Judge(call(*wire, context));
  if (attempt.end == Attempt::End::kLost) attempt.text += Hint();
  return attempt;
}

// A node that asks for a certificate in vain hangs up without a word.
std::string Link::Hint() const {
  const bool bare =
      credentials_ != nullptr && credentials_->uses_tls() && !credentials_->shows_certificate();
  return bare ? "; does it ask for a certificate? none is shown here" : "";
}

Attempt Link::Execute(const v1::ExecuteRequest& request, v1::ExecuteResponse& response,
                      Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.store->Execute(&context, request, &response);
  });
}

Attempt Link::GetStatus(const v1::GetStatusRequest& request, v1::GetStatusResponse& response,
                        Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->GetStatus(&context, request, &response);
  });
}

Attempt Link::Suspend(milliseconds length, Clock::time_point deadline) {
  suspend_request request;
  request.set_milliseconds(static_cast<std::uint32_t>(length.count()));
  suspend_response response;
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.raft->suspend(&context, request, &response);
  });
}

Attempt Link::Resume(v1::ResumeResponse& response, Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->Resume(&context, v1::ResumeRequest(), &response);
  });
}

Attempt Link::Transfer(const v1::TransferLeadershipRequest& request,
                       v1::TransferLeadershipResponse& response, Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->TransferLeadership(&context, request, &response);
  });
}

Attempt Link::ChangeMembers(const v1::ChangeMembersRequest& request,
                            v1::ChangeMembersResponse& response, Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->ChangeMembers(&context, request, &response);
  });
}

Attempt Link::TakeSnapshot(v1::TakeSnapshotResponse& response, Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->TakeSnapshot(&context, v1::TakeSnapshotRequest(), &response);
  });
}

Attempt Link::MeasureRoundTrips(const v1::MeasureRoundTripsRequest& request,
                                v1::MeasureRoundTripsResponse& response,
                                Clock::time_point deadline) {
  return Try(deadline, [&](Wire& wire, grpc::ClientContext& context) {
    return wire.admin->MeasureRoundTrips(&context, request, &response);
  });
}

Attempt Link::Backup(milliseconds patience,
                     const std::function<bool(const v1::BackupResponse&)>& take) {
  const std::shared_ptr<Wire> wire = Connect(Clock::now() + patience);
  if (wire == nullptr) return {Attempt::End::kNotConnected, "cannot be reached"};
  grpc::ClientContext context;
  PatienceWatch watch(patience, [&context] { context.TryCancel(); });
  const auto reader = wire->admin->Backup(&context, v1::BackupRequest());
  v1::BackupResponse part;
  bool go_on = true;
  while (go_on && reader->Read(&part)) {
    watch.Heard();
    go_on = take(part);
  }
  if (!go_on) context.TryCancel();
  const grpc::Status status = reader->Finish();
  if (!go_on) return {Attempt::End::kAnswered, ""};
  if (watch.ran_out()) return {Attempt::End::kTimedOut, "is silent"};
  return Judge(status);
}

// The state of a channel has no reason with it, but a call that fails for it has. This one is
// harmless, should it succeed.
std::string Link::WhyUnreachable() {
  const std::shared_ptr<Wire> wire = Current();
  grpc::ClientContext context;
  context.set_deadline(OnGrpcClock(Clock::now() + kProbeLimit));
  v1::GetStatusResponse response;
  const grpc::Status status = wire->admin->GetStatus(&context, v1::GetStatusRequest(), &response);
  if (status.ok()) return "it answers now";
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) return "no connection in time";
  return Shorten(CauseIn(status.error_message())) + Hint();
}

Link& LinkPool::To(const std::string& address) {
  const std::scoped_lock lock(mutex_);
  std::unique_ptr<Link>& link = links_[address];
  if (link == nullptr) link = std::make_unique<Link>(address, credentials_);
  return *link;
}

}  // namespace drydock::net
