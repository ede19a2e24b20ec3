// What is broken at a moment of a scenario, as far as its text tells: no run is needed for it.
#pragma once

#include <cstdint>

#include "core/base/time.h"
#include "sim/decisions.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

struct StandingNetwork {
  Probability loss = 0, duplicate = 0, reorder = 0, stale = 0;
  std::uint64_t latencies = 0, links = 0;  // that are set

  bool NoWorseThan(const StandingNetwork& other) const;
};

// More of any of these is a worse state. Nodes that only a run could name count by how many they
// may be at most.
struct StandingFaults {
  std::uint64_t down = 0, suspended = 0, paused = 0;  // nodes
  std::uint64_t outside = 0;                          // nodes that are no members
  std::uint64_t cuts = 0, filters = 0;
  StandingNetwork network;
  std::uint64_t clocks = 0, disks = 0;  // nodes with a wrong clock, a broken disk

  bool NoWorseThan(const StandingFaults& other) const;
  // Whether a majority of so many nodes works.
  bool LeaveMajorityOf(std::uint64_t nodes) const {
    return 2 * (down + suspended + paused + outside) < nodes;
  }
};

StandingFaults FaultsAt(const Scenario& scenario, Duration moment);

// Whether the event breaks or mends something, or changes the members; calls and notes do not.
bool IsFault(const Action& action);

}  // namespace drydock::sim
