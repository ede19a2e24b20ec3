// What a scenario expects, watched while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine/cluster.h"
#include "sim/engine/targets.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// An expectation and what became of it. `because` is the scenario's reason, `why` what was seen.
struct ExpectationResult {
  std::string text;  // "one leader by 1s"
  bool held = false;
  bool decided = false;
  std::int64_t decided_at = 0;
  std::string why;
  std::string because;
};

// "by": true at that moment, and told since when. "during": at every moment of the interval. "at"
// and "at end": at that moment. Times come in order.
class Expectations {
 public:
  Expectations(const std::vector<Expectation>& list, std::int64_t until, Cluster& cluster,
               TargetResolver& targets);

  // Moments at which an expectation begins, ends or is checked, ascending.
  std::vector<std::int64_t> Moments() const;
  // Called at each such moment, before events of the same time have run.
  void OnMoment(std::int64_t now);
  // Called after each event; looks only at what may have changed.
  void OnChange(std::int64_t now);
  // At the end of the run.
  void Finish(std::int64_t now);
  // Adds what was judged outside: the result of a scripted call, of the history's judge.
  void AddResult(ExpectationResult result);

  const std::vector<ExpectationResult>& results() const { return results_; }

 private:
  struct Watch {
    const Expectation* expectation = nullptr;
    std::size_t result = 0;
    std::int64_t from = 0;              // first moment that counts
    std::int64_t to = 0;                // last one
    bool open = false;                  // within its interval and undecided
    std::optional<std::int64_t> since;  // true without a break
    std::uint64_t calls_before = 0;
    std::uint64_t busy_before = 0;
  };
  struct Seen {
    bool holds = false;
    std::string what;
  };

  void Open(Watch& watch);
  void Look(Watch& watch, std::int64_t now);
  void Conclude(Watch& watch, std::int64_t now);
  void Decide(Watch& watch, bool held, std::int64_t now, std::string why);
  Seen See(const Watch& watch);
  Seen SeeLeaders(const Expectation& expectation);
  Seen SeeNewLeader(const Expectation& expectation);
  Seen SeeRoles(const Expectation& expectation);
  Seen SeeLogsEqual(const Expectation& expectation);
  std::string LeftOut(const Targets& among) const;
  Seen SeeValue(const Expectation& expectation);
  Seen SeeMembers(const Expectation& expectation);
  Seen SeeState(const Expectation& expectation, NodeState wanted, const char* word);
  Seen SeeUncommitted(const Expectation& expectation);
  Seen SeeCallsAnswered(const Expectation& expectation);
  Seen SeeCount(const Expectation& expectation, std::uint64_t count, const char* unit);

  std::int64_t until_;
  Cluster& cluster_;
  TargetResolver& targets_;
  std::vector<Watch> watches_;
  std::vector<ExpectationResult> results_;
  Versions seen_;
  std::size_t open_ = 0;
};

// The text of an expectation as a person would say it.
std::string Describe(const Expectation& expectation);
// A duration in the largest unit that keeps it exact: "1.5s", "85us".
std::string TextOf(Duration duration);

}  // namespace drydock::sim
