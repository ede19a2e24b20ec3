// From a profile and a seed one concrete scenario, swarm style (Groce et al., "Swarm Testing"):
// each run has its own part of the kinds of faults and variations, its own rates and sizes, so that
// runs differ in kind. First faults, then everything heals and the run must converge: one leader,
// calls that are done, equal logs; what was acknowledged is there (the invariants see to that).
#pragma once

#include <cstdint>

#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// A pure function of both. The scenario is valid and carries the seed.
Scenario Generate(const Profile& profile, std::uint64_t seed);

}  // namespace drydock::sim
