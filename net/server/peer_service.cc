#include "net/server/peer_service.h"

#include <optional>
#include <utility>

#include "core/text/names.h"
#include "net/rpc/unary_method.h"
#include "net/server/chunk_stream.h"
#include "net/server/peer_calls.h"
#include "proto/drydock/v1/drydock.grpc.pb.h"

namespace drydock::net {

using grpc::StatusCode;

class PeerService::Methods {
 public:
  Methods(RaftServiceOptions options, TakeHello hello, PingTarget me)
      : options_(std::move(options)), hello_(std::move(hello)), me_(std::move(me)) {}

  grpc::Service& service() { return service_; }
  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
    queue_ = &queue;
    runner_ = &runner;
    greetings_.Start();
    bids_.Start();
    questions_.Start();
    pings_.Start();
    chunks_.Start();
  }
  void Close() {
    greetings_.Close();
    bids_.Close();
    questions_.Close();
    pings_.Close();
    chunks_.Close();
  }
  std::size_t live() const {
    return greetings_.live() + bids_.live() + questions_.live() + pings_.live() + chunks_.live();
  }

 private:
  using Greetings = UnaryMethod<v1::HelloRequest, v1::HelloResponse>;
  using Bids = UnaryMethod<v1::TimeoutNowRequest, v1::TimeoutNowResponse>;
  using Pings = UnaryMethod<v1::PingRequest, v1::PingResponse>;
  using Questions = UnaryMethod<v1::ReadIndexRequest, v1::ReadIndexResponse>;

  std::string WhyNoPing(const v1::PingRequest& request) const {
    if (request.cluster() != me_.cluster) return "the node there is of another cluster";
    if (NodeId(request.node()) == me_.self) return "";
    return "the node there is " + NameOf(me_.self) + ", not " + NameOf(NodeId(request.node()));
  }
  void TakePing(Pings::Call& call) {
    if (!Admitted(call, options_.gate, std::nullopt)) return;  // it does not tell whose it is
    const std::string why_not = WhyNoPing(call.request());
    if (!why_not.empty()) return call.Finish({StatusCode::FAILED_PRECONDITION, why_not});
    call.response().set_number(call.request().number());
    call.Finish();
  }

  const RaftServiceOptions options_;
  ChunkIntake intake_;  // outlives the streams
  const TakeHello hello_;
  const PingTarget me_;
  v1::PeerService::AsyncService service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // these two from Start on
  NodeRunner* runner_ = nullptr;

  Greetings greetings_{{.arm =
                            [this](auto* context, auto* request, auto* writer, void* tag) {
                              service_.RequestHello(context, request, writer, queue_, queue_, tag);
                            },
                        .take =
                            [this](Greetings::Call& call) {
                              const NodeId from(call.request().node());
                              if (!Admitted(call, options_.gate, from)) return;
                              if (hello_(call.request(), call.response())) return call.Finish();
                              call.Finish({StatusCode::FAILED_PRECONDITION,
                                           "no member of this cluster: see \"cluster\" and "
                                           "\"nodes\" in the cluster's file"});
                            }},
                       4};
  Bids bids_{{.arm =
                  [this](auto* context, auto* request, auto* writer, void* tag) {
                    service_.RequestTimeoutNow(context, request, writer, queue_, queue_, tag);
                  },
              .take = [this](Bids::Call& call) { TakeFromPeer(call, options_, *runner_); },
              .reply =
                  [this](const Message& reply, const v1::TimeoutNowRequest&,
                         v1::TimeoutNowResponse& response) {
                    Encode(reply, options_.fingerprint, response);
                    return grpc::Status::OK;
                  },
              .drop = &TakesNoPart},
             2};
  Questions questions_{
      {.arm =
           [this](auto* context, auto* request, auto* writer, void* tag) {
             service_.RequestReadIndex(context, request, writer, queue_, queue_, tag);
           },
       .take = [this](Questions::Call& call) { TakeFromPeer(call, options_, *runner_); },
       .reply =
           [this](const Message& reply, const v1::ReadIndexRequest&,
                  v1::ReadIndexResponse& response) {
             Encode(reply, options_.fingerprint, response);
             return grpc::Status::OK;
           },
       .drop = &TakesNoPart},
      8};
  Pings pings_{{.arm =
                    [this](auto* context, auto* request, auto* writer, void* tag) {
                      service_.RequestPing(context, request, writer, queue_, queue_, tag);
                    },
                .take = [this](Pings::Call& call) { TakePing(call); }},
               4};
  StreamOfChunk chunks_{
      {.arm =
           [this](auto* context, auto* reader, void* tag) {
             service_.RequestInstallSnapshot(context, reader, queue_, queue_, tag);
           },
       .open = [this](StreamOfChunk::Call& call) -> std::unique_ptr<StreamOfChunk::Session> {
         return std::make_unique<ChunkStream>(call, options_, *runner_, intake_);
       }}};
};

PeerService::PeerService(RaftServiceOptions options, TakeHello hello, PingTarget me)
    : methods_(std::make_unique<Methods>(std::move(options), std::move(hello), std::move(me))) {}
PeerService::~PeerService() = default;

grpc::Service& PeerService::async_service() {
  return methods_->service();
}

void PeerService::Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
  methods_->Start(queue, runner);
}

void PeerService::Close() {
  methods_->Close();
}

std::size_t PeerService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
