#include "sim/check/register_search.h"

#include <algorithm>
#include <deque>

#include "sim/check/walk.h"

namespace drydock::sim {
namespace {

// A narrow walk keeps a few configurations. Where it gets stuck it goes back and keeps more for a
// while; each time that does not help it goes back twice as far and keeps four times as many.
constexpr std::size_t kBeam = 16;
constexpr std::size_t kStride = 64;  // events between two places to go back to
constexpr unsigned kFewTries = 2;
constexpr unsigned kManyTries = 5;

SearchResult Undecided(std::uint64_t steps) {
  return {Judgement::kUndecided, steps, 0, {}};
}

SearchResult StuckResult(const Walk& walk, std::uint64_t steps) {
  return {Judgement::kNotLinearizable, steps, walk.StuckAt(), walk.Possible()};
}

class NarrowSearch {
 public:
  NarrowSearch(KeyProblem& problem, const SearchLimits& limits, unsigned most_tries)
      : limits_(limits), most_tries_(most_tries), walk_(problem, limits_) {
    walk_.SetBeam(kBeam);
  }
  NarrowSearch(const NarrowSearch&) = delete;
  NarrowSearch& operator=(const NarrowSearch&) = delete;

  // Undecided if it was stuck only because it is narrow.
  SearchResult Run() {
    for (;;) {
      if (walk_.at() % kStride == 0) Remember();
      switch (walk_.RunUntil((walk_.at() / kStride + 1) * kStride)) {
        case Walk::State::kEnd:
          return {Judgement::kLinearizable, steps(), 0, {}};
        case Walk::State::kOverLimit:
          return Undecided(steps());
        case Walk::State::kStuck:
          if (walk_.exact()) return StuckResult(walk_, steps());
          if (!GoBack()) return Undecided(steps());
          break;
        case Walk::State::kGoing:
          if (walk_.at() > wide_until_) walk_.SetBeam(kBeam);
          break;
      }
    }
  }

 private:
  std::uint64_t steps() const { return wasted_ + walk_.steps(); }

  void Remember() {
    if (!places_.empty() && places_.back().at() >= walk_.at()) return;
    places_.push_back(walk_);
    if (places_.size() > (std::size_t{1} << most_tries_)) places_.pop_front();
  }

  // False if that was tried often enough.
  bool GoBack() {
    tries_ = walk_.at() <= wide_until_ ? tries_ + 1 : 1;
    if (tries_ > most_tries_) return false;
    wide_until_ = std::max(wide_until_, walk_.at() + kStride);
    for (std::size_t i = 1; i < (std::size_t{1} << (tries_ - 1)) && places_.size() > 1; ++i) {
      places_.pop_back();
    }
    wasted_ += walk_.steps() - places_.back().steps();
    walk_ = places_.back();
    walk_.SetBeam(kBeam << (2 * tries_));
    // What was spent in vain counts towards the limit.
    limits_.steps -= std::min(limits_.steps, wasted_ - charged_);
    charged_ = wasted_;
    return true;
  }

  SearchLimits limits_;
  const unsigned most_tries_;
  Walk walk_;
  std::deque<Walk> places_;
  std::size_t wide_until_ = 0;
  unsigned tries_ = 0;
  std::uint64_t wasted_ = 0;
  std::uint64_t charged_ = 0;
};

SearchResult FullSearch(KeyProblem& problem, const SearchLimits& limits, bool generous) {
  Walk walk(problem, limits);
  if (generous) walk.SetGenerous();
  const Walk::State state = walk.RunUntil(problem.events.size());
  if (state == Walk::State::kStuck) return StuckResult(walk, walk.steps());
  if (state == Walk::State::kOverLimit || !walk.exact()) return Undecided(walk.steps());
  return {Judgement::kLinearizable, walk.steps(), 0, {}};
}

enum class Way : std::uint8_t { kNarrow, kGenerous, kNarrowPatient, kFull };

SearchResult SearchBy(Way way, KeyProblem& problem, const SearchLimits& limits) {
  switch (way) {
    case Way::kNarrow:
      return NarrowSearch(problem, limits, kFewTries).Run();
    case Way::kNarrowPatient:
      return NarrowSearch(problem, limits, kManyTries).Run();
    case Way::kGenerous:
      return FullSearch(problem, limits, /*generous=*/true);
    case Way::kFull:
      break;
  }
  return FullSearch(problem, limits, /*generous=*/false);
}

bool AnyOptional(const KeyProblem& problem) {
  return std::any_of(problem.steps.begin(), problem.steps.end(),
                     [](const Step& step) { return step.optional; });
}

}  // namespace

// Lost answers make the full search grow without end, though they seldom decide anything: mostly an
// order is found soon that uses few of them, or there is none even if each counts any number of
// times. A narrow search that was never cut is a full one.
SearchResult Search(KeyProblem& problem, const SearchLimits& limits) {
  struct Attempt {
    Way way;
    std::uint64_t part;  // of the steps that are left: one in so many
  };
  constexpr Attempt kAttempts[] = {
      {Way::kNarrow, 4}, {Way::kGenerous, 6}, {Way::kNarrowPatient, 2}, {Way::kFull, 1}};
  const bool grants = AnyOptional(problem) && !problem.appends;
  std::uint64_t steps = 0;
  for (const Attempt& attempt : kAttempts) {
    if (attempt.way == Way::kGenerous && !grants) continue;
    SearchLimits some = limits;
    some.steps = (limits.steps - std::min(limits.steps, steps)) / attempt.part;
    SearchResult result = SearchBy(attempt.way, problem, some);
    result.steps += steps;
    if (result.judgement != Judgement::kUndecided) return result;
    steps = result.steps;
  }
  return Undecided(steps);
}

}  // namespace drydock::sim
