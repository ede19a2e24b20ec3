// Channels of the load generator: tuned, and the same for each store.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tools/load/target.h"

namespace grpc {
class Channel;
class Status;
}  // namespace grpc

namespace drydock::tools {

// `address` is "host:port". Never fails here: an address that nobody serves fails the calls.
std::shared_ptr<grpc::Channel> MakeLoadChannel(const std::string& address);

// What the failure of a call means.
AnswerKind KindOf(const grpc::Status& failure);

}  // namespace drydock::tools
