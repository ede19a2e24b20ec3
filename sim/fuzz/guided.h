// Guided fuzzing: scenarios are drawn where that is cheap, or bred from those that reached what few
// reach.
#pragma once

#include <cstdint>

#include "sim/fuzz/corpus.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// So many runs use the corpus as it was when the first of them began. Whoever notes their results
// in the order of seeds, and only then goes on, gets the same scenarios with any number of jobs.
inline constexpr std::uint64_t kGeneration = 64;

// The scenario of this seed: a pure function of all three. One in a few is drawn and not bred, most
// of these from the dense part of the profile, and all are as long as the corpus is empty.
Scenario Breed(const Profile& profile, const Corpus& corpus, std::uint64_t seed);

}  // namespace drydock::sim
