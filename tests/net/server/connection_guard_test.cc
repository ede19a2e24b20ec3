#include "net/server/connection_guard.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <grpc/channelz/v1/channelz.grpc.pb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/admin/channelz_service.h"
#include "net/disk/file_descriptor.h"
#include "tests/net/rpc/loop_server.h"

namespace drydock::net {
namespace {

namespace channelz = grpc::channelz::v1;
constexpr std::uint64_t kMostOpen = 10000;
constexpr std::uint64_t kMiB = 1 << 20;
// With sanitizers, and beside other work, a server takes its time to forget a flood.
constexpr std::chrono::minutes kPatience(5);

// --- A server, and good clients ----------------------------------------------------------------

class GuardedServer {
 public:
  GuardedServer()
      : loop_(
            {&channelz_.async_service()},
            [this](grpc::ServerCompletionQueue& queue) { channelz_.Start(queue); },
            [this](grpc::ServerBuilder& builder) {
              builder.AddListeningPort("[::]:0", grpc::InsecureServerCredentials(), &dual_port_);
              builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);
            }) {
    guard_.emplace(kMostOpen, [this](const std::string& peer, std::uint64_t kept) {
      const std::lock_guard lock(mutex_);
      ended_.push_back(peer);
      least_ = std::min(least_, kept);
    });
  }
  ~GuardedServer() {
    guard_.reset();
    loop_.Stop([this] { channelz_.Close(); }, [this] { return channelz_.live(); },
               std::chrono::minutes(1));
  }

  LoopServer& loop() { return loop_; }
  int dual_port() const { return dual_port_; }  // of IPv6 and IPv4
  std::vector<std::string> ended() {
    const std::lock_guard lock(mutex_);
    return ended_;
  }
  std::uint64_t least() {
    const std::lock_guard lock(mutex_);
    return least_;
  }

 private:
  ChannelzService channelz_;
  int dual_port_ = 0;
  LoopServer loop_;
  std::mutex mutex_;
  std::vector<std::string> ended_;
  std::uint64_t least_ = UINT64_MAX;
  std::optional<ConnectionGuard> guard_;
};

bool CallsWell(channelz::Channelz::Stub& stub) {
  grpc::ClientContext context;
  context.set_deadline(In(kPatience));
  channelz::GetServersResponse response;
  const grpc::Status status = stub.GetServers(&context, channelz::GetServersRequest(), &response);
  if (!status.ok()) MESSAGE(status.error_code(), ": ", status.error_message());
  return status.ok();
}

// --- HTTP/2 by hand ----------------------------------------------------------------------------

enum FrameKind : char { kHeaders = 1, kReset = 3, kSettings = 4 };

std::string BigEndian(std::uint32_t value) {
  const std::uint32_t ordered = htonl(value);
  return std::string(reinterpret_cast<const char*>(&ordered), sizeof(ordered));
}

std::string Frame(FrameKind kind, char flags, std::uint32_t stream, const std::string& payload) {
  const std::string length = BigEndian(static_cast<std::uint32_t>(payload.size())).substr(1);
  return length + std::string{kind, flags} + BigEndian(stream) + payload;
}

// Literal and not indexed (RFC 7541, section 6.2.2).
std::string Field(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}

std::string CallHeaders() {
  return Field(":method", "POST") + Field(":scheme", "http") +
         Field(":path", "/grpc.channelz.v1.Channelz/GetServers") + Field(":authority", "test") +
         Field("te", "trailers") + Field("content-type", "application/grpc");
}

// Calls that are taken back as soon as they are begun.
class Flooder {
 public:
  Flooder(const char* host, int port) {
    const bool v6 = std::string(host) == "::1";
    fd_ = FileDescriptor(::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (v6) {
      sockaddr_in6 place{};
      place.sin6_family = AF_INET6;
      place.sin6_port = htons(static_cast<std::uint16_t>(port));
      place.sin6_addr = in6addr_loopback;
      Connect(place);
    } else {
      sockaddr_in place{};
      place.sin_family = AF_INET;
      place.sin_port = htons(static_cast<std::uint16_t>(port));
      ::inet_pton(AF_INET, host, &place.sin_addr);
      Connect(place);
    }
    if (connected_) {
      REQUIRE(Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, "")));
    }
  }

  bool connected() const { return connected_; }
  // As the server's side of the connection tells it.
  std::string address(const std::string& host) const { return host + ":" + std::to_string(port_); }

  // False once the connection is broken.
  bool Flood(int streams) {
    static const std::string kCall = CallHeaders();
    std::string bytes;
    for (int i = 0; i < streams; ++i, stream_ += 2) {
      bytes += Frame(kHeaders, 4, stream_, kCall) + Frame(kReset, 0, stream_, BigEndian(8));
    }
    return Send(bytes);
  }

