#include "sim/fuzz/corpus.h"

#include <algorithm>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

// So many situations are drawn, and the rarest of them is bred from.
constexpr std::uint64_t kDraws = 6;

}  // namespace

Corpus::Corpus() : places_(Situations::Count()) {}

void Corpus::Note(const Scenario& scenario, const SituationSet& reached, std::uint64_t events) {
  std::shared_ptr<const Scenario> kept;  // one copy for all places
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const auto id = static_cast<SituationId>(i);
    if (!reached.Contains(id)) continue;
    Place& place = places_[id];
    if (place.runs++ == 0) known_.push_back(id);
    const auto longest =
        std::max_element(place.examples.begin(), place.examples.end(),
                         [](const Example& a, const Example& b) { return a.events < b.events; });
    const bool has_room = place.examples.size() < kKept;
    if (!has_room && longest->events <= events) continue;
    if (kept == nullptr) kept = std::make_shared<const Scenario>(scenario);
    if (has_room) {
      place.examples.push_back({kept, events});
    } else {
      *longest = {kept, events};
    }
  }
  reached_.Merge(reached);
}

const Scenario& Corpus::Pick(Dice& dice) const {
  DRYDOCK_CHECK(!known_.empty());
  const Place* rarest = nullptr;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    const Place& place = places_[dice.OneOf(known_)];
    if (rarest == nullptr || place.runs < rarest->runs) rarest = &place;
  }
  return *dice.OneOf(rarest->examples).scenario;
}

}  // namespace drydock::sim
