#include "net/config/control_network.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <fstream>
#include <memory>

#include "core/text/names.h"
#include "core/text/words.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {
namespace {

// Without its port; "" for what is no IP address.
std::string TextOf(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address != nullptr && address->sa_family == AF_INET) {
    const auto* ip = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &ip->sin_addr, text, sizeof(text));
  } else if (address != nullptr && address->sa_family == AF_INET6) {
    const auto* ip = reinterpret_cast<const sockaddr_in6*>(address);
    ::inet_ntop(AF_INET6, &ip->sin6_addr, text, sizeof(text));
  }
  return text;
}

std::vector<std::string> AddressesOf(const std::string& interface) {
  std::vector<std::string> addresses;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return addresses;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owned(all, &::freeifaddrs);
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_name != interface) continue;
    if (std::string text = TextOf(one->ifa_addr); !text.empty()) addresses.push_back(text);
  }
  return addresses;
}

// The address of this machine that traffic to the target would come from; "" if there is no way.
// Nothing is sent: connecting a datagram socket only looks up the route.
std::string SourceFor(const addrinfo& target) {
  const FileDescriptor fd(::socket(target.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.open() || ::connect(fd.get(), target.ai_addr, target.ai_addrlen) != 0) return "";
  sockaddr_storage source{};
  socklen_t length = sizeof(source);
  auto* address = reinterpret_cast<sockaddr*>(&source);
  return ::getsockname(fd.get(), address, &length) == 0 ? TextOf(address) : "";
}

}  // namespace

ControlNetwork::ControlNetwork(const std::string& file) {
  std::ifstream(file) >> interface_;
  if (!interface_.empty()) addresses_ = AddressesOf(interface_);
}

Status ControlNetwork::CheckTarget(const HostPort& place) const {
  if (addresses_.empty()) return Ok();
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(place.port);
  if (::getaddrinfo(place.host.c_str(), port.c_str(), &hints, &found) != 0) return Ok();
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    const std::string source = SourceFor(*one);
    if (std::find(addresses_.begin(), addresses_.end(), source) == addresses_.end()) continue;
    return Error{Quote(place.Text()) + " is reached over " + interface_ +
                 ", the control network that all experiments share and that must not carry this "
                 "one's traffic; use an address of the experiment's own LAN, such as 10.10.1.1"};
  }
  return Ok();
}

Status ControlNetwork::CheckListen(const HostPort& place) const {
  if (addresses_.empty() || !place.IsWildcard()) return CheckTarget(place);
  return Error{Quote(place.Text()) + " listens on every interface, also on " + interface_ +
               ", the control network, which is no place for an experiment; listen at this node's "
               "address on the experiment's own LAN, such as 10.10.1.1"};
}

Status CheckControlNetwork(const ControlNetwork& network, const ClusterConfig& config,
                           std::optional<NodeId> id) {
  const auto check = [&](NodeId node, const std::string& text, bool listens) -> Status {
    const auto place = ParseHostPort(text);
    if (!place.ok()) return Ok();  // "" for no metrics
    const Status allowed =
        listens ? network.CheckListen(place.value()) : network.CheckTarget(place.value());
    if (allowed.ok()) return allowed;
    return Error{NameOf(node) + ": " + allowed.error().text};
  };
  for (const auto& [node, places] : config.nodes) {
    if (Status allowed = check(node, places.address, false); !allowed.ok()) return allowed;
    if (node != id) continue;
    if (Status allowed = check(node, places.listen, true); !allowed.ok()) return allowed;
    if (Status allowed = check(node, places.metrics, true); !allowed.ok()) return allowed;
  }
  return Ok();
}

}  // namespace drydock::net
