// What a failed call means, for a person.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

namespace drydock::net {

// gRPC tells the whole way down to the cause, which stands last: that alone.
std::string CauseIn(const std::string& message);

// Why a call to another node failed, in a short phrase: "Connection refused", "no answer in time".
std::string WhyCallFailed(const grpc::Status& status);

}  // namespace drydock::net
