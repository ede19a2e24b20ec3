#include "sim/fuzz/fuzz_run.h"

#include "core/base/hasher.h"
#include "sim/fuzz/coverage.h"
#include "sim/run/run.h"

namespace drydock::sim {
namespace {

// Histories of fuzz runs are small; larger ones are judged by the log's order alone.
constexpr std::uint64_t kSearchUpTo = 2000;

}  // namespace

FuzzRun PlayForFuzz(const Scenario& scenario) {
  CoverageObserver coverage(scenario.nodes);
  const RunOptions options{.seed = scenario.seed.value_or(0),
                           .observers = {&coverage},
                           .search_up_to = kSearchUpTo,
                           .max_events = kMaxEvents};
  const RunResult result = Run(scenario, options);
  return {.hash = result.hash,
          .events = result.events,
          .virtual_time = result.virtual_time,
          .failure = FailureOf(scenario, result),
          .reached = coverage.reached()};
}

std::uint64_t ShareOf(std::uint64_t seed, const FuzzRun& run) {
  Hasher hasher;
  hasher.Add(seed);
  hasher.Add(run.hash);
  hasher.Add(run.failure.has_value() ? run.failure->property : std::string());
  return hasher.Finish();
}

}  // namespace drydock::sim
