// A run in the JSON format of trace events that ui.perfetto.dev and Chrome's about:tracing open.
#pragma once

#include <string>

#include "sim/view/trace_file.h"

namespace drydock::sim {

// A track a node with its roles, and its events as marks; messages as arrows; a track a client with
// its calls; what the scenario did as marks of the whole.
std::string Perfetto(const TraceFile& trace);

}  // namespace drydock::sim
