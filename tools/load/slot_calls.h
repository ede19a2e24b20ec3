// Unary calls of one kind on a completion queue, one for each slot of the load generator; their
// messages are used again and again.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "net/rpc/tag.h"

namespace drydock::tools {

// `Owner` has Finished(slot, status, response), called on the loop's thread.
template <class Owner, class Request, class Response>
class SlotCalls {
 public:
  // `deadline`: of each call.
  SlotCalls(Owner& owner, Duration deadline) : owner_(owner), deadline_(deadline.nanoseconds()) {}

  std::size_t under_way() const { return under_way_; }

  // `fill` writes into the request, which holds what it held last time; `start` gives the reader
  // for a context and a request, not started yet.
  template <class Fill, class Start>
  void Begin(std::uint32_t slot, Fill fill, Start start) {
    while (calls_.size() <= slot) calls_.push_back(nullptr);
    if (calls_[slot] == nullptr) calls_[slot] = std::make_unique<Call>(*this, slot);
    Call& call = *calls_[slot];
    fill(call.request);
    call.context.emplace();
    call.context->set_deadline(std::chrono::system_clock::now() + deadline_);
    call.reader = start(&*call.context, call.request);
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, static_cast<net::Tag*>(&call));
    ++under_way_;
  }
  void Cancel() {
    for (const std::unique_ptr<Call>& call : calls_) {
      if (call != nullptr && call->reader != nullptr) call->context->TryCancel();
    }
  }

 private:
  struct Call final : net::Tag {
    Call(SlotCalls& calls, std::uint32_t slot) : owner(calls), number(slot) {}
    void Proceed(bool /*ok*/) override {
      --owner.under_way_;
      reader.reset();
      context.reset();
      owner.owner_.Finished(number, status, response);
    }

    SlotCalls& owner;
    const std::uint32_t number;
    Request request;
    Response response;
    grpc::Status status;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
  };

  Owner& owner_;
  const std::chrono::nanoseconds deadline_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::size_t under_way_ = 0;
};

}  // namespace drydock::tools
