// A method with many requests and one response on a completion queue: each call reads one message
// at a time and tells a session object, made by the method's hook, what came.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "net/rpc/closing.h"
#include "net/rpc/stream_call.h"
#include "net/rpc/tag.h"

namespace drydock::net {

// gRPC's object of a call, together with the response that goes with a good end.
template <class Request, class Response>
struct RequestStream {
  explicit RequestStream(grpc::ServerContext* context) : reader(context) {}
  void Finish(const grpc::Status& status, void* tag) {
    if (status.ok()) {
      reader.Finish(response, status, tag);
    } else {
      reader.FinishWithError(status, tag);
    }
  }

  grpc::ServerAsyncReader<Response, Request> reader;
  Response response;
};

template <class Request, class Response>
class ClientStreamMethod {
 public:
  class Call;
  // What serves one call. It lives until the stream is over and nothing holds on to it.
  class Session {
   public:
    virtual ~Session() = default;
    // A message has come, after Read().
    virtual void OnRead(Request& request) = 0;
    // No more will be read: the client has sent all, or (OnBroken follows) is gone.
    virtual void OnReadsDone() = 0;
    // The call is over: it was finished, or the client is gone. Told once, and nothing is told
    // afterwards.
    virtual void OnBroken() = 0;
    // Nobody will call this session any more; false while it waits for an answer of the node.
    virtual bool MayGo() const = 0;
    void OnWritten() {}  // for StreamCall: nothing is written before the end
  };
  struct Hooks {
    std::function<void(grpc::ServerContext*, grpc::ServerAsyncReader<Response, Request>*,
                       void* tag)>
        arm;
    // Makes the session of a new call; reading begins once this returns.
    std::function<std::unique_ptr<Session>(Call&)> open;
  };

  explicit ClientStreamMethod(Hooks hooks) : hooks_(std::move(hooks)) {}
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

  // Read may be asked for again after OnRead. Operations on a call that has ended do nothing.
  class Call final : public StreamCall<RequestStream<Request, Response>, Response, Session> {
   public:
    explicit Call(ClientStreamMethod& method) : method_(method) {}
    ~Call() override {
      method_.open_.erase(this);
      --method_.live_;
    }

    // Sent with Finish(OK).
    Response& response() { return this->stream_.response; }
    void Read() {
      if (this->ended() || reads_done_) return;
      DRYDOCK_CHECK(!reading_);
      reading_ = true;
      ++this->under_way_;
      this->stream_.reader.Read(&request_, static_cast<Tag*>(&read_tag_));
    }

   private:
    friend class ClientStreamMethod;
    void Arm() {
      ++this->under_way_;
      this->AskForTheEnd();
      method_.hooks_.arm(&this->context_, &this->stream_.reader, static_cast<Tag*>(&arm_tag_));
    }
    void OnArmed(bool ok) {
      this->Return([&] {
        if (!ok) return;
        this->Begin();
        method_.open_.insert(this);
        if (method_.closed_) return this->Finish(ClosingDown());
        method_.Start();
        this->session_ = method_.hooks_.open(*this);
        Read();
      });
    }
    void OnRead(bool ok) {
      this->Return([&] {
        reading_ = false;
        if (this->ended()) return;
        if (ok) return this->session_->OnRead(request_);
        reads_done_ = true;
        this->session_->OnReadsDone();
      });
    }

    ClientStreamMethod& method_;
    Request request_;
    bool reading_ = false;
    bool reads_done_ = false;
    MemberTag<Call> arm_tag_{*this, &Call::OnArmed};
    MemberTag<Call> read_tag_{*this, &Call::OnRead};
  };

 private:
  Hooks hooks_;
  bool closed_ = false;
  std::size_t live_ = 0;
  std::set<Call*> open_;
};

}  // namespace drydock::net
