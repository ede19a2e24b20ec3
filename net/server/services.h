// All that a node serves over gRPC.
#pragma once

#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/service_type.h>

#include <cstddef>
#include <vector>

#include "net/admin/channelz_service.h"
#include "net/admin/health_service.h"
#include "net/admin/reflection_service.h"
#include "net/runtime/node_runner.h"
#include "net/server/admin_service.h"
#include "net/server/key_value_service.h"
#include "net/server/peer_service.h"
#include "net/server/raft_service.h"

namespace drydock::net {

// Lives on the loop's thread, until its queue is drained. There is nothing here that has threads of
// its own (docs/decisions/0008).
class Services {
 public:
  Services(RaftServiceOptions raft, KeyValueServiceOptions key_value, AdminServiceHooks admin,
           TakeHello hello, PingTarget me);

  std::vector<grpc::Service*> All();
  // To be called once the server has been started; until then calls wait.
  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner);
  // Sends off what has gathered; to be called once the node was stepped.
  void Flush() { key_value_.Flush(); }
  // What health checks are told. The services of operators and peers are there as long as the
  // process is.
  void SetReady(bool ready);
  // To be called a few times a second.
  void Tick() { admin_.Tick(); }
  // Takes no more calls.
  void Close();
  // Calls that the queue knows of: with 0 it may be shut down.
  std::size_t live() const;

 private:
  RaftService raft_;
  KeyValueService key_value_;
  ChannelzService channelz_;
  AdminService admin_;
  PeerService peer_;
  HealthService health_;
  ReflectionService reflection_;
};

}  // namespace drydock::net
