#include <algorithm>
#include <utility>
#include <variant>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/shrink_passes.h"
#include "sim/scenario/names.h"

namespace drydock::sim {
namespace {

void ExpectNothing(Event& event) {
  if (auto* call = std::get_if<ScriptedCall>(&event.action)) {
    call->expect = ScriptedCall::Expect::kAnything;
    call->expect_value.clear();
  } else if (auto* change = std::get_if<ChangeMembers>(&event.action)) {
    change->expect.reset();
  } else if (auto* transfer = std::get_if<TransferLeader>(&event.action)) {
    transfer->expect.reset();
  }
}

// Only the answer to one event counts; the whole number: to none.
void ExpectOneAnswer(Scenario& scenario, std::size_t event) {
  for (std::size_t i = 0; i < scenario.events.size(); ++i) {
    if (i != event) ExpectNothing(scenario.events[i]);
  }
}

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

Scenario WithEvents(const Scenario& scenario, const std::vector<std::size_t>& left) {
  Scenario candidate = scenario;
  candidate.events.clear();
  for (const std::size_t i : left) candidate.events.push_back(scenario.events[i]);
  return WithoutDangling(std::move(candidate));
}

void RemoveExpectations(Trials& trials) {
  const Scenario base = trials.best();
  TakeAway(base.expect.size(), [&](const std::vector<std::size_t>& left) {
    Scenario candidate = trials.best();
    candidate.expect.clear();
    for (const std::size_t i : left) candidate.expect.push_back(base.expect[i]);
    return trials.Try(candidate);
  });
}

}  // namespace

bool TryChange(Trials& trials, const std::function<void(Scenario&)>& change) {
  Scenario candidate = trials.best();
  change(candidate);
  return candidate != trials.best() && trials.Try(candidate);
}

void KeepOneExpectation(Trials& trials) {
  const std::string& property = trials.failure().property;
  const Scenario base = trials.best();
  if (property == kExpectedAnswer) {
    TryChange(trials, [](Scenario& scenario) { scenario.expect.clear(); });
    for (std::size_t i = 0; i < base.events.size(); ++i) {
      if (TryChange(trials, [i](Scenario& scenario) { ExpectOneAnswer(scenario, i); })) return;
    }
    return;
  }
  TryChange(trials, [](Scenario& scenario) { ExpectOneAnswer(scenario, kNone); });
  for (const Expectation& one : base.expect) {
    if (property != kExpected + std::string(kThatNames[static_cast<std::size_t>(one.that)])) {
      continue;
    }
    if (TryChange(trials, [&one](Scenario& scenario) { scenario.expect = {one}; })) return;
  }
  RemoveExpectations(trials);
}

void RemoveEvents(Trials& trials) {
  const Scenario base = trials.best();
  TakeAway(base.events.size(), [&](const std::vector<std::size_t>& left) {
    return trials.TryWithSeeds(WithEvents(base, left));
  });
}

void RemovePairsOfEvents(Trials& trials) {
  constexpr std::size_t kMost = 16;
  for (std::size_t first = 0; first < trials.best().events.size(); ++first) {
    for (std::size_t second = first + 1; second < trials.best().events.size(); ++second) {
      if (trials.best().events.size() > kMost) return;
      std::vector<std::size_t> left;
      for (std::size_t i = 0; i < trials.best().events.size(); ++i) {
        if (i != first && i != second) left.push_back(i);
      }
      if (trials.TryWithSeeds(WithEvents(trials.best(), left))) second = first;
    }
  }
}

// Two at a time first: a cluster of four needs as many votes as one of five.
void RemoveNodes(Trials& trials) {
  for (std::uint32_t a = trials.best().nodes; a-- > 1;) {
    for (std::uint32_t b = a; b-- > 0;) {
      if (trials.best().nodes < 4 || a >= trials.best().nodes) break;
      Scenario candidate = WithoutNode(WithoutNode(trials.best(), NodeId(a)), NodeId(b));
      if (trials.TryWithSeeds(std::move(candidate))) break;
    }
  }
  for (std::uint32_t node = trials.best().nodes; node-- > 0;) {
    if (trials.best().nodes < 2 || node >= trials.best().nodes) continue;
    trials.TryWithSeeds(WithoutNode(trials.best(), NodeId(node)));
  }
}

}  // namespace drydock::sim
