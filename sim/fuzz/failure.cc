#include "sim/fuzz/failure.h"

#include <algorithm>
#include <cstddef>

#include "sim/scenario/names.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;

// The first results are those of the scenario's expectations, in its order; behind them come those
// of its events.
std::string PropertyOf(const Scenario& scenario, std::size_t place) {
  if (place >= scenario.expect.size()) return kExpectedAnswer;
  const auto that = static_cast<std::size_t>(scenario.expect[place].that);
  return kExpected + std::string(kThatNames[that]);
}

std::string DetailOf(const ExpectationResult& result) {
  return result.why.empty() ? result.text : result.text + ": " + result.why;
}

}  // namespace

std::optional<Failure> FailureOf(const Scenario& scenario, const RunResult& result) {
  if (result.violation.has_value()) {
    const Violation& violation = *result.violation;
    return Failure{violation.property, violation.detail, violation.time};
  }
  const bool may_lose =
      std::any_of(scenario.expect.begin(), scenario.expect.end(),
                  [](const Expectation& one) { return one.that == That::kLawfulLoss; });
  if (result.lawful_loss.has_value() && !may_lose) {
    return Failure{"nothing is lost", result.lawful_loss->what, result.lawful_loss->time};
  }
  for (std::size_t i = 0; i < result.expectations.size(); ++i) {
    const ExpectationResult& one = result.expectations[i];
    if (!one.held) return Failure{PropertyOf(scenario, i), DetailOf(one), one.decided_at};
  }
  return std::nullopt;
}

}  // namespace drydock::sim
