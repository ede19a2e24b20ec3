// A method with one request and many responses on a completion queue: each call writes one message
// at a time and tells a session object, made by the method's hook, when the next may go.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "net/rpc/closing.h"
#include "net/rpc/stream_call.h"
#include "net/rpc/tag.h"

namespace drydock::net {

template <class Request, class Response>
class ServerStreamMethod {
 public:
  class Call;
  // What serves one call. It lives until the stream is over and nothing holds on to it.
  class Session {
   public:
    virtual ~Session() = default;
    // What was given to Write is on its way; the next may be written.
    virtual void OnWritten() = 0;
    // The call is over: it was finished, or the client is gone. Told once, and nothing is told
    // afterwards.
    virtual void OnBroken() = 0;
    // Nobody will call this session any more.
    virtual bool MayGo() const = 0;
  };
  struct Hooks {
    std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncWriter<Response>*,
                       void* tag)>
        arm;
    // Makes the session of a new call, and may write at once. Or refuses the call: finishes it and
    // gives back nullptr.
    std::function<std::unique_ptr<Session>(Call&)> open;
  };

  explicit ServerStreamMethod(Hooks hooks) : hooks_(std::move(hooks)) {}
  // To be called once the server has been started.
  void Start() {
    ++live_;
    (new Call(*this))->Arm();
  }
  // Takes no more calls, and ends the open ones with the status of ClosingDown.
  void Close() {
    closed_ = true;
    for (Call* call : open_) call->Finish(ClosingDown());
  }
  // Calls that have begun and are not gone.
  std::size_t open() const { return open_.size(); }
  // All calls, the one that waits for a client included: with 0 the queue holds nothing of this
  // method and may be shut down.
  std::size_t live() const { return live_; }

  class Call final : public StreamCall<grpc::ServerAsyncWriter<Response>, Response, Session> {
   public:
    explicit Call(ServerStreamMethod& method) : method_(method) {}
    ~Call() override {
      method_.open_.erase(this);
      --method_.live_;
    }
    const Request& request() const { return request_; }

   private:
    friend class ServerStreamMethod;
    void Arm() {
      ++this->under_way_;
      this->AskForTheEnd();
      method_.hooks_.arm(&this->context_, &request_, &this->stream_, static_cast<Tag*>(&arm_tag_));
    }
    void OnArmed(bool ok) {
      this->Return([&] {
        if (!ok) return;
        this->Begin();
        method_.open_.insert(this);
        if (method_.closed_) return this->Finish(ClosingDown());
        method_.Start();
        this->session_ = method_.hooks_.open(*this);
      });
    }

    ServerStreamMethod& method_;
    Request request_;
    MemberTag<Call> arm_tag_{*this, &Call::OnArmed};
  };

 private:
  Hooks hooks_;
  bool closed_ = false;
  std::size_t live_ = 0;
  std::set<Call*> open_;
};

}  // namespace drydock::net
