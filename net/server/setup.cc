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
               "; is another node running there? Otherwise change \"address\" or \"listen\" of "
               "this node in the cluster's file"};
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

Result<OpenServer> ListenAt(const std::string& address, const std::vector<grpc::Service*>& services,
                            const ClusterConfig& config) {
  const Status free = CanListenAt(address);
  if (!free.ok()) return CannotListen(address, free.error().text);
  grpc::ServerBuilder builder;
  SetLimits(builder, config);
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  OpenServer open;
  open.queue = builder.AddCompletionQueue();
  open.server = builder.BuildAndStart();
  if (open.server != nullptr && port != 0) return open;
  open.queue->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (open.queue->Next(&tag, &ok)) {
  }
  return CannotListen(address, "gRPC could not take it");
}

}  // namespace drydock::net