  // True once the connection is broken.
  bool FloodsUntilEnded() {
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < limit) {
      if (!Flood(500)) return true;
    }
    return false;
  }

 private:
  template <class Address>
  void Connect(Address& place) {
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&place), sizeof(place)) == 0;
    socklen_t size = sizeof(place);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&place), &size);
    std::uint16_t port = 0;  // lies at the same place in both
    std::memcpy(&port, reinterpret_cast<const char*>(&place) + 2, sizeof(port));
    port_ = ntohs(port);
  }

  // What the server sends meanwhile is thrown away, so that nobody waits for the other.
  bool Send(const std::string& bytes) {
    char scratch[4096];
    while (::recv(fd_.get(), scratch, sizeof(scratch), MSG_DONTWAIT) > 0) {
    }
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t part =
          ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (part <= 0) return false;
      sent += static_cast<std::size_t>(part);
    }
    return true;
  }

  FileDescriptor fd_;
  bool connected_ = false;
  std::uint16_t port_ = 0;
  std::uint32_t stream_ = 1;
};

void ExpectEnd(GuardedServer& server, const char* host, int port, const std::string& shown) {
  Flooder flooder(host, port);
  REQUIRE(flooder.connected());
  CHECK(flooder.FloodsUntilEnded());
  const std::vector<std::string> expected{flooder.address(shown)};
  CHECK(Eventually([&] { return server.ended() == expected; }));
  CHECK(server.least() > 2 * kMostOpen);
}

int PortOf(const LoopServer& loop) {
  return std::stoi(loop.address().substr(loop.address().rfind(':') + 1));
}

}  // namespace

// --- Decisions ---------------------------------------------------------------------------------

TEST_CASE("a flood is a connection of which more streams are kept than may be") {
  const ConnectionCounts counts{{1, {300000, 299000}},  // a busy one
                                {2, {1001, 0}},         // new
                                {3, {60000, 58999}},
                                {4, {1000, 0}},
                                {5, {7, 8}}};  // was forgotten while it was counted
  CHECK(Floods(counts, 1000) == std::map<std::int64_t, std::uint64_t>{{2, 1001}, {3, 1001}});
  CHECK(Floods(counts, 1001).empty());
  CHECK(Floods({}, 0).empty());
}

TEST_CASE("each step that the memory grows by is a reason to look closer, however long it takes") {
  GrowthWatch watch;
  CHECK_FALSE(watch.Note(1000 * kMiB));
  CHECK_FALSE(watch.Note(1048 * kMiB));
  CHECK(watch.Note(1049 * kMiB));
  CHECK_FALSE(watch.Note(1097 * kMiB));
  CHECK(watch.Note(1098 * kMiB));
  CHECK_FALSE(watch.Note(100 * kMiB));  // given back
  CHECK(watch.Note(149 * kMiB));
}

// --- Connections -------------------------------------------------------------------------------

// The other client is silent during the flood: its threads would help the server of this process to
// read, and then the flood is dealt with as fast as it comes.
TEST_CASE("a connection that floods the server is ended and told, and others stay") {
  GuardedServer server;
  const auto channel = server.loop().Connect();
  const auto stub = channelz::Channelz::NewStub(channel);
  CHECK(CallsWell(*stub));
  ExpectEnd(server, "127.0.0.1", PortOf(server.loop()), "127.0.0.1");
  CHECK(channel->GetState(false) == GRPC_CHANNEL_READY);
  CHECK(CallsWell(*stub));
}

TEST_CASE("one flood after another is ended") {
  GuardedServer server;
  for (std::size_t i = 1; i <= 4; ++i) {
    Flooder flooder("127.0.0.1", PortOf(server.loop()));
    REQUIRE(flooder.connected());
    CHECK(flooder.FloodsUntilEnded());
    CHECK(Eventually([&] { return server.ended().size() == i; }));
  }
}

TEST_CASE("a flood of IPv4 to a port of IPv6 is ended") {
  GuardedServer server;
  const Flooder probe("127.0.0.1", server.dual_port());
  if (!probe.connected()) return;  // no machine for both
  ExpectEnd(server, "127.0.0.1", server.dual_port(), "127.0.0.1");
}

TEST_CASE("a flood of IPv6 is ended") {
  GuardedServer server;
  const Flooder probe("::1", server.dual_port());
  if (!probe.connected()) return;  // no machine for it
  ExpectEnd(server, "::1", server.dual_port(), "[::1]");
}

TEST_CASE("a client of many good calls is left alone while the memory grows") {
  GuardedServer server;
  const auto channel = server.loop().Connect();
  std::atomic<int> good = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto stub = channelz::Channelz::NewStub(channel);
      for (int call = 0; call < 5000; ++call) good += CallsWell(*stub) ? 1 : 0;
    });
  }
  std::vector<std::string> growth;
  while (good < 15000 && growth.size() < 256) {
    growth.emplace_back(kMiB, 'm');
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(good == 20000);
  CHECK(server.ended().empty());
}

// Each batch is over before the next: a call that comes behind it has been answered.
TEST_CASE("a client of many calls that it takes back is left alone while they take little memory") {
  GuardedServer server;
  const auto stub = channelz::Channelz::NewStub(server.loop().Connect());
  Flooder client("127.0.0.1", PortOf(server.loop()));
  REQUIRE(client.connected());
  for (int batch = 0; batch < 200; ++batch) {
    REQUIRE(client.Flood(100));
    REQUIRE(CallsWell(*stub));
  }
  CHECK(server.ended().empty());
}

TEST_CASE("the guard ends at once") {
  for (int i = 0; i < 100; ++i) {
    ConnectionGuard guard(kMostOpen, [](const std::string&, std::uint64_t) {});
  }
}

}  // namespace drydock::net
