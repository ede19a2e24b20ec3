// A leader that wrote what nobody else got returns, and the one after it fails before the others
// have what it wrote: what was acknowledged must stay (paper, section 5.3 and figure 7).
#pragma once

#include "sim/fuzz/dice.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Adds that to the events of a scenario with a cluster that is well at `at`. Gives when it is over.
// The settings change for all of the run: where logs part is found in several small appends.
Duration AddReturningLeader(Dice& dice, Scenario& scenario, Duration at);

}  // namespace drydock::sim
