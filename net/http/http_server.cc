#include "net/http/http_server.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "net/config/host_port.h"
#include "net/http/listen_socket.h"

namespace drydock::net {
namespace {

constexpr std::chrono::milliseconds kPauseOfAccept{100};
constexpr int kAcceptsAtOnce = 16;

using Phase = HttpConnection::Phase;

// A signal is for the thread of the process that waits for it.
void BlockSignals() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::Open(const std::string& host_port,
                                                     HttpHandlers handlers) {
  const auto place = ParseHostPort(host_port);
  if (!place.ok()) return Error{"the address for metrics: " + place.error().text};
  auto listening = ListeningSockets(place.value());
  if (!listening.ok()) return Error{"metrics: " + listening.error().text};
  return std::make_unique<HttpServer>(std::move(listening.value()), std::move(handlers));
}

HttpServer::HttpServer(std::vector<FileDescriptor> listening, HttpHandlers handlers)
    : listening_(std::move(listening)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      exchange_(std::move(handlers)) {
  DRYDOCK_CHECK(wake_.open(), errno);
  thread_ = std::thread([this] { Run(); });
}

HttpServer::~HttpServer() {
  stop_ = true;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void HttpServer::Run() {
  BlockSignals();
  ::pthread_setname_np(::pthread_self(), "metrics");
  while (!stop_) {
    WaitForNews();
    for (const FileDescriptor& one : listening_) Accept(one.get());
    // Asking each is cheap (there are few), and spares us to match them with what poll found.
    const Clock::time_point now = Clock::now();
    for (HttpConnection& one : connections_) one.Proceed(exchange_, now);
    std::erase_if(connections_, [](const auto& one) { return one.phase() == Phase::kDone; });
  }
}

void HttpServer::WaitForNews() {
  const Clock::time_point now = Clock::now();
  std::vector<pollfd> watched = {{wake_.get(), POLLIN, 0}};
  Clock::time_point until = Clock::time_point::max();
  if (now >= accept_again_) {
    for (const FileDescriptor& one : listening_) watched.push_back({one.get(), POLLIN, 0});
  } else {
    until = accept_again_;
  }
  for (const HttpConnection& one : connections_) {
    watched.push_back({one.fd(), one.events(), 0});
    until = std::min(until, one.deadline());
  }
  int timeout_ms = -1;
  if (until != Clock::time_point::max()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now).count();
    timeout_ms = static_cast<int>(std::max<std::int64_t>(left, 0));
  }
  ::poll(watched.data(), watched.size(), timeout_ms);
}

// Some at a time, so that those who wait are served in between, however many come.
void HttpServer::Accept(int listening) {
  if (Clock::now() < accept_again_) return;
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    FileDescriptor socket(::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.open()) {
      if (connections_.size() >= kMaxConnections) MakeRoom();
      connections_.emplace_back(std::move(socket), Clock::now());
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_again_ = Clock::now() + kPauseOfAccept;  // or poll would return at once, for ever
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

void HttpServer::MakeRoom() {
  const auto rank = [](const HttpConnection& one) {
    return std::tuple(one.phase(), one.deadline());
  };
  connections_.erase(std::ranges::min_element(connections_, {}, rank));
}

}  // namespace drydock::net
