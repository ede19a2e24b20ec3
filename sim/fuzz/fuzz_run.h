// One run of a fuzzer: a scenario, played and judged, and what is kept of it.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/fuzz/failure.h"
#include "sim/fuzz/situations.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// A busy run has some ten thousand events a virtual second; one of more than these never ends.
inline constexpr std::uint64_t kMaxEvents = 10'000'000;

struct FuzzRun {
  std::uint64_t hash = 0;  // of the trace
  std::uint64_t events = 0;
  std::int64_t virtual_time = 0;  // nanoseconds
  std::optional<Failure> failure;
  SituationSet reached;
};

// With the scenario's own seed. Deterministic, like Run.
FuzzRun PlayForFuzz(const Scenario& scenario);

// What a run adds to the hash of a summary. Sums of these do not depend on the order of runs, so
// that jobs and shards can be added up.
std::uint64_t ShareOf(std::uint64_t seed, const FuzzRun& run);

}  // namespace drydock::sim
