#include "net/server/raft_service.h"

#include <string>
#include <utility>

#include "net/codec/client_codec.h"
#include "net/rpc/unary_method.h"
#include "net/server/peer_calls.h"
#include "proto/raft.grpc.pb.h"

namespace drydock::net {
namespace {

using grpc::StatusCode;

constexpr std::int64_t kDefaultSuspensionMs = 20000;

// What a client of the report's interface is told as an error (docs/wire.md).
grpc::Status ErrorFor(const ClientAnswer& answer) {
  switch (answer.outcome) {
    case Outcome::kBusy:
      return {StatusCode::RESOURCE_EXHAUSTED, WordsOf(answer.outcome)};
    case Outcome::kTooLarge:
      return {StatusCode::INVALID_ARGUMENT, WordsOf(answer.outcome) + std::string(": ") +
                                                std::to_string(answer.limit) + " bytes"};
    case Outcome::kBadRequest:
      return {StatusCode::INVALID_ARGUMENT, WordsOf(answer.outcome)};
    default:
      return {StatusCode::UNAVAILABLE, WordsOf(answer.outcome)};
  }
}

grpc::Status AnswerSet(const ClientAnswer& answer, setVal_response& response) {
  const bool did_nothing =
      answer.outcome == Outcome::kNotLeader || answer.outcome == Outcome::kNotReady;
  if (answer.outcome != Outcome::kOk && !did_nothing) return ErrorFor(answer);
  response.set_outcome(answer.outcome == Outcome::kOk);
  if (did_nothing && answer.leader.has_value()) {
    response.set_value(std::to_string(answer.leader->value()));
  }
  return grpc::Status::OK;
}

grpc::Status AnswerGet(const ClientAnswer& answer, const RaftServiceOptions& options,
                       getVal_response& response) {
  if (answer.outcome == Outcome::kOk || answer.outcome == Outcome::kNotFound) {
    response.set_outcome(true);
    response.set_found(answer.found);
    response.set_value(std::string(answer.value.view()));
    return grpc::Status::OK;
  }
  if (answer.outcome != Outcome::kNotLeader || !answer.leader.has_value()) return ErrorFor(answer);
  const std::string address = options.address_of(*answer.leader);
  return {StatusCode::UNAVAILABLE, "this node does not lead: ask node " +
                                       std::to_string(answer.leader->value()) +
                                       (address.empty() ? "" : " at " + address)};
}

// The core does not say whether a heartbeat or a notice was heeded; the terms do.
void SetOutcome(const heartbeat& request, heartbeat_response& response) {
  response.set_outcome(response.term() == request.term());
}
void SetOutcome(const commitVal_request& request, commitVal_response& response) {
  response.set_outcome(response.term() == request.term());
}
template <class Request, class Response>
void SetOutcome(const Request&, Response&) {}

}  // namespace

class RaftService::Methods {
 public:
  explicit Methods(RaftServiceOptions options) : options_(std::move(options)) {}

  grpc::Service& service() { return service_; }

  void Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
    queue_ = &queue;
    runner_ = &runner;
    votes_.Start();
    appends_.Start();
    heartbeats_.Start();
    notices_.Start();
    sets_.Start();
    gets_.Start();
    suspensions_.Start();
  }

  void Close() {
    votes_.Close();
    appends_.Close();
    heartbeats_.Close();
    notices_.Close();
    sets_.Close();
    gets_.Close();
    suspensions_.Close();
  }
  std::size_t live() const {
    return votes_.live() + appends_.live() + heartbeats_.live() + notices_.live() + sets_.live() +
           gets_.live() + suspensions_.live();
  }

 private:
  using Service = ::Raft::AsyncService;
  template <class Request, class Response>
  using Ask = void (Service::*)(grpc::ServerContext*, Request*,
                                grpc::ServerAsyncResponseWriter<Response>*, grpc::CompletionQueue*,
                                grpc::ServerCompletionQueue*, void*);

