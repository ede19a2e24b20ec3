// Scenario texts that several tests use.
#pragma once

#include <string>

namespace drydock::sim::testing {

// A scenario of three nodes and ten seconds, with more members: ", \"events\": [...]".
inline std::string Small(const std::string& more) {
  return "{\"version\": 1, \"name\": \"small\", \"nodes\": 3, \"until\": \"10s\"" + more + "}";
}

}  // namespace drydock::sim::testing
