// grpc.reflection.v1alpha.ServerReflection: lets tools (grpcurl, buf curl) call this node without
// its .proto files.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

// Describes what is compiled into this program. Lives on the loop's thread, until its queue is
// drained.
class ReflectionService {
 public:
  // The full names of the services that the server has, this one included: they are what
  // list_services tells. One that is not compiled in is a bug.
  explicit ReflectionService(std::vector<std::string> services);
  ~ReflectionService();

  grpc::Service& async_service();
  // To be called once the server has been started.
  void Start(grpc::ServerCompletionQueue& queue);
  // Takes no more calls, and ends the open ones.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
