// A scenario in slow motion.
#pragma once

#include "sim/scenario/scenario.h"

namespace drydock::tools {

// All times of the story, the timeouts of nodes and clients and the heartbeat times `factor`, so
// that a slow or busy machine does not decide what is expected. What clients do in that time is
// not slowed down, nor are the network and the disks.
sim::Scenario Stretched(sim::Scenario scenario, double factor);

}  // namespace drydock::tools
