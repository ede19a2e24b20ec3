// What a fuzz run found, as text and as JSON; shards of it can be added up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "sim/fuzz/failure.h"
#include "sim/fuzz/situations.h"

namespace drydock::tools {

struct FoundFailure {
  std::uint64_t seed = 0;
  sim::Failure failure;
  std::string drawn;   // file with the scenario as it was drawn
  std::string shrunk;  // file with the smallest one that breaks the same; empty: there is none
  std::uint64_t shrunk_events = 0;
};

struct FuzzSummary {
  std::string profile;
  std::uint64_t first = 0, last = 0;  // seeds, of all shards; none beyond `last` was begun
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_ns = 0;
  std::uint64_t wall_ms = 0;
  std::uint64_t hash = 0;    // depends on seeds and verdicts alone, not on jobs and shards
  bool interrupted = false;  // before all seeds were done
  std::vector<FoundFailure> failures;  // by seed
  sim::SituationSet reached;
};

// With `situations` also the names of those that no run reached.
std::string TextOf(const FuzzSummary& summary, bool situations);
std::string JsonOf(const FuzzSummary& summary);
// Errors name the file and what is wrong with it.
Result<FuzzSummary> ReadSummary(std::string_view text, const std::string& file_name);
// Adds up shards. An error if they are of other profiles.
Result<FuzzSummary> Merge(const std::vector<FuzzSummary>& shards);

}  // namespace drydock::tools
