// A run as a page for a person, and as JSON for a machine.
#pragma once

#include <string>
#include <vector>

#include "sim/report/story.h"
#include "sim/run/run.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

struct ReportInput {
  const Scenario& scenario;
  const RunResult& result;
  const std::vector<StoryLine>& story;
  std::vector<std::string> chain;  // what led to the violation, oldest first
  std::string replay;              // the command that runs it again
  std::int64_t wall_ns = 0;        // measured by the caller; not part of the result
};

std::string TextReport(const ReportInput& input);
std::string JsonReport(const ReportInput& input);
// The last line of the run's trace (docs/trace.md), without its line break.
std::string TraceEnd(const ReportInput& input);

}  // namespace drydock::sim
