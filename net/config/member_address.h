// Where a member is, as one text: of a founder the cluster's file has it, of an added member the
// configuration (docs/decisions/0016).
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "net/config/cluster_config.h"

namespace drydock::net {

// Each "host:port"; the same text twice if the node has one port for all.
struct MemberAddress {
  std::string clients;
  std::string peers;
};

// "10.0.0.4:7000", or "10.0.0.4:7000+7001" with a port for peers behind it. The error is a phrase,
// as that of ParseHostPort.
Result<MemberAddress> ParseMemberAddress(std::string_view text);

// Where others connect, and where the node itself listens.
MemberAddress AddressesOf(const NodeAddress& node);
MemberAddress ListeningPlacesOf(const NodeAddress& node);

}  // namespace drydock::net
