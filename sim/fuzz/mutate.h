// From a scenario that a fuzzer ran another one that differs from it in a few places.
#pragma once

#include <cstdint>

#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// A pure function of all four. Both scenarios come from Generate or Mutate and from this profile;
// the second one gives events and settings to the first. The result is valid, stays within the
// profile, and its faults end before the quiet phase, so that its expectations are lawful:
// everything that Generate sees to. It carries the seed.
Scenario Mutate(const Scenario& parent, const Scenario& other, const Profile& profile,
                std::uint64_t seed);

}  // namespace drydock::sim
