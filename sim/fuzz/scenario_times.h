// The moments of a scenario: where something begins, ends or is looked at.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/scenario/scenario.h"

namespace drydock::sim {

// How long an action lasts ("for"); null for one that cannot last.
std::optional<Duration>* LengthOf(Action& action);

// All moments but 0, each once, ascending; the last is the end of the run.
std::vector<Duration> MomentsOf(const Scenario& scenario);

// The scenario with each moment moved to where `to` says. `to` must not change the order of two
// moments, and leaves 0 where it is. What began and ended at different moments still lasts.
Scenario WithTimes(Scenario scenario, const std::function<Duration(Duration)>& to);

// The scenario up to `end`: what comes later is gone, what lasts longer ends there.
Scenario Until(Scenario scenario, Duration end);

}  // namespace drydock::sim
