// A scenario as a file: what a person would have written, with defaults left out.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"

namespace drydock::sim {

// JSON that ParseScenario reads back as an equal scenario. Two things have no spelling and are left
// out: config.max_apply_per_step, and the workload of a scenario without clients.
std::string WriteScenario(const Scenario& scenario);

}  // namespace drydock::sim
