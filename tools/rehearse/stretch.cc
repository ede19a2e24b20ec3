#include "tools/rehearse/stretch.h"

#include <cmath>

namespace drydock::tools {
namespace {

class Stretcher {
 public:
  explicit Stretcher(double factor) : factor_(factor) {}

  void operator()(Duration& time) const {
    const double longer = static_cast<double>(time.nanoseconds()) * factor_;
    time = Duration::Nanoseconds(std::llround(longer));
  }
  void operator()(std::optional<Duration>& time) const {
    if (time.has_value()) (*this)(*time);
  }
  void operator()(sim::Event& event) const {
    (*this)(event.at);
    std::visit(
        [this](auto& action) {
          if constexpr (requires { action.length; }) (*this)(action.length);
          if constexpr (requires { action.flap; }) (*this)(action.flap);
          if constexpr (requires { action.within; }) (*this)(action.within);
        },
        event.action);
  }
  void operator()(sim::Expectation& expectation) const {
    (*this)(expectation.by);
    (*this)(expectation.at);
    if (!expectation.during.has_value()) return;
    (*this)(expectation.during->first);
    (*this)(expectation.during->second);
  }

 private:
  double factor_;
};

}  // namespace

sim::Scenario Stretched(sim::Scenario scenario, double factor) {
  const Stretcher stretch(factor);
  stretch(scenario.until);
  stretch(scenario.config.election_timeout_min);
  stretch(scenario.config.election_timeout_max);
  stretch(scenario.config.heartbeat_interval);
  stretch(scenario.workload.start);
  stretch(scenario.workload.stop);
  stretch(scenario.workload.attempt_timeout);
  stretch(scenario.workload.deadline);
  for (sim::Event& event : scenario.events) stretch(event);
  for (sim::Expectation& expectation : scenario.expect) stretch(expectation);
  return scenario;
}

}  // namespace drydock::tools
