// Normally distributed numbers without floating point, from a committed table.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "sim/network/fixed_point.h"

namespace drydock::sim {

// How far from the mean a tail of probability q begins, in standard deviations: 32 octaves of q,
// from 2^-33 up to 1/2, each in 32 equal cells. So the tails are as exact as the middle.
inline constexpr std::size_t kQuantileKnots = 32 * 32 + 1;
extern const std::array<Fixed, kQuantileKnots> kNormalQuantiles;

// The 99th percentile, in standard deviations.
inline constexpr Fixed kNormal99 = 9991588038;

// A standard normal number out of 64 even bits: the first is its sign, the others are the tail's
// probability, interpolated between knots. Within 10^-4; cut at 6.3 standard deviations.
inline Fixed NormalFromBits(std::uint64_t bits) {
  const std::uint64_t q = (bits << 1) | 1;  // out of 2^65
  const auto octave = static_cast<std::size_t>(std::countl_zero(q));
  Fixed distance = kNormalQuantiles[0];
  if (octave < 32) {
    const std::uint64_t within = q << octave << 1;  // 5 digits name the cell, the rest the place
    const std::size_t cell = (31 - octave) * 32 + static_cast<std::size_t>(within >> 59);
    const auto place = static_cast<Fixed>((within << 5) >> 32);
    const Fixed step = kNormalQuantiles[cell + 1] - kNormalQuantiles[cell];
    distance = kNormalQuantiles[cell] + step * place / kOne;
  }
  const Fixed sign = static_cast<Fixed>(bits >> 63) * 2 - 1;  // no branch: it would be a coin toss
  return sign * distance;
}

}  // namespace drydock::sim
