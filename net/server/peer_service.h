// What nodes say to each other beside the report's service (drydock.v1.PeerService): the greeting,
// the leader's bid to campaign, the chunks of its snapshot, and pings.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "net/server/raft_service.h"

namespace drydock::v1 {
class HelloRequest;
class HelloResponse;
}  // namespace drydock::v1

namespace drydock::net {

// False: the one who greets is of another cluster or no member.
using TakeHello = std::function<bool(const v1::HelloRequest&, v1::HelloResponse&)>;
// For whom pings are answered.
struct PingTarget {
  std::string cluster;
  NodeId self;
};

// Lives on the loop's thread, until its queue is drained.
class PeerService {
 public:
  PeerService(RaftServiceOptions options, TakeHello hello, PingTarget me);
  ~PeerService();

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
