// The scenarios that a guided fuzzer breeds from: for each situation a few that reach it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/situations.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// Bounded: at most kKept scenarios for each situation, however many runs there are.
class Corpus {
 public:
  static constexpr std::size_t kKept = 4;

  Corpus();

  // What a run reached. The scenario is kept if it is among the first to reach one of them, or
  // takes fewer events to reach a rare one than those that are kept.
  void Note(const Scenario& scenario, const SituationSet& reached, std::uint64_t events);

  bool empty() const { return reached_.Count() == 0; }
  // One that reaches a rare situation: the fewer runs have reached it, the likelier.
  const Scenario& Pick(Dice& dice) const;

  const SituationSet& reached() const { return reached_; }  // by any run
  std::uint64_t RunsThatReached(SituationId id) const { return places_[id].runs; }

 private:
  struct Example {
    std::shared_ptr<const Scenario> scenario;
    std::uint64_t events = 0;
  };
  struct Place {  // of one situation
    std::uint64_t runs = 0;
    std::vector<Example> examples;
  };

  std::vector<Place> places_;
  std::vector<SituationId> known_;  // those that some run reached, as they came
  SituationSet reached_;
};

}  // namespace drydock::sim
