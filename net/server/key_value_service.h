// The store as clients see it: drydock.v1.KeyValueService.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/base/strong.h"
#include "net/runtime/node_runner.h"
#include "net/security/gatekeeper.h"

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

struct KeyValueServiceOptions {
  // Where a node is, for those who ask the wrong one; "" when that is not known.
  std::function<std::string(NodeId)> address_of = [](NodeId) { return std::string(); };
  std::size_t max_undecided = 4096;  // operations of one stream
  std::size_t waiting = 64;          // unary calls that are ready for requests
  const Gatekeeper* gate = nullptr;  // outlives the service; null: everybody may do everything
};

// Lives on the loop's thread, until its queue is drained.
class KeyValueService {
 public:
  explicit KeyValueService(KeyValueServiceOptions options);
  ~KeyValueService();

  grpc::Service& async_service();
  // To be called once the server has been started; until then calls wait.
  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner);
  // Sends off what the streams have to tell; to be called once the node was stepped.
  void Flush();

  // Takes no more calls.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
