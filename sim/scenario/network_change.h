// What a scenario does to the network, with its targets resolved to nodes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/time.h"
#include "sim/decisions.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

using NodeMask = std::uint64_t;  // bit k stands for node k

// A cut between nodes.
struct Cut {
  std::vector<NodeMask> groups;
  bool one_way = false;
};
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
