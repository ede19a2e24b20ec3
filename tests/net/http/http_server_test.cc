#include "net/http/http_server.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "net/http/listen_socket.h"

namespace drydock::net {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{30};
constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kLong(300000, 'm');

std::vector<FileDescriptor> ListenAnywhere() {
  auto listening = ListeningSockets({"127.0.0.1", 0});
  REQUIRE(listening.ok());
  return std::move(listening.value());
}
std::uint16_t PortOf(const std::vector<FileDescriptor>& listening) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  REQUIRE(::getsockname(listening.front().get(), reinterpret_cast<sockaddr*>(&address), &size) ==
          0);
  return ntohs(address.sin_port);
}

class Site {
 public:
  explicit Site(std::vector<FileDescriptor> listening = ListenAnywhere())
      : port_(PortOf(listening)),
        server_(std::move(listening), {{"/metrics", [] { return HttpAnswer{.body = "figures\n"}; }},
                                       {"/long", [] { return HttpAnswer{.body = kLong}; }},
                                       {"/sharp", []() -> HttpAnswer { throw Error{"sharp"}; }}}) {}

  std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  HttpServer server_;
};

class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result =
        ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    REQUIRE(result == 0);
  }

  // The server may have hung up already; what it said then counts.
  void Say(const std::string& bytes) {
    [[maybe_unused]] const auto sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  void SayNoMore() { ::shutdown(socket_.get(), SHUT_WR); }
  void Reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    socket_ = FileDescriptor();
  }
  // Everything until the server closes.
  std::string Hear() {
    std::string heard;
    const auto end = Clock::now() + kPatience;
    char piece[4096];
    for (;;) {
      pollfd waits = {socket_.get(), POLLIN, 0};
      const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now()).count();
      REQUIRE(left > 0);
      if (::poll(&waits, 1, static_cast<int>(left)) <= 0) continue;
      const ssize_t size = ::recv(socket_.get(), piece, sizeof(piece), 0);
      if (size <= 0) return heard;
      heard.append(piece, static_cast<std::size_t>(size));
    }
  }

 private:
  FileDescriptor socket_;
};

std::string Ask(std::uint16_t port, const std::string& request) {
  Client client(port);
  client.Say(request);
  return client.Hear();
}

bool Works(std::uint16_t port) {
  const std::string answer = Ask(port, kGet);
  return answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\nfigures\n");
}

