// Settings and surroundings that a fuzz run draws away from their defaults.
#pragma once

#include <vector>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Changes what each of them names, in a valid scenario that has its nodes and workload already.
void Vary(const std::vector<Variation>& variations, Dice& dice, Scenario& scenario);

}  // namespace drydock::sim
