// What the calls of streaming methods have in common: one write at a time, the end of the call
// however it comes, and when nothing can come back for it any more.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "net/rpc/tag.h"

namespace drydock::net {

// `Stream` is gRPC's object of the call. `Session` serves it and has OnWritten(), OnBroken() and
// MayGo(); a call that was refused has none. A call deletes itself once all its operations are back
// from the queue and its session may go.
template <class Stream, class Response, class Session>
class StreamCall {
 public:
  StreamCall() : stream_(&context_) {}
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;
  virtual ~StreamCall() = default;

  const grpc::ServerContext& context() const { return context_; }

  // The next one only after OnWritten. The response may be changed at once. Does nothing once the
  // call has ended.
  void Write(const Response& response) {
    if (ended()) return;
    DRYDOCK_CHECK(!writing_);
    writing_ = true;
    ++under_way_;
    stream_.Write(response, static_cast<Tag*>(&write_tag_));
  }
  // Ends the call, after the write that is under way. Does nothing if it has ended.
  void Finish(const grpc::Status& status) {
    if (ended()) return;
    finished_ = true;
    if (writing_) {
      last_words_ = status;
    } else {
      SendStatus(status);
    }
  }
  // Finish was called.
  bool finished() const { return finished_; }
  // Finished, or the session was told OnBroken: nothing more can be read or written.
  bool ended() const { return finished_ || broken_; }

  // A session that waited calls this when MayGo() may have become true, as the last thing it does:
  // both may be gone afterwards.
  void ReleaseIfOver() {
    if (telling_ || under_way_ > 0) return;
    if (session_ == nullptr || (over_ && session_->MayGo())) delete this;
  }

 protected:
  // To be called before the call is armed: else a session that neither reads nor writes would not
  // learn that its client has gone.
  void AskForTheEnd() { context_.AsyncNotifyWhenDone(static_cast<Tag*>(&done_tag_)); }
  // The call has begun: from now on gRPC owes it the news of its end.
  void Begin() { ++under_way_; }
  // To be called for each operation that comes back: `tell` is what follows from it.
  template <class Tell>
  void Return(Tell tell) {
    --under_way_;
    Telling(tell);
    ReleaseIfOver();
  }
  // A session that is told something is not deleted under its feet.
  template <class Tell>
  void Telling(Tell tell) {
    telling_ = true;
    tell();
    telling_ = false;
  }

  grpc::ServerContext context_;
  Stream stream_;
  std::unique_ptr<Session> session_;
  std::size_t under_way_ = 0;  // operations in the completion queue

 private:
  void SendStatus(const grpc::Status& status) {
    ++under_way_;
    stream_.Finish(status, static_cast<Tag*>(&finish_tag_));
  }
  void OnWritten(bool ok) {
    Return([&] {
      writing_ = false;
      if (ok && !ended()) return session_->OnWritten();
      // The client may be there still (a message above its limit): it is to learn of the end.
      if (!ok) Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream broke"));
      if (!ok) Break();
      if (last_words_.has_value()) SendStatus(*std::exchange(last_words_, std::nullopt));
    });
  }
  void OnFinished(bool /*ok*/) {
    Return([] {});
  }
  void OnDone(bool /*ok*/) {
    Return([&] {
      over_ = true;
      Break();
    });
  }
  void Break() {
    if (broken_) return;
    broken_ = true;
    if (session_ != nullptr) session_->OnBroken();
  }

  bool writing_ = false;
  bool finished_ = false;
  bool broken_ = false;   // the session was told
  bool over_ = false;     // gRPC has told the end
  bool telling_ = false;  // the session is being told something
  std::optional<grpc::Status> last_words_;
  MemberTag<StreamCall> write_tag_{*this, &StreamCall::OnWritten};
  MemberTag<StreamCall> finish_tag_{*this, &StreamCall::OnFinished};
  MemberTag<StreamCall> done_tag_{*this, &StreamCall::OnDone};
};

}  // namespace drydock::net