  template <class Request, class Response>
  std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncResponseWriter<Response>*,
                     void*)>
  Arm(Ask<Request, Response> ask) {
    return [this, ask](grpc::ServerContext* context, Request* request,
                       grpc::ServerAsyncResponseWriter<Response>* writer, void* tag) {
      (service_.*ask)(context, request, writer, queue_, queue_, tag);
    };
  }

  // A request of a peer: the node's own answer goes back, or none.
  template <class Request, class Response>
  UnaryMethod<Request, Response> PeerMethod(Ask<Request, Response> ask) {
    using Method = UnaryMethod<Request, Response>;
    return Method(
        {.arm = Arm(ask),
         .take = [this](typename Method::Call& call) { TakeFromPeer(call, options_, *runner_); },
         .reply =
             [this](const Message& reply, const Request& request, Response& response) {
               Encode(reply, options_.fingerprint, response);
               SetOutcome(request, response);
               return grpc::Status::OK;
             },
         .drop = &TakesNoPart},
        options_.waiting);
  }

  template <class Request, class Response, class Answer>
  UnaryMethod<Request, Response> ClientMethod(Ask<Request, Response> ask, Permission needed,
                                              Answer answer) {
    using Method = UnaryMethod<Request, Response>;
    return Method({.arm = Arm(ask),
                   .take =
                       [this, needed](typename Method::Call& call) {
                         if (!Admitted(call, options_.gate, needed)) return;
                         runner_->Ask(Decode(std::move(call.request())), {&call, 0});
                       },
                   .answer = answer},
                  options_.waiting);
  }

  using Suspensions = UnaryMethod<suspend_request, suspend_response>;
  void Suspend(Suspensions::Call& call) {
    if (!Admitted(call, options_.gate, Permission::kAdmin)) return;
    if (!options_.enable_suspend) {
      return call.Finish({StatusCode::PERMISSION_DENIED,
                          "suspend is off on this node: start it with --enable-suspend"});
    }
    const std::int64_t asked = call.request().milliseconds();
    runner_->Suspend(Duration::Milliseconds(asked == 0 ? kDefaultSuspensionMs : asked));
    call.response().set_temp(call.request().temp());
    call.Finish();
  }

  const RaftServiceOptions options_;
  Service service_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // these two from Start on
  NodeRunner* runner_ = nullptr;

  UnaryMethod<vote_4_me, voted_4_u> votes_ =
      PeerMethod<vote_4_me, voted_4_u>(&Service::RequestVoteRequest);
  UnaryMethod<appendEntry, appendEntry_pending> appends_ =
      PeerMethod<appendEntry, appendEntry_pending>(&Service::RequestAppendEntryRequest);
  UnaryMethod<heartbeat, heartbeat_response> heartbeats_ =
      PeerMethod<heartbeat, heartbeat_response>(&Service::RequestheartbeatUpdate);
  UnaryMethod<commitVal_request, commitVal_response> notices_ =
      PeerMethod<commitVal_request, commitVal_response>(&Service::RequestcommitVal);
  UnaryMethod<setVal_request, setVal_response> sets_ =
      ClientMethod<setVal_request, setVal_response>(&Service::RequestsetVal, Permission::kWrite,
                                                    &AnswerSet);
  UnaryMethod<getVal_request, getVal_response> gets_ =
      ClientMethod<getVal_request, getVal_response>(
          &Service::RequestgetVal, Permission::kRead,
          [this](const ClientAnswer& answer, getVal_response& response) {
            return AnswerGet(answer, options_, response);
          });
  Suspensions suspensions_{{.arm = Arm<suspend_request, suspend_response>(&Service::Requestsuspend),
                            .take = [this](Suspensions::Call& call) { Suspend(call); }},
                           /*waiting=*/1};
};

RaftService::RaftService(RaftServiceOptions options)
    : methods_(std::make_unique<Methods>(std::move(options))) {}
RaftService::~RaftService() = default;

grpc::Service& RaftService::async_service() {
  return methods_->service();
}

void RaftService::Start(grpc::ServerCompletionQueue& queue, NodeRunner& runner) {
  methods_->Start(queue, runner);
}

void RaftService::Close() {
  methods_->Close();
}

std::size_t RaftService::live() const {
  return methods_->live();
}

}  // namespace drydock::net
