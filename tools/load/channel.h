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

namespace drydock::net {
class ClientCredentials;
}

namespace drydock::tools {

// `address` is "host:port". Never fails here: an address that nobody serves fails the calls. Who
// makes blocking calls needs a new channel after a failure: nobody serves the one that failed but a
// call that waits on it, and its calls fail at once.
// Without credentials it is in plaintext.
std::shared_ptr<grpc::Channel> MakeLoadChannel(
    const std::string& address,
    const std::shared_ptr<const net::ClientCredentials>& credentials = nullptr);

// What the failure of a call means.
AnswerKind KindOf(const grpc::Status& failure);

}  // namespace drydock::tools
