// storebench load: one measurement of one store, told as JSON.
#pragma once

#include <string>
#include <vector>

#include "tools/load/settings.h"

namespace drydock::tools {

struct LoadCommandFlags {
  std::string store;  // drydock, drydock-stream or etcd
  std::vector<std::string> endpoints;
  bool stale = false;
  std::vector<int> watch;  // process ids
  LoadSettings settings;
};

// Prints the report on standard output, or an error. Exit code: 0, 1 when too much has failed, 2
// when it could not be measured.
int RunLoadCommand(const LoadCommandFlags& flags);

// Waits for a leader that takes calls and prints its endpoint. Exit code 2 when none comes.
int PrintLeader(const std::string& store, const std::vector<std::string>& endpoints);

}  // namespace drydock::tools
