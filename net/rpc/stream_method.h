// A bidirectional method on a completion queue: each call reads and writes one message at a time
// and tells a session object, made by the method's hook, what came.
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

template <class Request, class Response>
class StreamMethod {
 public:
  class Call;
  // What serves one call. It lives until the stream is over and nothing holds on to it.
  class Session {
   public:
    virtual ~Session() = default;
    // A message has come, after Read().
    virtual void OnRead(Request& request) = 0;
    // What was given to Write is on its way; the next may be written.
    virtual void OnWritten() = 0;
    // No more will be read: the client has sent all, the method closes, or (OnBroken follows) the
    // client is gone.
    virtual void OnReadsDone() = 0;
    // The call is over: it was finished, or the client is gone, told even if nothing is being read
    // or written. Told once, and nothing is told afterwards.
    virtual void OnBroken() = 0;
    // Nobody will call this session any more; false while it waits for answers of the node.
    virtual bool MayGo() const = 0;
  };
  struct Hooks {
    std::function<void(grpc::ServerContext*, grpc::ServerAsyncReaderWriter<Response, Request>*,
                       void* tag)>
        arm;
    // Makes the session of a new call; reading begins once this returns. Or refuses the call:
    // finishes it and gives back nullptr.
    std::function<std::unique_ptr<Session>(Call&)> open;
  };

  explicit StreamMethod(Hooks hooks) : hooks_(std::move(hooks)) {}
  // To be called once the server has been started.
  void Start() {
    ++live_;
    (new Call(*this))->Arm();
  }
  // Takes no more calls. Open ones read no more, and may still write; what ends before its client
  // had sent all ends with the status of ClosingDown.
  void Close() {
    closed_ = true;
    for (Call* call : open_) call->StopReading();
  }
  // Calls that have begun and are not gone.
  std::size_t open() const { return open_.size(); }
  // All calls, the one that waits for a client included: with 0 the queue holds nothing of this
  // method and may be shut down.
  std::size_t live() const { return live_; }

  // Read may be asked for again after OnRead. Operations on a call that has ended do nothing.
  class Call final
      : public StreamCall<grpc::ServerAsyncReaderWriter<Response, Request>, Response, Session> {
   public:
    explicit Call(StreamMethod& method) : method_(method) {}
    ~Call() override {
      method_.open_.erase(this);
      --method_.live_;
    }

    void Read() {
      if (this->ended() || reads_done_) return;
      DRYDOCK_CHECK(!reading_);
      reading_ = true;
      ++this->under_way_;
      this->stream_.Read(&request_, static_cast<Tag*>(&read_tag_));
    }
    void Finish(const grpc::Status& status) {
      Base::Finish(cut_short_ && status.ok() ? ClosingDown() : status);
    }

   private:
    friend class StreamMethod;
    using Base = StreamCall<grpc::ServerAsyncReaderWriter<Response, Request>, Response, Session>;

    void Arm() {
      ++this->under_way_;
      this->AskForTheEnd();
      method_.hooks_.arm(&this->context_, &this->stream_, static_cast<Tag*>(&arm_tag_));
    }
    void OnArmed(bool ok) {
      this->Return([&] {
        if (!ok) return;
        this->Begin();
        method_.open_.insert(this);
        if (method_.closed_) return Finish(ClosingDown());
        method_.Start();
        this->session_ = method_.hooks_.open(*this);
        if (this->session_ != nullptr) Read();
      });
    }
    void OnRead(bool ok) {
      this->Return([&] {
        reading_ = false;
        if (this->ended() || reads_done_) return;
        if (ok) return this->session_->OnRead(request_);
        reads_done_ = true;
        this->session_->OnReadsDone();
      });
    }
    void StopReading() {
      if (this->ended() || reads_done_) return;
      reads_done_ = true;
      cut_short_ = true;
      this->Telling([&] { this->session_->OnReadsDone(); });
    }

    StreamMethod& method_;
    Request request_;
    bool reading_ = false;
    bool reads_done_ = false;
    bool cut_short_ = false;  // by the closing of the method
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
