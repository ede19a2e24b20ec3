// raftctl bench: puts load on a cluster and measures it.
#pragma once

#include "tools/load/settings.h"
#include "tools/raftctl/commands.h"

namespace drydock::tools {

struct BenchFlags {
  LoadSettings settings;
  bool stream = false;  // one stream of batches instead of a call for each operation
  bool stale = false;   // reads from what a node has applied
  bool fill = true;     // put every key first, if any operation reads
};

// Prints the report. Exit codes besides the usual ones: kRefused when too many operations failed
// for the figures to mean anything.
int Bench(const CommonFlags& common, const BenchFlags& flags);

}  // namespace drydock::tools
