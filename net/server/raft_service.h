// The report's service (proto/raft.proto): the requests of peers, and its own two client calls.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/base/strong.h"
#include "net/codec/peer_codec.h"
#include "net/runtime/node_runner.h"
#include "net/security/gatekeeper.h"

namespace grpc {
class Service;
class ServerCompletionQueue;
}  // namespace grpc

namespace drydock::net {

struct RaftServiceOptions {
  Fingerprint fingerprint = 0;
  // Where a node is, for those who ask the wrong one; "" when that is not known.
  std::function<std::string(NodeId)> address_of = [](NodeId) { return std::string(); };
  bool enable_suspend = false;
  std::size_t waiting = 64;  // calls of each method that are ready for requests
  // A peer has sent a request (also one that will be refused).
  std::function<void(NodeId)> heard;
  // A request of another cluster, or one that cannot be right, was turned away.
  std::function<void()> turned_away;
  const Gatekeeper* gate = nullptr;  // outlives the service; null: everybody may do everything
};

// Lives on the loop's thread, until its queue is drained.
class RaftService {
 public:
  explicit RaftService(RaftServiceOptions options);
  ~RaftService();

  grpc::Service& async_service();
  // To be called once the server has been started; until then calls wait.
  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner);

  // Takes no more calls.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  class Methods;
  std::unique_ptr<Methods> methods_;
};

}  // namespace drydock::net
