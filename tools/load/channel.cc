#include "tools/load/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/status.h>

#include <chrono>

#include "net/client/credentials.h"
#include "net/rpc/channel.h"

namespace drydock::tools {
namespace {

constexpr int kMostMessageBytes = 128 << 20;

}  // namespace

std::shared_ptr<grpc::Channel> MakeLoadChannel(
    const std::string& address, const std::shared_ptr<const net::ClientCredentials>& credentials) {
  // A node that comes back is used again at once; a busy one has time to shake hands.
  grpc::ChannelArguments arguments = net::LeanChannel(std::chrono::seconds(2));
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxReceiveMessageSize(kMostMessageBytes);
  arguments.SetMaxSendMessageSize(kMostMessageBytes);
  return grpc::CreateCustomChannel(
      address,
      credentials == nullptr ? grpc::InsecureChannelCredentials() : credentials->ForConnection(),
      arguments);
}

AnswerKind KindOf(const grpc::Status& failure) {
  switch (failure.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return AnswerKind::kUnreachable;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return AnswerKind::kDeadline;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return AnswerKind::kBusy;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return AnswerKind::kBadRequest;
    case grpc::StatusCode::CANCELLED:
      return AnswerKind::kUnanswered;
    default:
      return AnswerKind::kOther;
  }
}

}  // namespace drydock::tools
