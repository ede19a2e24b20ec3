// grpc.channelz.v1.Channelz: what gRPC itself knows of this process's servers, channels and
// sockets, for debugging connections.
#pragma once

#include <cstddef>
#include <memory>

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

class Gatekeeper;

// Sees the server and the channels that have GRPC_ARG_ENABLE_CHANNELZ set.
// Lives on the loop's thread, until its queue is drained.
class ChannelzService {
 public:
  // The gate outlives the service; it asks for the permission to govern. Null: everybody may look.
  explicit ChannelzService(const Gatekeeper* gate = nullptr);
  ~ChannelzService();

  grpc::Service& async_service();
  // To be called once the server has been started.
  void Start(grpc::ServerCompletionQueue& queue);
  // Takes no more calls.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
