// Runs one scenario from beginning to end and judges it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/invariants.h"
#include "sim/check/linearizability.h"
#include "sim/engine/expectations.h"
#include "sim/engine/targets.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// The property of a violation that is a failed check.
inline constexpr const char* kCheckInTheCore = "check in the core";

// What chance decided in a run, so that it can be written into a scenario.
struct Choices {
  Pins taken;                         // what might have happened and did: losses, torn writes, ...
  std::vector<ResolvedEvent> events;  // who the targets of the scenario's events were
};

struct RunOptions {
  std::uint64_t seed = 0;
  std::vector<Observer*> observers;  // are told every event
  // Histories up to so many operations are also judged without looking at the log.
  std::uint64_t search_up_to = 20000;
  // A run of more events than that is taken for one that never ends.
  std::uint64_t max_events = ~std::uint64_t{0};
  Choices* choices = nullptr;  // if it is there: is told what chance decided
};

// What became of the history.
struct HistoryResult {
  std::uint64_t operations = 0, done = 0, failed = 0, unknown = 0;
  std::optional<Verdict> searched;         // the judge that looks at the history alone
  std::string conflict;                    // its words, when it is not linearizable
  std::vector<std::uint64_t> conflicting;  // its calls, by their number in the trace
};

struct RunResult {
  std::uint64_t seed = 0;
  std::uint64_t hash = 0;
  std::uint64_t events = 0;  // items popped from the queue
  std::uint64_t trace_events = 0;
  std::uint64_t checks = 0;       // of invariants
  std::int64_t virtual_time = 0;  // nanoseconds
  std::uint64_t elections = 0;
  std::optional<Violation> violation;  // of an invariant: the first; the run ends there
  std::optional<LawfulLoss> lawful_loss;
  // Why the history is not linearizable, where the scenario expects just that.
  std::optional<std::string> not_linearizable;
  std::vector<ExpectationResult> expectations;
  HistoryResult history;

  bool Passed() const;
};

// Deterministic: the same scenario and seed give the same result and the same events, always.
RunResult Run(const Scenario& scenario, const RunOptions& options);

}  // namespace drydock::sim
