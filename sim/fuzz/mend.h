// Makes the fault phase of a scenario lawful again after it was changed.
#pragma once

#include <vector>

#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// The events of a scenario that a fuzzer drew, by what they are for.
struct FaultPhase {
  std::vector<Event> standing;  // from the start on: what clocks show, and how they run
  std::vector<Event> faults;    // by time
  std::vector<Event> wipe;      // a disk is lost: all that belongs to it, or nothing
  std::vector<Event> mending;   // of the quiet phase
};
FaultPhase PhaseOf(const Scenario& scenario, const Profile& profile);

// When the quiet phase begins: with the event that heals the network.
Duration HealedAt(const Scenario& scenario, const Profile& profile);

// The rules that sim/fuzz/faults.cc draws by. What breaks one is changed as little as possible, or
// dropped: times, lengths, targets, and what may not stand beside something else.
void MendFaults(FaultPhase& phase, const Profile& profile, const Scenario& scenario);

}  // namespace drydock::sim
