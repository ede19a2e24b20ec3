// What a cluster is put to once it has recovered: a trial that the protocol promises to pass
// (docs/protocol.md). A fault phase that ends in a healed cluster says nothing about who leads
// while something is still broken, or about the price of a return.
#pragma once

#include "sim/fuzz/dice.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Appends the trial to a scenario that is complete, makes it longer, and expects what is promised.
// What was expected of the end is expected of the moment before the trial. Does nothing where the
// settings or the surroundings make no such promise.
void AddTrial(Trial trial, const Profile& profile, Dice& dice, Scenario& scenario);

}  // namespace drydock::sim
