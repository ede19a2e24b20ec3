// What broke in a run, by name: so that two runs can be said to have broken the same thing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/run/run.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// How the names begin of what a scenario expects, and the name of a wrong answer.
inline constexpr const char* kExpected = "expected ";
inline constexpr const char* kExpectedAnswer = "expected answer";

struct Failure {
  // Of an invariant or a judge: its name ("election safety", "linearizability"). Of what the
  // scenario expects: "expected logs_equal", with the name that scenario files have for it; of a
  // scripted call, transfer or change that was answered otherwise: "expected answer". Of a loss for
  // which disks are to blame, where the scenario does not expect one: "nothing is lost".
  std::string property;
  std::string detail;
  std::int64_t time = 0;  // nanoseconds from the start
};

// The first thing that broke; null: the run passed. An invariant comes before expectations, which
// are not judged once it is broken.
std::optional<Failure> FailureOf(const Scenario& scenario, const RunResult& result);

}  // namespace drydock::sim
