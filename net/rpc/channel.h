// What the channels of nodes, clients and load generators have in common.
#pragma once

#include <grpcpp/support/channel_arguments.h>

#include <chrono>

namespace drydock::net {

// A lean channel of its own connection, without gRPC's retries, that looks for a node that is away
// at least twice a second; an attempt to connect may take `connect_limit`. The minimal stack leaves
// out what our calls do not need, and, unless told otherwise as here, their deadlines.
inline grpc::ChannelArguments LeanChannel(std::chrono::milliseconds connect_limit) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MINIMAL_STACK, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_DEADLINE_CHECKS, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(connect_limit.count()));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return arguments;
}

}  // namespace drydock::net
