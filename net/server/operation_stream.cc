#include "net/server/operation_stream.h"

#include <utility>

#include "net/codec/client_codec.h"

namespace drydock::net {
namespace {

// More does not go into one message, unless a single answer is larger: well below what clients
// accept unless told otherwise (4 MiB).
constexpr std::size_t kMessageBytes = 1 << 20;

}  // namespace

void StreamFlusher::Flush() {
  flushing_.swap(waiting_);
  for (OperationStream* stream : flushing_) stream->Flush();
  flushing_.clear();
}

void OperationStream::OnRead(v1::ExecuteStreamRequest& request) {
  reading_ = false;
  if (broken_) return;
  for (v1::NumberedOperation& numbered : *request.mutable_operations()) {
    std::optional<ClientRequest> decoded = Decode(std::move(*numbered.mutable_operation()));
    ++undecided_;
    if (decoded.has_value() && rights_.Include(PermissionFor(decoded->op))) {
      runner_.Ask(std::move(*decoded), {this, numbered.number()});
    } else {
      OnAnswer(numbered.number(), ClientAnswer{.outcome = Outcome::kBadRequest});
    }
  }
  ReadOn();
}

void OperationStream::ReadOn() {
  if (reading_ || reads_done_ || broken_ || undecided_ >= options_.max_undecided) return;
  // Who does not take answers is not asked for more.
  if (!full_.empty()) return;
  reading_ = true;
  call_.Read();
}

void OperationStream::OnAnswer(std::uint64_t number, ClientAnswer answer) {
  --undecided_;
  if (broken_) return call_.ReleaseIfOver();
  const std::size_t bytes = answer.value.size() + 32;
  if (next_bytes_ > 0 && next_bytes_ + bytes > kMessageBytes) {
    full_.push_back(std::exchange(next_, {}));
    next_bytes_ = 0;
  }
  next_bytes_ += bytes;
  v1::NumberedAnswer& numbered = *next_.add_answers();
  numbered.set_number(number);
  options_.encode(answer, *numbered.mutable_answer());
  if (!listed_) flusher_.Add(*this);
  listed_ = true;
}

void OperationStream::Flush() {
  listed_ = false;
  SendNext();
}

void OperationStream::OnWritten() {
  writing_ = false;
  SendNext();
}

void OperationStream::SendNext() {
  if (broken_) return;
  ReadOn();
  if (writing_) return;
  if (!TakeNextMessage()) return FinishIfDone();
  writing_ = true;
  call_.Write(sending_);
}

// Into sending_; false when there is nothing to tell.
bool OperationStream::TakeNextMessage() {
  sending_.Clear();
  if (!full_.empty()) {
    sending_ = std::move(full_.front());
    full_.pop_front();
    return true;
  }
  std::swap(sending_, next_);
  next_bytes_ = 0;
  return sending_.answers_size() > 0;
}

void OperationStream::OnReadsDone() {
  reading_ = false;
  reads_done_ = true;
  FinishIfDone();
}

void OperationStream::FinishIfDone() {
  const bool all_told = undecided_ == 0 && !writing_ && full_.empty() && next_.answers_size() == 0;
  if (reads_done_ && all_told && !call_.finished()) call_.Finish(grpc::Status::OK);
}

void OperationStream::OnBroken() {
  broken_ = true;
}

}  // namespace drydock::net
