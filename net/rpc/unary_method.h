// One unary method of a server on a completion queue: keeps some calls waiting for requests, hands
// each that comes to a hook, and recycles it once it is finished.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "net/rpc/closing.h"
#include "net/rpc/tag.h"
#include "net/runtime/call_table.h"

namespace drydock::net {

template <class Request, class Response>
class UnaryMethod {
 public:
  class Call;
  struct Hooks {
    // Asks gRPC for the next request of this method.
    std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncResponseWriter<Response>*,
                       void* tag)>
        arm;
    // A request has come: finish the call, or ask the node with it as the caller.
    std::function<void(Call&)> take;
    // What the node said, as the response; only for methods that ask it.
    std::function<grpc::Status(const ClientAnswer&, Response&)> answer = {};
    std::function<grpc::Status(const Message&, const Request&, Response&)> reply = {};
    std::function<grpc::Status()> drop = {};  // of a peer's request, a transfer, or a change
    std::function<grpc::Status(const TransferAnswer&, Response&)> transfer = {};
    std::function<grpc::Status(const ChangeAnswer&, Response&)> change = {};
  };

  UnaryMethod(Hooks hooks, std::size_t waiting) : hooks_(std::move(hooks)), waiting_(waiting) {}

  // To be called once the server has been started.
  void Start() {
    for (std::size_t i = 0; i < waiting_; ++i) Arm();
  }
  // Takes no more calls: one that still comes ends with the status of ClosingDown.
  void Close() { closed_ = true; }
  // Calls that were taken and whose answer has not left yet.
  std::size_t taken() const { return taken_; }
  // All calls, those that wait for a request included: with 0 the queue holds nothing of this
  // method and may be shut down.
  std::size_t live() const { return live_; }

  class Call final : public Tag, public Caller {
   public:
    explicit Call(UnaryMethod& method) : method_(method) {}

    const Request& request() const { return request_; }
    Request& request() { return request_; }  // its parts may be moved out
    const grpc::ServerContext& context() const { return *context_; }
    Response& response() { return response_; }
    // With the response as it stands. Nothing of the call may be used afterwards.
    void Finish(const grpc::Status& status = grpc::Status::OK) {
      if (status.ok()) {
        writer_->Finish(response_, status, static_cast<Tag*>(this));
      } else {
        writer_->FinishWithError(status, static_cast<Tag*>(this));
      }
    }

    void OnAnswer(std::uint64_t, ClientAnswer answer) override {
      Finish(method_.hooks_.answer(answer, response_));
    }
    void OnReply(std::uint64_t, const Message& reply) override {
      Finish(method_.hooks_.reply(reply, request_, response_));
    }
    void OnTransfer(std::uint64_t, const TransferAnswer& answer) override {
      Finish(method_.hooks_.transfer(answer, response_));
    }
    void OnChange(std::uint64_t, const ChangeAnswer& answer) override {
      Finish(method_.hooks_.change(answer, response_));
    }
    void OnDrop(std::uint64_t) override {
      // A client whose call is given up is told that the outcome is unknown.
      Finish(method_.hooks_.answer ? method_.hooks_.answer(ClientAnswer{}, response_)
                                   : method_.hooks_.drop());
    }

    void Proceed(bool ok) override {
      if (taken_ || !ok) return method_.Release(this);
      taken_ = true;
      ++method_.taken_;
      if (method_.closed_) return Finish(ClosingDown());
      method_.Arm();
      method_.hooks_.take(*this);
    }

   private:
    friend class UnaryMethod;
    void Arm() {
      taken_ = false;
      context_.emplace();
      writer_.emplace(&*context_);
      method_.hooks_.arm(&*context_, &request_, &*writer_, static_cast<Tag*>(this));
    }

    UnaryMethod& method_;
    bool taken_ = false;
    Request request_;
    Response response_;
    std::optional<grpc::ServerContext> context_;
    std::optional<grpc::ServerAsyncResponseWriter<Response>> writer_;
  };

 private:
  // A message keeps its memory for the next request, unless it was large.
  static constexpr std::size_t kKeptBytes = 16 << 10;
  static constexpr std::size_t kKeptCalls = 1024;

  void Arm() {
    std::unique_ptr<Call> call;
    if (idle_.empty()) {
      call = std::make_unique<Call>(*this);
    } else {
      call = std::move(idle_.back());
      idle_.pop_back();
    }
    ++live_;
    call.release()->Arm();  // the completion queue owns it until Release
  }

  void Release(Call* released) {
    std::unique_ptr<Call> call(released);
    --live_;
    if (call->taken_) --taken_;
    const bool large = call->request_.ByteSizeLong() + call->response_.ByteSizeLong() > kKeptBytes;
    if (large || idle_.size() >= kKeptCalls) return;
    call->writer_.reset();
    call->context_.reset();
    call->request_.Clear();
    call->response_.Clear();
    idle_.push_back(std::move(call));
  }

  Hooks hooks_;
  std::size_t waiting_;
  bool closed_ = false;
  std::size_t taken_ = 0;
  std::size_t live_ = 0;
  std::vector<std::unique_ptr<Call>> idle_;
};

}  // namespace drydock::net
