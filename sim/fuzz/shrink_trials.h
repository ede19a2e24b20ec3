// The smallest failing scenario so far, and how a smaller one is tried.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/fuzz/shrink.h"
#include "sim/fuzz/shrink_guard.h"

namespace drydock::sim {

// What tells two failures apart: the property, and of a failed check in the core also which one.
std::string SignatureOf(const Failure& failure);

class Trials {
 public:
  // `start` fails with `failure` and holds its seed. The options must outlive the trials.
  Trials(Scenario start, Failure failure, const ShrinkOptions& options);

  const Scenario& best() const { return best_; }
  const Failure& failure() const { return failure_; }
  const ShrinkProgress& spent() const { return spent_; }
  // Whether the budget is used up; then nothing is accepted any more.
  bool Ended() const;
  // How often something was accepted.
  std::uint64_t accepted() const { return accepted_; }

  // From now on only scenarios in which the failure means what it means in the best one.
  void Guard() { guard_ = ShrinkGuard(best_, failure_.property); }
  const ShrinkGuard& guard() const { return guard_; }

  // Whether the candidate is new, valid and fails alike; then it is the best. It is what is read
  // from the file that is written of it.
  bool Try(const Scenario& candidate);
  // With its own seed and then with small ones, until it fails alike.
  bool TryWithSeeds(Scenario candidate);
  // How many seeds that are.
  void SetSeeds(std::uint64_t seeds) { seeds_ = seeds; }

  // Goes back to a scenario that was the best one.
  struct Mark {
    Scenario best;
    Failure failure;
  };
  Mark Remember() const { return {best_, failure_}; }
  void Return(Mark mark);

 private:
  Scenario best_;
  Failure failure_;
  std::string signature_;
  const ShrinkOptions& options_;
  ShrinkGuard guard_;
  ShrinkProgress spent_;
  std::set<std::uint64_t> tried_;  // hashes of the files
  std::uint64_t accepted_ = 0;
  std::uint64_t seeds_ = 0;
};

// Takes away as many of `count` things as it can: first many at once, then single ones.
// `try_only` tries the best scenario of the beginning with only these of them, ascending.
void TakeAway(std::size_t count,
              const std::function<bool(const std::vector<std::size_t>& left)>& try_only);

}  // namespace drydock::sim
