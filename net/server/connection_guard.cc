#include "net/server/connection_guard.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <grpc/channelz/v1/channelz.pb.h>
#include "net/disk/file_descriptor.h"

namespace drydock::net {
namespace {

namespace channelz = grpc::channelz::v1;
using Clock = std::chrono::steady_clock;

// A flood takes some 20 MB in it, and a look at the memory a few microseconds.
constexpr std::chrono::milliseconds kPause(50);
// Where there are so many connections that a look takes long, the thread is idle that much longer.
constexpr int kIdleShare = 10;
// Some 3,700 streams. A busy node grows by as much now and then, but then looking at its
// connections costs little and ends none.
constexpr std::uint64_t kGrowthStep = 48 << 20;
// A flood that finds memory which another has left does not let the process grow for a while.
constexpr std::chrono::seconds kWatch(5);
// Fewer than these, some 70 MB, do no harm.
constexpr std::uint64_t kLeastFlood = 5000;

// --- What the process takes --------------------------------------------------------------------

// Resident, and not of a file; 0 if the system does not tell.
std::uint64_t OwnMemory() {
  char text[128] = {};
  const FileDescriptor file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  if (!file.open() || ::read(file.get(), text, sizeof(text) - 1) <= 0) return 0;
  char* rest = text;
  std::strtoull(rest, &rest, 10);
  const std::uint64_t resident = std::strtoull(rest, &rest, 10);
  const std::uint64_t of_files = std::strtoull(rest, &rest, 10);
  static const auto kPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return (resident - std::min(resident, of_files)) * kPage;
}

// --- What channelz tells -----------------------------------------------------------------------

// gRPC allocates its JSON, and gives nullptr for what is not there any more.
template <class Message>
std::optional<Message> Parse(char* json) {
  const std::unique_ptr<char, decltype(&gpr_free)> owner(json, &gpr_free);
  Message message;
  if (json == nullptr) return std::nullopt;
  if (!google::protobuf::util::JsonStringToMessage(json, &message).ok()) return std::nullopt;
  return message;
}

std::vector<std::int64_t> Servers() {
  std::vector<std::int64_t> ids;
  for (std::int64_t next = 0;;) {
    const auto page = Parse<channelz::GetServersResponse>(grpc_channelz_get_servers(next));
    if (!page.has_value()) return ids;
    for (const auto& server : page->server()) ids.push_back(server.ref().server_id());
    if (page->end() || page->server().empty()) return ids;
    next = ids.back() + 1;
  }
}

void AddConnectionsOf(std::int64_t server, std::vector<std::int64_t>& ids) {
  for (std::int64_t next = 0;;) {
    const auto page = Parse<channelz::GetServerSocketsResponse>(
        grpc_channelz_get_server_sockets(server, next, 0));
    if (!page.has_value()) return;
    for (const auto& socket : page->socket_ref()) ids.push_back(socket.socket_id());
    if (page->end() || page->socket_ref().empty()) return;
    next = ids.back() + 1;
  }
}

std::optional<channelz::Socket> Connection(std::int64_t id) {
  auto found = Parse<channelz::GetSocketResponse>(grpc_channelz_get_socket(id));
  if (!found.has_value()) return std::nullopt;
  return std::move(*found->mutable_socket());
}

ConnectionCounts CountStreams() {
  std::vector<std::int64_t> ids;
  for (const std::int64_t server : Servers()) AddConnectionsOf(server, ids);
  ConnectionCounts counts;
  for (const std::int64_t id : ids) {
    const auto socket = Connection(id);
    if (!socket.has_value()) continue;
    const channelz::SocketData& data = socket->data();
    counts[id] = {static_cast<std::uint64_t>(data.streams_started()),
                  static_cast<std::uint64_t>(data.streams_succeeded() + data.streams_failed())};
  }
  return counts;
}

// --- Ending a connection -----------------------------------------------------------------------

struct Endpoint {
  std::string address;  // 4 or 16 bytes
  int port = 0;
  bool operator==(const Endpoint&) const = default;
};

// gRPC tells IPv4 as such, also where the socket is one of IPv6.
Endpoint EndpointOf(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return {std::string(reinterpret_cast<const char*>(&v4.sin_addr), 4), ntohs(v4.sin_port)};
  }
  if (storage.ss_family != AF_INET6) return {};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  const char* bytes = reinterpret_cast<const char*>(&v6.sin6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return {std::string(bytes + 12, 4), ntohs(v6.sin6_port)};
  return {std::string(bytes, 16), ntohs(v6.sin6_port)};
}

Endpoint EndpointOf(const channelz::Address& address) {
  return {address.tcpip_address().ip_address(), address.tcpip_address().port()};
}

std::string TextOf(const Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  const bool v6 = endpoint.address.size() == 16;
  if (!v6 && endpoint.address.size() != 4) return "unknown";
  ::inet_ntop(v6 ? AF_INET6 : AF_INET, endpoint.address.data(), text, sizeof(text));
  const std::string host = v6 ? "[" + std::string(text) + "]" : text;
  return host + ":" + std::to_string(endpoint.port);
}

bool IsConnection(int fd, const Endpoint& local, const Endpoint& remote) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
  if (EndpointOf(name) != remote) return false;
  size = sizeof(name);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return false;
  return EndpointOf(name) == local;
}

// The number may be given to another file at any time, so what is ended is a descriptor of our own.
FileDescriptor OwnDescriptor(const Endpoint& local, const Endpoint& remote) {
  const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir("/proc/self/fd"), &::closedir);
  if (all == nullptr) return {};
  while (const dirent* entry = ::readdir(all.get())) {
    const int fd = std::atoi(entry->d_name);
    if (!IsConnection(fd, local, remote)) continue;
    FileDescriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (own.open() && IsConnection(own.get(), local, remote)) return own;
  }
  return {};
}

