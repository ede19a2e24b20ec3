#include "net/config/cluster_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/hasher.h"
#include "core/text/fields.h"
#include "core/text/names.h"
#include "core/text/settings.h"
#include "core/text/words.h"
#include "net/config/host_port.h"

namespace drydock::net {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;

constexpr std::array<std::string_view, 5> kClusterKeys = {"$schema", "cluster", "nodes", "config",
                                                          "limits"};
constexpr std::array<std::string_view, 4> kNodeKeys = {"address", "listen", "metrics", "peer_port"};
constexpr std::array<LimitSetting, 3> kLimits = {{
    {"connection_memory", &Limits::connection_memory, 16 * kMebibyte, kMebibyte* kMebibyte},
    {"stream_operations", &Limits::stream_operations, 1, 1'000'000},
    {"concurrent_calls", &Limits::concurrent_calls, 1, 1'000'000},
}};
constexpr std::array<std::string_view, kLimits.size()> kLimitKeys = [] {
  std::array<std::string_view, kLimits.size()> keys;
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = kLimits[i].name;
  return keys;
}();

// --- Nodes --------------------------------------------------------------------------------------

// A node with its addresses taken apart, and the values of the file to blame for them.
struct Place {
  HostPort at;
  const JsonValue* value;
};
struct NodePlaces {
  NodeId node;
  std::optional<Place> address;
  std::optional<Place> listen;
  std::optional<Place> metrics;
  std::optional<Place> peers;  // where they connect, if that is a port of its own
};

std::optional<Place> ReadPlace(const Fields& fields, std::string_view key) {
  const JsonValue* value = fields.Find(key);
  if (value == nullptr) return std::nullopt;
  const std::string text =
      ReadText(*value, "an address such as \"127.0.0.1:7000\"", fields.mistakes());
  const Result<HostPort> parsed = ParseHostPort(text);
  if (parsed.ok()) return Place{parsed.value(), value};
  fields.mistakes().Add(*value, parsed.error().text);
  return std::nullopt;
}

NodePlaces ReadNode(NodeId node, const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "a node", kNodeKeys, mistakes);
  fields.Need("address");
  NodePlaces places{node, ReadPlace(fields, "address"), ReadPlace(fields, "listen"),
                    ReadPlace(fields, "metrics"), std::nullopt};
  const auto peer_port = fields.OptionalCount("peer_port", 1, 65535);
  if (peer_port.has_value() && places.address.has_value()) {
    places.peers = {{places.address->at.host, static_cast<std::uint16_t>(*peer_port)},
                    fields.Find("peer_port")};
  }
  if (places.address.has_value() && places.address->at.IsWildcard()) {
    const std::string written = Quote(places.address->at.Text());
    mistakes.Add(*places.address->value,
                 written +
                     " means every interface: the other nodes could not know where to connect; "
                     "name an address of this machine here, and " +
                     written + " under \"listen\"");
  }
  return places;
}

// Where only one of two can listen. A wildcard or a loopback address is another place on each
// machine; machines are told apart by the hosts of their nodes' addresses.
bool Collide(const Place& a, const Place& b, bool same_host) {
  if (a.at != b.at || a.at.IsWildcard()) return false;
  return same_host || !a.at.IsLoopback();
}

// On one machine a wildcard takes the port on every interface.
bool CollideInNode(const Place& a, const Place& b) {
  return a.at.port == b.at.port && (a.at == b.at || a.at.IsWildcard() || b.at.IsWildcard());
}

void CheckTwo(const NodePlaces& earlier, const NodePlaces& later, Mistakes& mistakes) {
  if (!earlier.address.has_value() || !later.address.has_value()) return;
  const auto of = [](const char* what, NodeId node) {
    return std::string(what) + " of " + NameOf(node);
  };
  const bool same_host =
      HostPort{earlier.address->at.host, 1} == HostPort{later.address->at.host, 1};
  using Part = std::pair<const char*, std::optional<Place> NodePlaces::*>;
  constexpr std::array<Part, 3> kParts = {{{"address", &NodePlaces::address},
                                           {"metrics address", &NodePlaces::metrics},
                                           {"peers' address", &NodePlaces::peers}}};
  for (const auto& [what, part] : kParts) {
    for (const auto& [earlier_what, earlier_part] : kParts) {
      const std::optional<Place>& a = earlier.*earlier_part;
      const std::optional<Place>& b = later.*part;
      if (!a.has_value() || !b.has_value() || !Collide(*a, *b, same_host)) continue;
      mistakes.Add(*b->value, Quote(b->at.Text()) + " cannot be the " + of(what, later.node) +
                                  ": it is the " + of(earlier_what, earlier.node) + " already");
    }
  }
}

