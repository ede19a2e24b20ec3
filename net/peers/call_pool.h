// Unary calls of one kind that a client has under way on a completion queue; finished ones are used
// again.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "net/rpc/tag.h"

namespace drydock::net {

template <class Request, class Response>
class CallPool {
 public:
  using Clock = std::chrono::steady_clock;
  using Finished = std::function<void(const Request&, const grpc::Status&, const Response&,
                                      std::chrono::nanoseconds took)>;

  explicit CallPool(Finished finished) : finished_(std::move(finished)) {}

  std::size_t under_way() const { return under_way_; }

  // `fill` writes the request; `start` gives the reader for it, not started yet.
  template <class Fill, class Start>
  void Begin(std::chrono::milliseconds deadline, Fill fill, Start start) {
    Call& call = Idle();
    fill(call.request);
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + deadline);
    call.started = Clock::now();
    call.reader = start(&*call.context, call.request);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, static_cast<Tag*>(&call));
    ++under_way_;
  }
  void Cancel() {
    for (const std::unique_ptr<Call>& call : calls_) {
      if (call->reader != nullptr) call->context->TryCancel();
    }
  }

 private:
  struct Call final : Tag {
    explicit Call(CallPool& owner) : pool(owner) {}
    void Proceed(bool /*ok*/) override { pool.Finish(*this); }

    CallPool& pool;
    Request request;
    Response response;
    grpc::Status status;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
    Clock::time_point started;
  };

  Call& Idle() {
    if (idle_.empty()) {
      calls_.push_back(std::make_unique<Call>(*this));
      return *calls_.back();
    }
    Call& call = *idle_.back();
    idle_.pop_back();
    return call;
  }

  void Finish(Call& call) {
    --under_way_;
    finished_(call.request, call.status, call.response, Clock::now() - call.started);
    call.reader.reset();
    call.context.reset();
    idle_.push_back(&call);
  }

  Finished finished_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Call*> idle_;
  std::size_t under_way_ = 0;
};

}  // namespace drydock::net
