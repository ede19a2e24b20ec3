// The one file of a cluster (tools/raftd/cluster.schema.json), the same on all its machines: who
// its nodes are and where, how they are set, what one of them may spend on its clients.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/protocol/configuration_change.h"
#include "core/protocol/settings.h"

namespace drydock::net {

inline constexpr std::size_t kMaxClusterNodes = kMaxMembers;
inline constexpr std::uint32_t kMaxNodeId = 2147483647;  // int32 on the wire

// Each "host:port", as ParseHostPort (net/config/host_port.h) reads it.
struct NodeAddress {
  std::string address;          // where clients connect, and peers if peer_port is 0
  std::string listen;           // where it listens: `address` if the file does not say
  std::string metrics;          // /metrics, /healthz and /readyz; "" for none
  std::uint16_t peer_port = 0;  // where peers connect and it listens for them, at the same hosts
};

// What one node may spend on those who connect to it.
struct Limits {
  std::uint64_t connection_memory = 256 << 20;  // bytes of all connections together
  std::uint64_t stream_operations = 4096;       // undecided operations of one stream
  std::uint64_t concurrent_calls = 10000;       // unanswered unary calls; beyond it: busy
};

struct ClusterConfig {
  std::string cluster;                  // its name
  std::map<NodeId, NodeAddress> nodes;  // never empty
  Settings settings;
  Limits limits;

  std::vector<NodeId> Members() const;
  std::vector<NodeId> Others(NodeId self) const;
};

// Errors are one line with file, place and what was expected:
//   FILE:4:31: /nodes/n1/address: "127.0.0.1:7000" is the address of n0 already
Result<ClusterConfig> ParseClusterConfig(std::string_view text, const std::string& file_name);
// The same of a file. Errors besides: it is missing, not readable, a folder, or too large.
Result<ClusterConfig> LoadClusterConfig(const std::string& path);

// An error, in words for the operator, if no node of the cluster has this number.
Status CheckIsMember(const ClusterConfig& config, NodeId id);

// "n0" to "n2147483647", spelled as NameOf(NodeId) does; nothing for any other text.
std::optional<NodeId> ParseNodeName(std::string_view name);

// The name as a number, for messages between nodes: stable across versions and machines, never 0.
std::uint64_t ClusterFingerprint(std::string_view name);

// --- For whoever must know all keys (the schema's test) ------------------------------------------

struct LimitSetting {
  std::string_view name;
  std::uint64_t Limits::*member;
  std::uint64_t min;
  std::uint64_t max;
};
std::span<const LimitSetting> LimitSettings();

struct AcceptedKeys {
  std::string_view object;  // cluster, node, config, limits
  std::vector<std::string_view> keys;
};
std::vector<AcceptedKeys> AllAcceptedKeys();

}  // namespace drydock::net
