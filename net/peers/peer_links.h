// The ways to all other nodes: one link for each member of the configuration in force, made and
// dropped as members come and go.
#pragma once

#include <grpcpp/completion_queue.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/raft/raft.h"
#include "net/config/cluster_config.h"
#include "net/config/member_address.h"
#include "net/peers/peer_link.h"

namespace drydock::net {

// Where a node is: as the configuration says, which carries the addresses of those who were added;
// if it does not, as the cluster's file does. Empty when neither knows.
MemberAddress AddressOf(NodeId node, const Configuration& configuration, const ClusterConfig& file);

// Lives on the loop's thread. To be destroyed once the queue is drained.
class PeerLinks {
 public:
  // The file must outlive the links.
  PeerLinks(NodeId self, const ClusterConfig& file, PeerEvents events);

  // To be called before anything else.
  void Start(grpc::CompletionQueue& queue) { queue_ = &queue; }
  // Before the first link is made: how to shake hands. Without it all is in plaintext.
  using Credentials = std::function<std::shared_ptr<grpc::ChannelCredentials>(NodeId)>;
  void UseCredentials(Credentials credentials) { options_.credentials = std::move(credentials); }
  // Makes all connections anew, with the credentials as they are now. Calls under way are lost.
  void Renew();
  // Makes the links that are missing, and drops those that nobody has needed for a while. To be
  // called now and then.
  void Follow(const Raft& raft, TimePoint now);
  // To whom there is no link yet, one is made. Lost if there is no address.
  void Send(const Message& message, const Raft& raft, TimePoint now);

  bool Contains(NodeId node) const { return links_.contains(node); }
  // The events tell what comes of it. False: there is no link.
  bool Ping(NodeId node, std::uint64_t number);
  // The node is there: a wait before the next try to connect is over. False: there is no link.
  bool ReconnectNow(NodeId node);
  // Ends all calls: they come out of the queue as failed.
  void Cancel();
  // Streams that still put something into the queue: with 0 it may be shut down, after Cancel.
  bool HasLiveStreams() const;

 private:
  struct Link {
    std::string address;
    std::unique_ptr<PeerLink> wire;
    TimePoint needed;  // when it was last
  };

  void Need(NodeId node, const Raft& raft, TimePoint now);
  void Make(NodeId node, Link& link);
  void End(Link& link);

  const NodeId self_;
  const ClusterConfig& file_;
  PeerOptions options_;
  const PeerEvents events_;
  grpc::CompletionQueue* queue_ = nullptr;
  std::map<NodeId, Link> links_;
  std::vector<std::unique_ptr<PeerLink>> ended_;  // until their calls have come out of the queue
};

}  // namespace drydock::net
