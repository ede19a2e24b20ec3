// The result of a rehearsal as a page for a person, and as JSON for a machine.
#pragma once

#include <string>

#include "sim/scenario/scenario.h"
#include "tools/rehearse/rehearsal.h"

namespace drydock::tools {

// What follows the story, which was told while it happened.
std::string TextReport(const RehearsalResult& result);
std::string JsonReport(const sim::Scenario& scenario, std::uint64_t seed,
                       const RehearsalResult& result);

}  // namespace drydock::tools
