// Settings and surroundings that a fuzz run draws away from their defaults.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// The clocks of a run keep to these rates, in percent: no two of them differ by more than the
// settings allow, where leases stand on that.
std::pair<std::uint64_t, std::uint64_t> ClockRates(const Settings& config);

// Sets something for all nodes, also those that have settings of their own.
template <class Set>
void SetForAll(Scenario& scenario, Set set) {
  set(scenario.config);
  for (auto& [node, own] : scenario.node_config) set(own);
}

// Changes what each of them names, in a valid scenario that has its nodes and workload already.
void Vary(const std::vector<Variation>& variations, Dice& dice, Scenario& scenario);

}  // namespace drydock::sim
