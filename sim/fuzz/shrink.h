// Makes of a scenario that fails the smallest one that breaks the same property: a file that a
// person could have written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/time.h"
#include "sim/fuzz/failure.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// What came of a candidate.
struct Tried {
  std::optional<Failure> failure;  // null: it passed
  std::uint64_t events = 0;        // how many were simulated
};
// Runs a scenario with a seed. The same two must always give the same answer.
using RunCandidate = std::function<Tried(const Scenario& scenario, std::uint64_t seed)>;

// Runs it here. Histories up to `search_up_to` operations are also judged by search.
Tried RunHere(const Scenario& scenario, std::uint64_t seed, std::uint64_t search_up_to);

struct ShrinkProgress {
  std::uint64_t runs = 0;       // so far
  std::uint64_t simulated = 0;  // events of all these runs
  std::size_t events = 0;       // of the smallest scenario so far
  Duration until;               // its virtual time
};

struct ShrinkOptions {
  // How candidates are run; empty: here, with as little judging as the failure needs.
  RunCandidate run = {};
  // Whether the failing run may be repeated here, to see what chance decided in it and what its
  // clients called. Without that, chance stays drawn by the seed, and a workload a workload.
  bool look_inside = true;
  // It stops at the first of the two. Never counted in seconds: the same input gives the same file.
  std::uint64_t max_runs = 20'000;
  std::uint64_t max_simulated = 40'000'000;
  std::function<void(const ShrinkProgress&)> progress = {};  // called before each run; may be empty
};

struct Shrunk {
  Scenario scenario;  // with its seed; as it was written and read again
  Failure failure;    // what breaks in it
  ShrinkProgress spent;
  bool finished = false;  // no step would make it smaller; else the budget ended
};

// An error if the scenario passes with this seed, or cannot be written as a file that fails.
Result<Shrunk> Shrink(const Scenario& scenario, std::uint64_t seed, const ShrinkOptions& options);

// The file of a scenario that is to lie in a folder of scenarios/.
std::string FileOf(const Scenario& scenario);

}  // namespace drydock::sim
