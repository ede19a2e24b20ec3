// What a search covers: everything a small cluster can do within these bounds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace drydock::sim::explore {

inline constexpr std::uint32_t kMaxNodes = 5;
inline constexpr std::uint32_t kMaxMessages = 16;

struct Bounds {
  std::uint32_t nodes = 3;
  std::uint32_t terms = 2;       // so many beyond the first leader's
  std::uint32_t entries = 3;     // so many in any log beyond those of the start
  std::uint32_t messages = 4;    // in flight that still arrive; the others are lost
  std::uint32_t writes = 1;      // of clients, in all
  std::uint32_t crashes = 0;     // in all
  std::uint32_t heartbeats = 0;  // broadcasts of leaders beyond the one that follows an election
  std::uint32_t duplicates = 0;  // messages that arrive twice
  std::uint32_t depth = 0;       // steps; 0: as many as there are
  std::uint64_t states = 0;      // distinct ones; 0: as many as there are
  std::uint32_t entries_per_append = 128;
  bool instant_disks = false;  // a write is durable when its step ends
  bool pre_vote = false;
  bool fresh = false;  // from nodes that have just started for the first time
  // Properties by name that may be violated: the search goes on, to see what follows from it.
  std::vector<std::string> ignored;
};

}  // namespace drydock::sim::explore