// What listens there already, at most two of a node's three places.
void CheckOne(const NodePlaces& node, Mistakes& mistakes) {
  const std::optional<Place>& own = node.listen.has_value() ? node.listen : node.address;
  if (!own.has_value()) return;
  if (node.metrics.has_value() && CollideInNode(*own, *node.metrics)) {
    mistakes.Add(*node.metrics->value,
                 Quote(node.metrics->at.Text()) + " cannot be the metrics address of " +
                     NameOf(node.node) + ": the node itself listens at " + Quote(own->at.Text()));
  }
  if (!node.peers.has_value()) return;
  const Place peers{{own->at.host, node.peers->at.port}, node.peers->value};
  for (const std::optional<Place>& other : {own, node.metrics}) {
    if (!other.has_value() || !CollideInNode(*other, peers)) continue;
    mistakes.Add(*peers.value, "the peers' port of " + NameOf(node.node) +
                                   " must be another one: it listens at " +
                                   Quote(other->at.Text()) + " already");
  }
}

std::string TextOf(const std::optional<Place>& place) {
  return place.has_value() ? place->at.Text() : "";
}

std::vector<NodePlaces> ReadPlaces(const JsonValue& value, Mistakes& mistakes) {
  std::vector<NodePlaces> all;
  for (const JsonMember& member : value.members) {
    const std::optional<NodeId> node = ParseNodeName(member.key);
    if (!node.has_value()) {
      mistakes.AddKey(value, member,
                      Quote(member.key) + " is no name of a node; nodes are n0, n1, n2, ...");
      break;
    }
    all.push_back(ReadNode(*node, member.value, mistakes));
  }
  return all;
}

std::map<NodeId, NodeAddress> ReadNodes(const JsonValue& value, Mistakes& mistakes) {
  std::map<NodeId, NodeAddress> nodes;
  if (!IsObject(value, "the nodes", mistakes)) return nodes;
  if (value.members.empty() || value.members.size() > kMaxClusterNodes) {
    mistakes.Add(value, "a cluster has 1 to " + std::to_string(kMaxClusterNodes) +
                            " nodes, found " + std::to_string(value.members.size()));
    return nodes;
  }
  const std::vector<NodePlaces> all = ReadPlaces(value, mistakes);
  for (std::size_t i = 0; i < all.size(); ++i) {
    CheckOne(all[i], mistakes);
    for (std::size_t j = 0; j < i; ++j) CheckTwo(all[j], all[i], mistakes);
    const std::optional<Place>& listen = all[i].listen.has_value() ? all[i].listen : all[i].address;
    nodes[all[i].node] = {TextOf(all[i].address), TextOf(listen), TextOf(all[i].metrics),
                          all[i].peers.has_value() ? all[i].peers->at.port : std::uint16_t{0}};
  }
  return nodes;
}

// --- The rest -----------------------------------------------------------------------------------

std::string ReadName(const Fields& fields) {
  const JsonValue* value = fields.Need("cluster");
  if (value == nullptr) return "";
  std::string name = ReadText(*value, "a name such as \"demo\"", fields.mistakes());
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  constexpr std::size_t kLongest = 64;
  if (name.empty() || name.size() > kLongest ||
      name.find_first_not_of(kAllowed) != std::string::npos) {
    fields.mistakes().Add(*value,
                          "the name of a cluster is made of A-Z, a-z, 0-9, '.', '_' and '-' and "
                          "has 1 to 64 characters, found " +
                              Quote(name));
  }
  return name;
}

Limits ReadLimits(const JsonValue& value, Mistakes& mistakes) {
  Limits limits;
  const Fields fields(value, "limits", kLimitKeys, mistakes);
  for (const LimitSetting& limit : kLimits) {
    std::uint64_t& number = limits.*limit.member;
    number = fields.Count(limit.name, number, limit.min, limit.max);
  }
  return limits;
}

// A value that the settings allow must be able to arrive.
void CheckMemory(const JsonValue& root, const ClusterConfig& config, Mistakes& mistakes) {
  const std::uint64_t largest = config.settings.max_value_bytes + config.settings.max_key_bytes;
  if (config.limits.connection_memory >= largest) return;
  const JsonMember* limits = root.Find("limits");
  const JsonMember* limit = limits == nullptr ? nullptr : limits->value.Find("connection_memory");
  const JsonMember* settings = root.Find("config");
  const JsonValue& blamed = limit != nullptr      ? limit->value
                            : settings != nullptr ? settings->value
                                                  : root;
  mistakes.Add(blamed, "connection_memory (" + std::to_string(config.limits.connection_memory) +
                           ") must not be less than max_value_bytes and max_key_bytes together (" +
                           std::to_string(largest) + ")");
}

