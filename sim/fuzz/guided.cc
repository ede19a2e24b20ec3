#include "sim/fuzz/guided.h"

#include "sim/fuzz/dense.h"
#include "sim/fuzz/dice.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/mutate.h"

namespace drydock::sim {
namespace {

constexpr std::uint64_t kBreeder = 0x6272'6565'6465'7221;  // another stream than all others
constexpr std::uint64_t kDrawnOneIn = 3;
constexpr std::uint64_t kWholeOneIn = 8;  // of those that are drawn: from all of the profile

}  // namespace

Scenario Breed(const Profile& profile, const Corpus& corpus, std::uint64_t seed) {
  Dice dice(Mix(seed + Mix(kBreeder)));
  if (corpus.empty() || dice.OneIn(kDrawnOneIn)) {
    return Generate(dice.OneIn(kWholeOneIn) ? profile : Dense(profile), seed);
  }
  const Scenario& parent = corpus.Pick(dice);
  return Mutate(parent, corpus.Pick(dice), profile, seed);
}

}  // namespace drydock::sim
