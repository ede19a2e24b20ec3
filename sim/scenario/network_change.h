// What a scenario does to the network, with its targets resolved to nodes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "sim/decisions.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

using NodeMask = std::uint64_t;  // bit k stands for node k
inline bool Has(NodeMask mask, std::uint32_t node) {
  return ((mask >> node) & 1) != 0;
}

// A cut between nodes.
struct Cut {
  std::vector<NodeMask> groups;
  bool one_way = false;
};
// Two nodes that are both in some group hear each other if one group holds both. One-way: only
// what the first group says to the others is lost.
bool Separates(const Cut& cut, std::uint32_t from, std::uint32_t to);
// Sender and receiver, of the nodes from 0 on.
std::vector<std::pair<NodeId, NodeId>> CutLinks(const Cut& cut, std::uint32_t nodes);
// Messages that are dropped or delayed.
struct ActiveFilter {
  std::array<bool, kMessageTypes> types{};
  NodeMask from = 0, to = 0;
  Probability drop = kCertain;
  std::optional<Duration> delay;
  std::optional<std::uint64_t> left;  // messages until it ends
};
// Settings of some links.
struct ResolvedLinks {
  NodeMask from = 0, to = 0;
  bool both_ways = true;
  LinkSettings settings;
};
// A cut, a filter or a state of the network, to name it later.
using NetworkChangeId = std::uint64_t;

}  // namespace drydock::sim
