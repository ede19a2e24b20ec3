#include "sim/fuzz/shrink_trials.h"

#include <numeric>
#include <utility>

#include "core/base/hasher.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim {

std::string SignatureOf(const Failure& failure) {
  if (failure.property != kCheckInTheCore) return failure.property;
  // Behind the condition come its values.
  return failure.property + ": " + failure.detail.substr(0, failure.detail.rfind(" ("));
}

Trials::Trials(Scenario start, Failure failure, const ShrinkOptions& options)
    : best_(std::move(start)),
      failure_(std::move(failure)),
      signature_(SignatureOf(failure_)),
      options_(options) {}

bool Trials::Ended() const {
  return spent_.runs >= options_.max_runs || spent_.simulated >= options_.max_simulated;
}

bool Trials::Try(const Scenario& candidate) {
  if (Ended() || !guard_.Allows(candidate)) return false;
  const std::string text = WriteScenario(candidate);
  Hasher hasher;
  hasher.Add(text);
  if (!tried_.insert(hasher.Finish()).second) return false;
  Result<Scenario> read = ParseScenario(text, "candidate");
  if (!read.ok()) return false;
  spent_.events = best_.events.size();
  spent_.until = best_.until;
  if (options_.progress) options_.progress(spent_);
  Tried tried = options_.run(read.value(), read.value().seed.value_or(0));
  ++spent_.runs;
  spent_.simulated += tried.events;
  if (!tried.failure.has_value() || SignatureOf(*tried.failure) != signature_) return false;
  best_ = std::move(read.value());
  failure_ = std::move(*tried.failure);
  ++accepted_;
  return true;
}

bool Trials::TryWithSeeds(Scenario candidate) {
  if (Try(candidate)) return true;
  for (std::uint64_t seed = 1; seed <= seeds_; ++seed) {
    candidate.seed = seed;
    if (Try(candidate)) return true;
  }
  return false;
}

void Trials::Return(Mark mark) {
  best_ = std::move(mark.best);
  failure_ = std::move(mark.failure);
}

void TakeAway(std::size_t count,
              const std::function<bool(const std::vector<std::size_t>& left)>& try_only) {
  std::vector<std::size_t> left(count);
  std::iota(left.begin(), left.end(), std::size_t{0});
  for (std::size_t chunk = count; chunk > 0; chunk /= 2) {
    bool again = true;
    while (again) {
      again = false;
      // From the end: what comes late depends on what came before, not the other way round.
      for (std::size_t end = left.size(); end > 0; end -= std::min(chunk, end)) {
        const std::size_t begin = end - std::min(chunk, end);
        std::vector<std::size_t> fewer(left.begin(), left.begin() + begin);
        fewer.insert(fewer.end(), left.begin() + end, left.end());
        if (!try_only(fewer)) continue;
        left = std::move(fewer);
        again = chunk == 1;
      }
    }
  }
}

}  // namespace drydock::sim
