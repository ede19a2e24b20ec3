// What a call is told that a node cannot serve any more because its process ends.
#pragma once

#include <grpcpp/support/status.h>

namespace drydock::net {

inline grpc::Status ClosingDown() {
  return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the node is shutting down");
}

}  // namespace drydock::net