ClusterConfig ReadCluster(const JsonValue& root, Mistakes& mistakes) {
  ClusterConfig config;
  const Fields fields(root, "a cluster's file", kClusterKeys, mistakes);
  if (mistakes.any()) return config;
  fields.Text("$schema");
  config.cluster = ReadName(fields);
  if (const JsonValue* nodes = fields.Need("nodes")) config.nodes = ReadNodes(*nodes, mistakes);
  if (const JsonValue* settings = fields.Find("config")) {
    config.settings = ReadSettings(*settings, config.settings, mistakes);
  }
  if (const JsonValue* limits = fields.Find("limits")) {
    config.limits = ReadLimits(*limits, mistakes);
  }
  CheckMemory(root, config, mistakes);
  return config;
}

// --- Files --------------------------------------------------------------------------------------

Error CannotRead(const std::string& path, int number) {
  return Error{path + ": cannot be read: " + std::strerror(number)};
}

Result<std::string> ReadUpTo(int fd, const std::string& path, std::size_t limit) {
  std::string text;
  char block[std::size_t{64} << 10];
  while (text.size() <= limit) {
    const ssize_t count = read(fd, block, sizeof block);
    if (count == 0) return text;
    if (count > 0) {
      text.append(block, static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return CannotRead(path, errno);
    }
  }
  return Error{path + ": is larger than " + std::to_string(limit) +
               " bytes; is it the file of a cluster?"};
}

Result<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return Error{"the path of the cluster's file is empty"};
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return CannotRead(path, errno);
  struct stat about {};
  const bool folder = fstat(fd, &about) == 0 && S_ISDIR(about.st_mode);
  Result<std::string> text =
      folder ? Result<std::string>(Error{path + ": is a folder; name the cluster's file in it"})
             : ReadUpTo(fd, path, kMaxJsonBytes);
  close(fd);
  return text;
}

}  // namespace

Result<ClusterConfig> ParseClusterConfig(std::string_view text, const std::string& file_name) {
  const Result<JsonValue> document = ParseJson(text, file_name);
  if (!document.ok()) return document.error();
  Mistakes mistakes(document.value(), file_name);
  ClusterConfig config = ReadCluster(document.value(), mistakes);
  if (mistakes.any()) return mistakes.first();
  return config;
}

Result<ClusterConfig> LoadClusterConfig(const std::string& path) {
  const Result<std::string> text = ReadFile(path);
  if (!text.ok()) return text.error();
  return ParseClusterConfig(text.value(), path);
}

std::vector<NodeId> ClusterConfig::Members() const {
  std::vector<NodeId> members;
  for (const auto& [node, place] : nodes) members.push_back(node);
  return members;
}

std::vector<NodeId> ClusterConfig::Others(NodeId self) const {
  std::vector<NodeId> others = Members();
  std::erase(others, self);
  return others;
}

Status CheckIsMember(const ClusterConfig& config, NodeId id) {
  if (config.nodes.contains(id)) return Ok();
  std::string names;
  for (const auto& [node, place] : config.nodes)
    names += (names.empty() ? "" : ", ") + NameOf(node);
  return Error{"I am not in the member list: " + NameOf(id) + " is none of " + names +
               "; check --id, or add it to \"nodes\" in the cluster's file"};
}

std::optional<NodeId> ParseNodeName(std::string_view name) {
  if (!name.starts_with('n')) return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  // One spelling a node: n01 would be a second name of n1.
  if (!whole || number > kMaxNodeId || NameOf(NodeId(number)) != name) return std::nullopt;
  return NodeId(number);
}

std::uint64_t ClusterFingerprint(std::string_view name) {
  Hasher hasher;
  hasher.Add(name);
  const std::uint64_t fingerprint = hasher.Finish();
  return fingerprint == 0 ? 1 : fingerprint;
}

std::span<const LimitSetting> LimitSettings() {
  return kLimits;
}

std::vector<AcceptedKeys> AllAcceptedKeys() {
  const auto list = [](std::span<const std::string_view> keys) {
    return std::vector<std::string_view>(keys.begin(), keys.end());
  };
  return {{"cluster", list(kClusterKeys)},
          {"node", list(kNodeKeys)},
          {"config", list(SettingKeys())},
          {"limits", list(kLimitKeys)}};
}

}  // namespace drydock::net
