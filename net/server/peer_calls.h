// What all calls of peers have in common, whichever service they belong to.
#pragma once

#include <grpcpp/support/status.h>

#include <optional>
#include <utility>

#include "net/codec/peer_codec.h"
#include "net/runtime/node_runner.h"
#include "net/server/raft_service.h"

namespace drydock::net {

// Hands the message to the node, which answers the call; what no node of this cluster sends is
// refused here, and counted.
template <class Call>
void TakeFromPeer(Call& call, const RaftServiceOptions& options, NodeRunner& runner) {
  std::optional<FromWire> decoded = Decode(call.request());
  if (!decoded.has_value()) {
    options.turned_away();
    return call.Finish(
        {grpc::StatusCode::INVALID_ARGUMENT, "no node of this version sends such a message"});
  }
  if (decoded->cluster != options.fingerprint) {
    options.turned_away();
    return call.Finish({grpc::StatusCode::FAILED_PRECONDITION, "this node is of another cluster"});
  }
  if (!Admitted(call, options.gate, decoded->message.from)) return;
  options.heard(decoded->message.from);
  runner.Take(std::move(decoded->message), {&call, 0});
}

// Of a message that the node drops.
inline grpc::Status TakesNoPart() {
  return {grpc::StatusCode::ABORTED, "the node takes no part in this; its log says why"};
}

}  // namespace drydock::net
