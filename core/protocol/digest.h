// Hashes of what nodes say and store, for telling equal situations: node k stands as
// permutation[k] (empty: as itself), so that situations which differ in names only can be told,
// too.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/base/hasher.h"
#include "core/base/strong.h"
#include "core/protocol/configuration.h"
#include "core/protocol/entry.h"
#include "core/protocol/message.h"

namespace drydock {

using Permutation = std::span<const NodeId>;

inline NodeId Renamed(NodeId node, Permutation permutation) {
  return node.value() < permutation.size() ? permutation[node.value()] : node;
}
void AddNode(Hasher& hasher, std::optional<NodeId> node, Permutation permutation);
// Of stores it only counts whether they are known: which one it is follows from the node.
std::uint64_t DigestOf(const Configuration& configuration, Permutation permutation);
// A configuration is hashed as one; `decoded` is what the payload says, if the caller knows it.
void AddEntry(Hasher& hasher, const Entry& entry, Permutation permutation,
              const Configuration* decoded = nullptr);
// Everything that the receiver may act on.
std::uint64_t DigestOf(const Message& message, Permutation permutation);

}  // namespace drydock
