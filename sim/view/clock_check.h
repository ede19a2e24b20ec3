// Do the clocks of real nodes agree with what the nodes did?
#pragma once

#include <string>
#include <vector>

#include "sim/view/trace_file.h"

namespace drydock::sim {

// Nobody has an entry before the leader that made it. A sentence for each node whose clock shows
// otherwise, with how much it is behind at least; `lines` in the order of their times.
std::vector<std::string> ClockComplaints(const std::vector<TraceLine>& lines);

}  // namespace drydock::sim
