// Keeps a shrunk failure meaningful: a cluster that gets no time, no quorum or no calls breaks what
// is expected of it, and that is no bug.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/fuzz/standing_faults.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// What a failed expectation asks of a scenario; that of an answer asks it of the call.
struct Check {
  std::optional<Expectation::That> that;  // null: a call with an expected answer
  std::string key;                        // of a value or a call
  bool reads = false;                     // depends on what was written under the key
  Duration from, to;                      // when it is looked at
  std::uint64_t at_least = 0;             // of progress
};
// The first that breaks `property`; null if that is none of the scenario's own.
std::optional<Check> CheckOf(const Scenario& scenario, const std::string& property);

class ShrinkGuard {
 public:
  ShrinkGuard() = default;  // allows everything
  // Measured by a scenario in which the failure means something.
  ShrinkGuard(const Scenario& scenario, const std::string& property);

  // Broken invariants mean something in any scenario. With an expectation: the quiet time before
  // the check is as long, nothing more is broken then, and what it asks for is asked for.
  bool Allows(const Scenario& candidate) const;
  // Whether the failure is one of what the scenario expects.
  bool active() const { return measured_.has_value(); }

 private:
  struct Measure {
    Duration quiet;            // from the last moment before the check's end, to that end
    Duration length;           // of the check
    std::uint64_t inside = 0;  // moments of faults within it
    StandingFaults standing;   // at its end
    bool majority = false;     // works then
    std::uint32_t nodes = 0;
    std::uint64_t calls = 0;    // scripted, within the check
    std::uint64_t writes = 0;   // scripted, of the key, before its end
    std::uint64_t changes = 0;  // of members, before its end
    Duration served;            // how much of the check has a workload
    std::uint32_t clients = 0;
    bool slow = false;      // latencies are set
    bool ill_loss = false;  // a disk is lost where nothing is promised then
    Settings config;
  };
  static std::optional<Measure> MeasureOf(const Scenario& scenario, const std::string& property);

  std::string property_;
  std::optional<Measure> measured_;
};

}  // namespace drydock::sim
