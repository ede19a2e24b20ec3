#include "net/peers/peer_link.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/base/overloaded.h"
#include "net/rpc/channel.h"

namespace drydock::net {
namespace {

// More than a window of appends and the heartbeats of a call deadline: beyond it the peer is stuck,
// and what is sent to it only piles up.
constexpr std::size_t kMaxUnderWay = 128;

// A peer that comes back must be found well within an election timeout, and a connection that a
// partition has eaten must not be believed in.
grpc::ChannelArguments ChannelArgumentsOfPeers(bool tls) {
  // A handshake takes a while on a busy machine, and one that is cut off has to begin anew.
  grpc::ChannelArguments arguments = LeanChannel(std::chrono::milliseconds(tls ? 1000 : 100));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 1000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return arguments;
}

// What a follower knows to be committed now that it has answered.
std::optional<std::uint64_t> KnownCommit(const appendEntry& request,
                                         const appendEntry_pending& response) {
  if (!response.outcome()) return std::nullopt;
  return std::min(request.commit(), response.match());
}
std::optional<std::uint64_t> KnownCommit(const heartbeat& request,
                                         const heartbeat_response& response) {
  if (!response.outcome()) return std::nullopt;
  return std::min(static_cast<std::uint64_t>(request.lastdb_id()), response.match());
}
std::optional<std::uint64_t> KnownCommit(const commitVal_request& request,
                                         const commitVal_response& response) {
  if (!response.outcome()) return std::nullopt;
  return request.commit();
}
// Other messages say nothing of it.
template <class Request, class Response>
std::optional<std::uint64_t> KnownCommit(const Request&, const Response&) {
  return std::nullopt;
}

}  // namespace

PeerLink::PeerLink(NodeId peer, const std::string& address, const PeerOptions& options,
                   const PeerEvents& events, grpc::CompletionQueue& queue)
    : peer_(peer),
      options_(options),
      events_(events),
      queue_(queue),
      channel_(grpc::CreateCustomChannel(
          address,
          options.credentials ? options.credentials(peer) : grpc::InsecureChannelCredentials(),
          ChannelArgumentsOfPeers(options.credentials != nullptr))),
      raft_(::Raft::NewStub(channel_)),
      peer_service_(v1::PeerService::NewStub(channel_)),
      votes_([this](const auto&... result) { Finished(result...); }),
      appends_([this](const auto&... result) { Finished(result...); }),
      heartbeats_([this](const auto&... result) { Finished(result...); }),
      notices_([this](const auto&... result) { Finished(result...); }),
      bids_([this](const auto&... result) { Finished(result...); }),
      questions_([this](const auto&... result) { Finished(result...); }),
      greetings_([](const auto&...) {}),
      pings_([this](const v1::PingRequest& request, const grpc::Status& status, const auto&,
                    std::chrono::nanoseconds took) {
        if (!cancelled_) events_.pinged(peer_, request.number(), status, took);
      }),
      chunks_(*peer_service_, options.fingerprint, queue,
              [this](const grpc::Status& status, const v1::InstallSnapshotResponse& response) {
                if (!status.ok()) return Failed(status);
                Take(response);
              }) {}

template <class Request, class Response, class Prepare>
void PeerLink::Call(const Message& message, Pool<Request, Response>& pool, Prepare prepare) {
  if (pool.under_way() >= kMaxUnderWay) return;
  pool.Begin(
      options_.call_deadline,
      [&](Request& request) { Encode(message, options_.fingerprint, request); },
      [&](grpc::ClientContext* context, const Request& request) {
        return ((*raft_).*prepare)(context, request, &queue_);
      });
}

void PeerLink::Bid(const Message& message) {
  if (bids_.under_way() >= kMaxUnderWay) return;
  bids_.Begin(
      options_.call_deadline,
      [&](v1::TimeoutNowRequest& request) { Encode(message, options_.fingerprint, request); },
      [&](grpc::ClientContext* context, const v1::TimeoutNowRequest& request) {
        return peer_service_->PrepareAsyncTimeoutNow(context, request, &queue_);
      });
}

void PeerLink::Ask(const Message& message) {
  if (questions_.under_way() >= kMaxUnderWay) return;
  questions_.Begin(
      options_.call_deadline,
      [&](v1::ReadIndexRequest& request) { Encode(message, options_.fingerprint, request); },
      [&](grpc::ClientContext* context, const v1::ReadIndexRequest& request) {
        return peer_service_->PrepareAsyncReadIndex(context, request, &queue_);
      });
}

void PeerLink::Send(const Message& message) {
  const auto vote = [&] { Call(message, votes_, &::Raft::Stub::PrepareAsyncVoteRequest); };
  const auto never = [&] { DRYDOCK_CHECK(false, message.body.index()); };
  std::visit(
      Overloaded{[&](const PreVoteRequest&) { vote(); }, [&](const VoteRequest&) { vote(); },
                 [&](const AppendRequest&) {
                   Call(message, appends_, &::Raft::Stub::PrepareAsyncAppendEntryRequest);
                 },
                 [&](const Heartbeat&) {
                   Call(message, heartbeats_, &::Raft::Stub::PrepareAsyncheartbeatUpdate);
                 },
                 [&](const CommitNotice&) {
                   Call(message, notices_, &::Raft::Stub::PrepareAsynccommitVal);
                 },
                 [&](const TimeoutNow&) { Bid(message); },
                 [&](const SnapshotChunk&) { chunks_.Send(message); },
                 [&](const ReadIndexRequest&) { Ask(message); },
                 // Answers travel as the responses of calls.
                 [&](const PreVoteResponse&) { never(); }, [&](const VoteResponse&) { never(); },
                 [&](const AppendResponse&) { never(); },
                 [&](const HeartbeatResponse&) { never(); },
                 [&](const CommitNoticeResponse&) { never(); },
                 [&](const TimeoutNowResponse&) { never(); },
                 [&](const SnapshotChunkResponse&) { never(); },
                 [&](const ReadIndexResponse&) { never(); }},
      message.body);
}

template <class Request, class Response>
void PeerLink::Finished(const Request& request, const grpc::Status& status,
                        const Response& response, std::chrono::nanoseconds took) {
  if (!status.ok()) return Failed(status);
  events_.round_trip(peer_, took);
  if (const auto commit = KnownCommit(request, response)) {
    events_.knows_commit(peer_, Index(*commit));
  }
  Take(response);
}

template <class Response>
void PeerLink::Take(const Response& response) {
  std::optional<FromWire> decoded = Decode(response);
  if (!decoded.has_value() || decoded->cluster != options_.fingerprint) return;
  events_.response(std::move(decoded->message));
}

void PeerLink::Failed(const grpc::Status& status) {
  if (!cancelled_) events_.failed(peer_, status);
}

void PeerLink::Greet() {
  greetings_.Begin(
      options_.call_deadline,
      [&](v1::HelloRequest& request) {
        request.set_cluster(options_.cluster);
        request.set_node(options_.self.value());
      },
      [&](grpc::ClientContext* context, const v1::HelloRequest& request) {
        return peer_service_->PrepareAsyncHello(context, request, &queue_);
      });
}

void PeerLink::Ping(std::uint64_t number) {
  pings_.Begin(
      options_.call_deadline,
      [&](v1::PingRequest& request) {
        request.set_cluster(options_.cluster);
        request.set_node(peer_.value());
        request.set_number(number);
      },
      [&](grpc::ClientContext* context, const v1::PingRequest& request) {
        return peer_service_->PrepareAsyncPing(context, request, &queue_);
      });
}

void PeerLink::ReconnectNow() {
  grpc::experimental::ChannelResetConnectionBackoff(channel_.get());
  channel_->GetState(/*try_to_connect=*/true);
}

std::size_t PeerLink::live() const {
  return votes_.under_way() + appends_.under_way() + heartbeats_.under_way() +
         notices_.under_way() + bids_.under_way() + questions_.under_way() +
         greetings_.under_way() + pings_.under_way() + chunks_.live();
}

void PeerLink::Cancel() {
  cancelled_ = true;
  votes_.Cancel();
  appends_.Cancel();
  heartbeats_.Cancel();
  notices_.Cancel();
  bids_.Cancel();
  questions_.Cancel();
  greetings_.Cancel();
  pings_.Cancel();
  chunks_.Cancel();
}

}  // namespace drydock::net
