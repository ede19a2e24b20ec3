#include "net/security/node_name.h"

#include <algorithm>

#include "core/text/names.h"
#include "net/config/cluster_config.h"

namespace drydock::net {
namespace {

constexpr std::string_view kScheme = "drydock:";

}  // namespace

std::string NodeUri(std::string_view cluster, NodeId node) {
  return std::string(kScheme) + "//" + std::string(cluster) + "/" + NameOf(node);
}

// Schemes are the same in letters of any case.
bool IsNodeUri(std::string_view uri) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return uri.size() >= kScheme.size() &&
         std::ranges::equal(uri.substr(0, kScheme.size()), kScheme, {}, lower);
}

std::optional<NodeId> NodeNamedBy(std::string_view uri, std::string_view cluster) {
  const std::size_t slash = uri.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<NodeId> node = ParseNodeName(uri.substr(slash + 1));
  if (!node.has_value() || uri != NodeUri(cluster, *node)) return std::nullopt;
  return node;
}

}  // namespace drydock::net
