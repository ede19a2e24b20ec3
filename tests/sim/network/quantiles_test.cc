#include "sim/network/quantiles.h"

#include <doctest/doctest.h>

#include <cstdint>

#include "core/base/random.h"

namespace drydock::sim {
namespace {

constexpr std::uint64_t kUpper = std::uint64_t{1} << 63;

// Bits whose tail has the probability numerator / 2^shift.
std::uint64_t TailBits(std::uint64_t numerator, int shift) {
  return kUpper | (numerator << (64 - shift));
}

bool Near(Fixed value, Fixed expected, Fixed tolerance) {
  return value - expected <= tolerance && expected - value <= tolerance;
}

TEST_CASE("knots fall with the probability of the tail and end at the mean") {
  CHECK(kNormalQuantiles.back() == 0);
  for (std::size_t i = 1; i < kNormalQuantiles.size(); ++i) {
    REQUIRE(kNormalQuantiles[i] < kNormalQuantiles[i - 1]);
  }
}

TEST_CASE("known quantiles come out within 10^-4, also far out") {
  const Fixed tolerance = kOne / 10000;
  CHECK(Near(NormalFromBits(TailBits(1, 2)), 2896911419, tolerance));    // 0.674490
  CHECK(Near(NormalFromBits(TailBits(1, 10)), 13302669398, tolerance));  // 3.097269
  CHECK(Near(NormalFromBits(TailBits(3, 12)), 13664694470, tolerance));  // 3.181560
  const std::uint64_t percent = kUpper / 50;                             // q 0.01
  CHECK(Near(NormalFromBits(kUpper | percent), kNormal99, tolerance));
  CHECK(Near(NormalFromBits(percent), -kNormal99, tolerance));
}

TEST_CASE("both halves mirror each other, meet at 0 and are cut at 6.3 standard deviations") {
  CHECK(NormalFromBits(kUpper) == kNormalQuantiles.front());
  CHECK(NormalFromBits(0) == -kNormalQuantiles.front());
  CHECK(Near(NormalFromBits(~std::uint64_t{0}), 0, kOne / 1000000));
  CHECK(Near(NormalFromBits(kUpper - 1), 0, kOne / 1000000));
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t bits = Mix(i) >> 1;
    REQUIRE(NormalFromBits(bits) == -NormalFromBits(bits | kUpper));
  }
}

TEST_CASE("values fall without a jump as the tail grows") {
  Fixed before = kNormalQuantiles.front();
  for (std::uint64_t q = 0; q < kUpper - (kUpper >> 16); q += kUpper >> 16) {
    const Fixed value = NormalFromBits(kUpper | q);
    REQUIRE(value <= before);
    if (q > kUpper >> 12) REQUIRE(before - value < kOne / 20);
    before = value;
  }
}

}  // namespace
}  // namespace drydock::sim
