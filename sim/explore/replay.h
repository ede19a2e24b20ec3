// A path of a search as a scenario: each step at a moment of its own, everything that a step needs
// pinned, and nothing else arriving before the end.
#pragma once

#include <vector>

#include "core/base/result.h"
#include "sim/explore/member.h"
#include "sim/explore/search.h"
#include "sim/explore/start.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim::explore {

// The path, walked once more with clocks that go on as the simulator's do.
struct Walked {
  Scenario scenario;            // has no name yet
  std::vector<Member> members;  // at its end
};

// An error if the path cannot be walked again: then two states that behave differently were taken
// for one, which is a bug of the digests.
Result<Walked> Walk(const Start& start, const std::vector<PathStep>& path);

// The same, named after what it violates.
Result<Scenario> ScenarioOf(const Start& start, const std::vector<PathStep>& path,
                            const Problem& problem);

}  // namespace drydock::sim::explore
