// A run as a log that ShiViz draws: events of nodes and clients with vector clocks (Fidge 1988,
// Mattern 1989).
#pragma once

#include <string>

#include "sim/view/trace_file.h"

namespace drydock::sim {

// The first line is the expression that ShiViz parses the rest with; the second, which would part
// several runs, is empty.
std::string Shiviz(const TraceFile& trace);

}  // namespace drydock::sim
