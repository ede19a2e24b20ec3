#include "net/http/http_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace drydock::net {
namespace {

constexpr std::size_t kPiece = 4096;
constexpr std::size_t kMaxDrained = 1 << 20;

bool MustWait(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

}  // namespace

HttpConnection::HttpConnection(FileDescriptor socket, Clock::time_point now)
    : socket_(std::move(socket)), deadline_(now + kRequestTime) {}

short HttpConnection::events() const {
  return phase_ == Phase::kAnswer ? POLLOUT : POLLIN;
}

void HttpConnection::Proceed(HttpExchange& exchange, Clock::time_point now) {
  if (now >= deadline_) Expire(now);
  if (phase_ == Phase::kRequest) Receive(exchange, now);
  if (phase_ == Phase::kAnswer) Send(now);
  if (phase_ == Phase::kFarewell) Drain();
}

void HttpConnection::Enter(Phase phase, Clock::time_point deadline) {
  phase_ = phase;
  deadline_ = deadline;
}

void HttpConnection::Expire(Clock::time_point now) {
  if (phase_ == Phase::kRequest && !request_.empty()) {
    answer_ = HttpRefusal("408 Request Timeout", "the request took too long");
    return Enter(Phase::kAnswer, now + kAnswerTime);
  }
  phase_ = Phase::kDone;
}

void HttpConnection::Receive(HttpExchange& exchange, Clock::time_point now) {
  std::array<char, kPiece> piece;
  while (!IsHttpHeadComplete(request_) && request_.size() <= kMaxHttpHead) {
    const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (MustWait(size)) return;
    if (size < 0 || (size == 0 && request_.empty())) {
      phase_ = Phase::kDone;
      return;
    }
    if (size == 0) break;  // it says no more: answer what is there
    request_.append(piece.data(), static_cast<std::size_t>(size));
  }
  answer_ = exchange.Answer(request_);
  Enter(Phase::kAnswer, now + kAnswerTime);
}

void HttpConnection::Send(Clock::time_point now) {
  while (sent_ < answer_.size()) {
    const ssize_t size =
        ::send(socket_.get(), answer_.data() + sent_, answer_.size() - sent_, MSG_NOSIGNAL);
    if (MustWait(size)) return;
    if (size < 0) {
      phase_ = Phase::kDone;
      return;
    }
    sent_ += static_cast<std::size_t>(size);
  }
  ::shutdown(socket_.get(), SHUT_WR);
  Enter(Phase::kFarewell, now + kFarewellTime);
}

// To close while bytes of the peer are unread would reset the connection, and the answer could be
// lost on its way.
void HttpConnection::Drain() {
  std::array<char, kPiece> piece;
  while (drained_ < kMaxDrained) {
    const ssize_t size = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (MustWait(size)) return;
    if (size <= 0) break;
    drained_ += static_cast<std::size_t>(size);
  }
  phase_ = Phase::kDone;
}

}  // namespace drydock::net
