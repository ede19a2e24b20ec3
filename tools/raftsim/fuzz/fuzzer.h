// Plays the seeds of a profile, keeps what failed, and shrinks it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "sim/fuzz/corpus.h"
#include "sim/fuzz/fuzz_run.h"
#include "sim/fuzz/profile.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/fuzz/seeds.h"
#include "tools/raftsim/fuzz/summary.h"
#include "tools/raftsim/fuzz/worker_pool.h"

namespace drydock::tools {

class Fuzzer {
 public:
  // `interrupted` is asked now and then; once it says yes, what was found is kept and no further
  // run begins. The flags must outlive this.
  Fuzzer(const FuzzFlags& flags, sim::Profile profile, std::function<bool()> interrupted);

  FuzzSummary Run();

 private:
  // Runs that share child processes and, when guided, the corpus.
  std::uint64_t BatchSize() const;
  std::uint64_t PlayBatch(std::uint64_t first, std::uint64_t count);
  sim::Scenario ScenarioAt(std::uint64_t place) const;
  void Take(std::uint64_t seed, const sim::Scenario& scenario, const sim::FuzzRun& run);
  void End(std::uint64_t seed);  // no further one
  FoundFailure Keep(std::uint64_t seed, const sim::Scenario& scenario, const sim::Failure& failure);
  void Shrink(const sim::Scenario& scenario, FoundFailure& found);

  bool IsOver() const;
  std::uint64_t Elapsed() const;  // milliseconds
  void ShowLine(const std::string& text);
  void ShowProgress(const PoolProgress& more);

  const FuzzFlags& flags_;
  const sim::Profile profile_;
  const Seeds seeds_;
  const std::function<bool()> interrupted_;
  const std::chrono::steady_clock::time_point begin_;
  sim::Corpus corpus_;  // of a guided run
  FuzzSummary summary_;
  bool enough_ = false;  // as many failures or events as were asked for
  bool on_terminal_;
};

}  // namespace drydock::tools
