// Whether a scenario can be played on real processes, and what that takes.
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace drydock::tools {

struct ScenarioNeeds {
  bool cuts = false;   // links between nodes are cut
  bool disks = false;  // disks of a given size
  // Each a line for a person: "events/3: the clock of a real machine is not ours to set".
  std::vector<std::string> impossible;
  // What is played, but not quite as in the simulator.
  std::vector<std::string> remarks;
};

ScenarioNeeds NeedsOf(const sim::Scenario& scenario);

}  // namespace drydock::tools
