// A leader that is cut off, and is still asked for what others write meanwhile: what it answers
// must not be stale.
#pragma once

#include "sim/fuzz/dice.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Adds that to the events of a scenario with a cluster that is well at `at`. Gives when it is over.
Duration AddStaleLeader(const Profile& profile, Dice& dice, Scenario& scenario, Duration at);

}  // namespace drydock::sim
