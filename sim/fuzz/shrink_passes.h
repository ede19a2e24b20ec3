// The ways in which a failing scenario is made smaller. Each tries candidates by its own lights and
// leaves the best one in the trials; for sim/fuzz/shrink*.cc only.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/time.h"
#include "sim/decisions.h"
#include "sim/fuzz/shrink_trials.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// A step that makes the scenario larger first, to see how small it becomes then, may take so many
// runs.
inline constexpr std::uint64_t kSideStepRuns = 400;

// Tries the best scenario with a change; one that changes nothing is no candidate.
bool TryChange(Trials& trials, const std::function<void(Scenario&)>& change);

// --- shrink_events.cc ---------------------------------------------------------------------------

// Leaves what failed as the only thing that is expected.
void KeepOneExpectation(Trials& trials);
void RemoveEvents(Trials& trials);
void RemovePairsOfEvents(Trials& trials);
void RemoveNodes(Trials& trials);

// --- shrink_time.cc -----------------------------------------------------------------------------

void CutTheEnd(Trials& trials);
void CloseGaps(Trials& trials);
void RoundMoments(Trials& trials);

// --- shrink_actions.cc, shrink_settings.cc, shrink_workload.cc ----------------------------------

void SimplifyActions(Trials& trials);
void SimplifyCalls(Trials& trials);  // their keys and values
void SimplifySettings(Trials& trials);
void SimplifyNetworkAndDisks(Trials& trials);
void SimplifyWorkload(Trials& trials);
// Instead of a workload, the few of its calls that matter.
void ScriptWorkload(Trials& trials);

// --- shrink_chance.cc ---------------------------------------------------------------------------

// Nodes drawn by chance become the nodes that they were.
void NameDrawnNodes(Trials& trials);
// The node that led becomes "leader".
void NameLeaders(Trials& trials);
// What may happen by chance becomes what happened, pinned; only where that takes few pins.
void PinChances(Trials& trials);
void RemovePins(Trials& trials);
void TrySmallSeeds(Trials& trials);

// --- shrink_round.cc ----------------------------------------------------------------------------

// What a person might have written instead, the roundest first; each is rounder than the value.
std::vector<Duration> RounderThan(Duration duration);
std::vector<std::uint64_t> RounderThan(std::uint64_t count);
std::vector<Probability> RounderChances(Probability chance);
// Simpler models, the simplest first; none for a constant that is round.
std::vector<Latency> SimplerThan(const Latency& latency);

}  // namespace drydock::sim