// What has arrived could be read even after the shutdown: megabytes, which are tens of thousands
// of streams. Without the reset, which gRPC's close then sends, a peer that waits to be read would
// wait on.
void End(const FileDescriptor& fd) {
  constexpr std::size_t kEnough = 64 << 20;
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  ::shutdown(fd.get(), SHUT_RDWR);
  char scratch[4096];
  for (std::size_t gone = 0; gone < kEnough;) {
    const ssize_t got = ::recv(fd.get(), scratch, sizeof(scratch), MSG_DONTWAIT);
    if (got <= 0) return;
    gone += static_cast<std::size_t>(got);
  }
}

// The peer's address, or nothing if the connection is not there any more.
std::optional<std::string> EndConnection(std::int64_t id) {
  const auto socket = Connection(id);
  if (!socket.has_value()) return std::nullopt;
  const Endpoint remote = EndpointOf(socket->remote());
  const FileDescriptor fd = OwnDescriptor(EndpointOf(socket->local()), remote);
  if (!fd.open()) return std::nullopt;
  End(fd);
  return TextOf(remote);
}

}  // namespace

// --- Decisions ---------------------------------------------------------------------------------

std::map<std::int64_t, std::uint64_t> Floods(const ConnectionCounts& counts, std::uint64_t most) {
  std::map<std::int64_t, std::uint64_t> floods;
  for (const auto& [id, each] : counts) {
    // They are not read at the same moment.
    const std::uint64_t kept = each.started - std::min(each.started, each.forgotten);
    if (kept > most) floods[id] = kept;
  }
  return floods;
}

bool GrowthWatch::Note(std::uint64_t bytes) {
  least_ = std::min(least_, bytes);
  if (bytes - least_ <= kGrowthStep) return false;
  least_ = bytes;
  return true;
}

// --- The guard ---------------------------------------------------------------------------------

ConnectionGuard::ConnectionGuard(std::uint64_t most_open, Ended ended)
    : most_kept_(2 * std::max(most_open, kLeastFlood)),
      ended_(std::move(ended)),
      thread_([this] { Run(); }) {}

ConnectionGuard::~ConnectionGuard() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void ConnectionGuard::Run() {
  std::chrono::nanoseconds pause = kPause;
  while (WaitFor(pause)) {
    const Time start = Clock::now();
    Look(start);
    pause = std::max<std::chrono::nanoseconds>(kPause, (Clock::now() - start) * kIdleShare);
  }
}

// False once the guard is to end.
bool ConnectionGuard::WaitFor(std::chrono::nanoseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return over_; });
}

void ConnectionGuard::Look(Time now) {
  if (growth_.Note(OwnMemory())) watch_until_ = now + kWatch;
  if (!watch_until_.has_value()) return;
  if (now < *watch_until_) return EndFloods(now);
  watch_until_.reset();
  BeCalm();
}

void ConnectionGuard::EndFloods(Time now) {
  for (const auto& [connection, kept] : Floods(CountStreams(), most_kept_)) {
    EndFlood(connection, kept);
    watch_until_ = now + kWatch;
  }
}

// gRPC may take its time to see that a connection has ended.
void ConnectionGuard::EndFlood(std::int64_t connection, std::uint64_t kept) {
  if (told_.contains(connection)) return;
  const auto peer = EndConnection(connection);
  if (!peer.has_value()) return;
  told_.insert(connection);
  ended_(*peer, kept);
}

void ConnectionGuard::BeCalm() {
  if (told_.empty()) return;
  told_.clear();
  // Otherwise the next flood would first fill what these have left, and not be seen to grow.
  ::malloc_trim(0);
}

}  // namespace drydock::net
