// How a certificate names a node: the URI drydock://CLUSTER/n2 among its alternative names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/strong.h"

namespace drydock::net {

std::string NodeUri(std::string_view cluster, NodeId node);

// True of the URI of any node of any cluster, well-formed or not.
bool IsNodeUri(std::string_view uri);

// The node of this cluster that it names, or nothing.
std::optional<NodeId> NodeNamedBy(std::string_view uri, std::string_view cluster);

}  // namespace drydock::net
