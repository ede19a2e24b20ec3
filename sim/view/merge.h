// What `raftsim view` is given, as one trace: that of a simulated run, or those of real nodes.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace drydock::sim {

struct NamedTrace {
  std::string name;  // how errors call it
  std::string text;
};

// The trace of a simulated run as it is. Those of real nodes, all of one cluster, in the order of
// their clocks; a node that was started again has several. Each ends with the event `trace_ended`.
// Clocks are believed: what the traces themselves prove wrong about them stands in the header
// (docs/trace.md).
Result<std::string> MergeTraces(const std::vector<NamedTrace>& traces);

}  // namespace drydock::sim