std::size_t OpenDescriptors() {
  std::size_t count = 0;
  for (int fd = 0; fd < 4096; ++fd) count += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

bool Says(const Error& error, const std::string& part) {
  return error.text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("http: pages are served, one request a connection") {
  Site site;
  CHECK(Works(site.port()));
  CHECK(Ask(site.port(), std::string(kGet) + kGet).ends_with("\r\n\r\nfigures\n"));
  CHECK(Ask(site.port(), "GET /x HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
  CHECK(Ask(site.port(), "GET /sharp HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 "));
  CHECK(Ask(site.port(), "POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")
            .starts_with("HTTP/1.1 405 "));
  CHECK(Ask(site.port(), "GET /long HTTP/1.1\r\n\r\n").ends_with(kLong));
}

TEST_CASE("http: a request in single bytes, and one of which no more is said, are answered") {
  Site site;
  Client slow(site.port());
  for (const char* byte = kGet; *byte != '\0'; ++byte) slow.Say(std::string(1, *byte));
  CHECK(slow.Hear().starts_with("HTTP/1.1 200 "));
  Client half(site.port());
  half.Say("GET /metrics HTTP/1.1\r\nHo");
  half.SayNoMore();
  CHECK(half.Hear().starts_with("HTTP/1.1 400 "));
  Client asked(site.port());
  asked.Say(kGet);
  asked.SayNoMore();
  CHECK(asked.Hear().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("http: garbage, huge heads and endless bodies are refused, and the answer arrives") {
  Site site;
  CHECK(Ask(site.port(), "\x16\x03\x01\x02\x00\x01").starts_with("HTTP/1.1 400 "));
  CHECK(Ask(site.port(), std::string(1000, '\0')).starts_with("HTTP/1.1 400 "));
  CHECK(Ask(site.port(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(Ask(site.port(), "GET / HTTP/1.1\r\nX: " + std::string(200000, 'x'))
            .starts_with("HTTP/1.1 431 "));
  CHECK(Ask(site.port(), std::string(500000, 'A')).starts_with("HTTP/1.1 431 "));
  CHECK(Ask(site.port(), "POST /metrics HTTP/1.1\r\n\r\n" + std::string(500000, 'b'))
            .starts_with("HTTP/1.1 405 "));
  CHECK(Works(site.port()));
}

TEST_CASE("http: connections that say nothing, half of it, or vanish hold nobody up") {
  Site site;
  std::vector<Client> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back(site.port());
    if (i % 3 == 0) crowd.back().Say("GET /metrics HTTP/1.1\r\nHost:");
    if (i % 7 == 0) crowd.back().Reset();
    if (i % 11 == 0) crowd.back().Say("GET /long HTTP/1.1\r\n\r\n");  // and reads nothing
    if (i % 20 == 0) CHECK(Works(site.port()));
  }
  const auto start = Clock::now();
  for (int i = 0; i < 20; ++i) CHECK(Works(site.port()));
  CHECK(Clock::now() - start < HttpConnection::kRequestTime);
}

TEST_CASE("http: the server keeps no more connections than it says, and lets go of all") {
  const std::size_t before = OpenDescriptors();
  {
    Site site;
    std::vector<Client> crowd;
    for (int i = 0; i < 200; ++i) crowd.emplace_back(site.port());
    CHECK(Works(site.port()));
    // The listening socket, the eventfd, and what the test itself holds.
    CHECK(OpenDescriptors() <= before + 200 + HttpServer::kMaxConnections + 2);
  }
  CHECK(OpenDescriptors() == before);
}

TEST_CASE(
    "http: two hundred who ask at once are answered as far as there is room, the rest is "
    "told by a closed connection") {
  Site site;
  std::vector<Client> crowd;
  for (int i = 0; i < 200; ++i) {
    crowd.emplace_back(site.port());
    crowd.back().Say(kGet);
  }
  int answered = 0;
  for (Client& one : crowd) answered += one.Hear().starts_with("HTTP/1.1 200 ") ? 1 : 0;
  CHECK(answered >= static_cast<int>(HttpServer::kMaxConnections));
  CHECK(Works(site.port()));
}

TEST_CASE("http: who says half a request is told when the time is over, who says nothing is not") {
  Site site;
  Client silent(site.port());
  Client half(site.port());
  half.Say("GET /metrics HTTP/1.1\r\n");
  CHECK(half.Hear().starts_with("HTTP/1.1 408 "));
  CHECK(silent.Hear().empty());
}

TEST_CASE("http: a process without a free descriptor answers again once it has one") {
  Site site;
  Client waiting(site.port());
  CHECK(Works(site.port()));  // so the server has accepted the one that waits
  std::vector<FileDescriptor> all;
  rlimit old{};
  ::getrlimit(RLIMIT_NOFILE, &old);
  rlimit few = old;
  few.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  Client next(site.port());
  for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) all.emplace_back(fd);
  next.Say(kGet);
  waiting.Say(kGet);
  CHECK(waiting.Hear().starts_with("HTTP/1.1 200 "));
  all.clear();
  CHECK(next.Hear().starts_with("HTTP/1.1 200 "));
  CHECK(::setrlimit(RLIMIT_NOFILE, &old) == 0);
}

TEST_CASE("http: the server stops at once, whatever is under way") {
  std::vector<Client> crowd;
  auto site = std::make_unique<Site>();
  for (int i = 0; i < 10; ++i) {
    crowd.emplace_back(site->port());
    if (i % 2 == 0) crowd.back().Say("GET /metrics");
  }
  CHECK(Works(site->port()));
  const auto start = Clock::now();
  site.reset();
  CHECK(Clock::now() - start < HttpConnection::kRequestTime);
  CHECK(crowd.front().Hear().empty());
}

TEST_CASE("http: a place that cannot be listened at is an error that says why") {
  const std::vector<FileDescriptor> taken = ListenAnywhere();
  const std::string used = "127.0.0.1:" + std::to_string(PortOf(taken));
  const auto in_use = HttpServer::Open(used, {});
  REQUIRE_FALSE(in_use.ok());
  CHECK(Says(in_use.error(), "cannot listen on " + used + ": another process does already"));
  const auto foreign = HttpServer::Open("192.0.2.1:9100", {});
  REQUIRE_FALSE(foreign.ok());
  CHECK(Says(foreign.error(), "no address of this machine"));
  const auto unknown = HttpServer::Open("no.such.host.invalid:9100", {});
  REQUIRE_FALSE(unknown.ok());
  CHECK(Says(unknown.error(), "\"no.such.host.invalid\" is not known here"));
  const auto malformed = HttpServer::Open("localhost", {});
  REQUIRE_FALSE(malformed.ok());
  CHECK(Says(malformed.error(), "lacks its port"));
}

TEST_CASE("http: a port that was just served can be served again") {
  std::uint16_t port = 0;
  {
    Site site;
    port = site.port();
    CHECK(Works(port));
  }
  auto listening = ListeningSockets({"127.0.0.1", port});
  REQUIRE(listening.ok());
  Site again(std::move(listening.value()));
  CHECK(again.port() == port);
  CHECK(Works(port));
}

}  // namespace drydock::net
