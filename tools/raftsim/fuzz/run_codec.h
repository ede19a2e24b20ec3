// A run on its way from the child process that played it to the parent.
#pragma once

#include <string>

#include "sim/fuzz/fuzz_run.h"
#include "tools/raftsim/fuzz/worker_pool.h"

namespace drydock::tools {

std::string Encode(const sim::FuzzRun& run);
// A process that died in a run is a failure of that run.
sim::FuzzRun Decode(const PoolResult& result);

}  // namespace drydock::tools
