// The bare probe: replication over the same calls as Drydock's, without Raft: no terms, no
// elections, no log that could be read back. What the transport and the disk allow on a machine,
// against which a store is measured.
#pragma once

#include <string>
#include <vector>

namespace drydock::tools {

struct ProbeFlags {
  std::size_t id = 0;              // 0 leads
  std::vector<std::string> nodes;  // addresses of all, in the order of their ids
  std::string data;                // a directory, made if missing
};

// Serves until the process is ended. Gives an exit code when it cannot.
int RunProbeServer(const ProbeFlags& flags);

}  // namespace drydock::tools
