#include "sim/decisions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace drydock::sim {
namespace {

TEST_CASE("decisions by chance that came out yes are kept, and pinned they need no chance") {
  const Pins no_pins;
  Pins taken;
  Stream chancy(7, "n0>n1", no_pins, &taken);
  std::vector<bool> drawn;
  for (int i = 0; i < 200; ++i) drawn.push_back(chancy.Chance(Decision::kLoss, kCertain / 10));
  CHECK(std::count(drawn.begin(), drawn.end(), true) == taken.at("n0>n1").size());
  Stream pinned(8, "n0>n1", taken);
  for (const bool yes : drawn) CHECK(pinned.Chance(Decision::kLoss, 0) == yes);
}

TEST_CASE("what was certain or pinned is no chance that was taken") {
  const Pins pins = {{"n0>n1", {{{Decision::kDuplicate, 0}, 1}}}};
  Pins taken;
  Stream stream(7, "n0>n1", pins, &taken);
  CHECK(stream.Chance(Decision::kFilter, kCertain));
  CHECK(stream.Chance(Decision::kDuplicate, kCertain / 2));
  CHECK(taken.at("n0>n1").empty());
}

}  // namespace
}  // namespace drydock::sim
