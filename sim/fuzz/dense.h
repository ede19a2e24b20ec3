// What of a profile costs the fewest events for what it reaches.
#pragma once

#include "sim/fuzz/profile.h"

namespace drydock::sim {

// A part of the profile: many faults in a short time, few clients who think long. Half of the runs
// of `everything` take four fifths of its events, mostly for load, and reach no more than the
// others.
Profile Dense(Profile profile);

}  // namespace drydock::sim
