#include "sim/fuzz/scenario_times.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

#include "sim/fuzz/scenario_targets.h"

namespace drydock::sim {
namespace {

struct LengthFinder {
  template <class Some>
  std::optional<Duration>* operator()(Some& action) const {
    if constexpr (requires { action.length; }) return &action.length;
    return nullptr;
  }
};

// The moments of everything but the events, to be read or changed.
std::vector<Duration*> OtherMoments(Scenario& scenario) {
  std::vector<Duration*> moments;
  if (scenario.workload.clients > 0) {
    moments.push_back(&scenario.workload.start);
    if (scenario.workload.stop) moments.push_back(&*scenario.workload.stop);
  }
  for (Expectation& expectation : scenario.expect) {
    if (expectation.by) moments.push_back(&*expectation.by);
    if (expectation.at) moments.push_back(&*expectation.at);
    if (!expectation.during) continue;
    moments.push_back(&expectation.during->first);
    moments.push_back(&expectation.during->second);
  }
  moments.push_back(&scenario.until);
  return moments;
}

void Shorten(Event& event, Duration end) {
  std::optional<Duration>* length = LengthOf(event.action);
  if (length != nullptr && *length && event.at + **length >= end) length->reset();
}

}  // namespace

std::optional<Duration>* LengthOf(Action& action) {
  return std::visit(LengthFinder{}, action);
}

std::vector<Duration> MomentsOf(const Scenario& scenario) {
  Scenario copy = scenario;
  std::set<Duration> moments;
  for (Event& event : copy.events) {
    moments.insert(event.at);
    const std::optional<Duration>* length = LengthOf(event.action);
    if (length != nullptr && *length) moments.insert(std::min(event.at + **length, copy.until));
  }
  for (const Duration* moment : OtherMoments(copy)) moments.insert(*moment);
  moments.erase(Duration());
  return {moments.begin(), moments.end()};
}

Scenario WithTimes(Scenario scenario, const std::function<Duration(Duration)>& to) {
  const Duration until = scenario.until;
  for (Event& event : scenario.events) {
    const Duration at = to(event.at);
    std::optional<Duration>* length = LengthOf(event.action);
    // What ends after the run has an end that nobody sees.
    if (length != nullptr && *length && event.at + **length <= until) {
      const Duration left = to(event.at + **length) - at;
      if (left > Duration()) *length = left;
    }
    event.at = at;
  }
  for (Duration* moment : OtherMoments(scenario)) *moment = to(*moment);
  return scenario;
}

Scenario Until(Scenario scenario, Duration end) {
  std::erase_if(scenario.events, [end](const Event& event) { return event.at > end; });
  for (Event& event : scenario.events) Shorten(event, end);
  std::erase_if(scenario.expect, [end](const Expectation& expectation) {
    return std::max({expectation.by.value_or(Duration()), expectation.at.value_or(Duration()),
                     expectation.during ? expectation.during->second : Duration()}) > end;
  });
  Workload& workload = scenario.workload;
  if (workload.stop && *workload.stop >= end) workload.stop.reset();
  workload.start = std::min(workload.start, end);
  scenario.until = end;
  return WithoutDangling(std::move(scenario));
}

}  // namespace drydock::sim
