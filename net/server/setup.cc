#include "net/server/setup.h"

#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "net/config/host_port.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {
namespace {

constexpr std::uint64_t kMessageOverhead = 1 << 20;

// gRPC only logs why it could not listen, so the system is asked first.
Status CanListenAt(const std::string& address) {
  const Result<HostPort> place = ParseHostPort(address);
  if (!place.ok()) return place.error();
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(place.value().host.c_str(),
                                 std::to_string(place.value().port).c_str(), &hints, &found);
  if (failed != 0) return Error{gai_strerror(failed)};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  const FileDescriptor fd(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  if (::bind(fd.get(), found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd.get(), 1) != 0) {
    return Error{std::strerror(errno)};
  }
  return Ok();
}

Error CannotListen(const std::string& address, const std::string& why) {
  return Error{"cannot listen at " + address + ": " + why +
               "; is another node running there? Otherwise change \"address\", \"listen\" or "
               "\"peer_port\" of this node in the cluster's file"};
}

// The longest message of a client or a peer.
int MaxMessageBytes(const ClusterConfig& config) {
  const std::uint64_t of_clients =
      config.settings.max_key_bytes + 2 * config.settings.max_value_bytes;
  const std::uint64_t of_peers = config.settings.max_append_bytes + config.settings.max_piece_bytes;
  const std::uint64_t largest = std::max(of_clients, of_peers) + kMessageOverhead;
  return static_cast<int>(std::min<std::uint64_t>(largest, std::numeric_limits<int>::max()));
}

void SetLimits(grpc::ServerBuilder& builder, const ClusterConfig& config) {
  grpc::ResourceQuota quota("connections");
  quota.Resize(config.limits.connection_memory);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(MaxMessageBytes(config));
  builder.SetMaxSendMessageSize(-1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(config.limits.concurrent_calls));
  // Without it a second node could listen on the same port, and each would get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Peers ask every second whether the connection lives; a client that is gone is noticed, too.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 1);
}

}  // namespace

Result<OpenServer> ListenAt(std::vector<Door> doors, const std::vector<grpc::Service*>& services,
                            const ClusterConfig& config) {
  OpenServer open;
  open.doors = std::move(doors);
  grpc::ServerBuilder builder;
  SetLimits(builder, config);
  std::vector<int> ports(open.doors.size(), 0);
  for (std::size_t i = 0; i < open.doors.size(); ++i) {
    const Door& door = open.doors[i];
    const Status free = CanListenAt(door.address);
    if (!free.ok()) return CannotListen(door.address, free.error().text);
    builder.AddListeningPort(door.address, door.credentials, &ports[i]);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  open.queue = builder.AddCompletionQueue();
  open.server = builder.BuildAndStart();
  const auto closed = std::ranges::find(ports, 0);
  if (open.server != nullptr && closed == ports.end()) return open;
  if (open.server != nullptr) open.server->Shutdown();
  open.queue->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (open.queue->Next(&tag, &ok)) {
  }
  const auto which = static_cast<std::size_t>(closed - ports.begin()) % ports.size();
  return CannotListen(open.doors[which].address, "gRPC could not take it");
}

}  // namespace drydock::net
