// grpc.health.v1.Health, for load balancers, orchestrators and the health checks of gRPC clients.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

// Knows the node as a whole, whose name is "", and its services: Raft, drydock.v1.KeyValueService,
// drydock.v1.AdminService and drydock.v1.PeerService. None is serving until SetServing says so.
// Lives on the loop's thread, until its queue is drained.
class HealthService {
 public:
  HealthService();
  ~HealthService();

  grpc::Service& async_service();
  // To be called once the server has been started.
  void Start(grpc::ServerCompletionQueue& queue);
  // Watchers are told. Another name than the above is a bug.
  void SetServing(std::string_view service, bool serving);
  // Takes no more calls, and ends those that watch.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
