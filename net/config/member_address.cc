#include "net/config/member_address.h"

#include "net/config/host_port.h"

namespace drydock::net {
namespace {

MemberAddress WithPeersAt(const std::string& clients, std::uint16_t peer_port) {
  const Result<HostPort> place = ParseHostPort(clients);
  if (peer_port == 0 || !place.ok()) return {clients, clients};
  return {clients, HostPort{place.value().host, peer_port}.Text()};
}

}  // namespace

Result<MemberAddress> ParseMemberAddress(std::string_view text) {
  const std::size_t plus = text.rfind('+');
  const Result<HostPort> clients = ParseHostPort(text.substr(0, plus));
  if (!clients.ok()) return clients.error();
  const std::string written = clients.value().Text();
  if (plus == std::string_view::npos) return MemberAddress{written, written};
  // The host is known to be good: what can be wrong is the port.
  const Result<HostPort> peers = ParseHostPort("localhost:" + std::string(text.substr(plus + 1)));
  if (!peers.ok() || peers.value().port == clients.value().port) {
    return Error{
        "what stands behind the + must be the port for peers, another whole number from "
        "1 to 65535; write host:port+port"};
  }
  return WithPeersAt(written, peers.value().port);
}

MemberAddress AddressesOf(const NodeAddress& node) {
  return WithPeersAt(node.address, node.peer_port);
}

MemberAddress ListeningPlacesOf(const NodeAddress& node) {
  return WithPeersAt(node.listen, node.peer_port);
}

}  // namespace drydock::net
