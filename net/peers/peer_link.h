// The way to one other node: the core's messages as calls of the Raft service, their answers as
// messages again. A call that fails is a message that was lost; the core copes with it.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/security/credentials.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/codec/peer_codec.h"
#include "net/peers/call_pool.h"
#include "net/peers/chunk_sender.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"
#include "proto/raft.grpc.pb.h"

namespace drydock::net {

// What all links of a node share.
struct PeerOptions {
  std::string cluster;
  Fingerprint fingerprint = 0;
  NodeId self;
  // How to shake hands with a node; empty: plaintext.
  std::function<std::shared_ptr<grpc::ChannelCredentials>(NodeId)> credentials;
  std::chrono::milliseconds call_deadline{1000};  // then a call counts as lost
};

// What comes of calls; called on the loop's thread.
struct PeerEvents {
  std::function<void(Message response)> response;
  std::function<void(NodeId peer, std::chrono::nanoseconds took)> round_trip;
  std::function<void(NodeId peer, const grpc::Status& why)> failed;
  // It has answered a message from which it learnt that the log is committed up to here.
  std::function<void(NodeId peer, Index commit)> knows_commit = [](NodeId, Index) {};
  // What came of a ping.
  std::function<void(NodeId peer, std::uint64_t number, const grpc::Status&,
                     std::chrono::nanoseconds took)>
      pinged = [](NodeId, std::uint64_t, const grpc::Status&, std::chrono::nanoseconds) {};
};

// Lives on the loop's thread. It must outlive what it has put into the queue: destroy it once the
// queue is drained.
class PeerLink {
 public:
  PeerLink(NodeId peer, const std::string& address, const PeerOptions& options,
           const PeerEvents& events, grpc::CompletionQueue& queue);

  void Send(const Message& message);
  // Tells the peer that this node is here, so that it connects at once.
  void Greet();
  // Asks for an answer that means nothing; the events tell how long that took.
  void Ping(std::uint64_t number);
  // The peer is there: a wait that the channel had begun before its next try is over.
  void ReconnectNow();
  // Ends all calls: they come out of the queue as failed, and nobody is told of it.
  void Cancel();
  // Calls that the queue knows of: with 0 the link may be destroyed, after Cancel.
  std::size_t live() const;
  // Streams that still put something into the queue: with 0 it may be shut down, after Cancel.
  std::size_t live_streams() const { return chunks_.live(); }

 private:
  template <class Request, class Response>
  using Pool = CallPool<Request, Response>;

  template <class Request, class Response, class Prepare>
  void Call(const Message& message, Pool<Request, Response>& pool, Prepare prepare);
  void Bid(const Message& message);
  void Ask(const Message& message);
  template <class Request, class Response>
  void Finished(const Request& request, const grpc::Status& status, const Response& response,
                std::chrono::nanoseconds took);
  template <class Response>
  void Take(const Response& response);
  void Failed(const grpc::Status& status);

  NodeId peer_;
  const PeerOptions& options_;
  const PeerEvents& events_;
  grpc::CompletionQueue& queue_;
  bool cancelled_ = false;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<::Raft::Stub> raft_;
  std::unique_ptr<v1::PeerService::Stub> peer_service_;
  Pool<vote_4_me, voted_4_u> votes_;
  Pool<appendEntry, appendEntry_pending> appends_;
  Pool<heartbeat, heartbeat_response> heartbeats_;
  Pool<commitVal_request, commitVal_response> notices_;
  Pool<v1::TimeoutNowRequest, v1::TimeoutNowResponse> bids_;
  Pool<v1::ReadIndexRequest, v1::ReadIndexResponse> questions_;
  Pool<v1::HelloRequest, v1::HelloResponse> greetings_;
  Pool<v1::PingRequest, v1::PingResponse> pings_;
  ChunkSender chunks_;
};

}  // namespace drydock::net
