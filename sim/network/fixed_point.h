// Fixed-point numbers with 32 binary digits after the point: the simulator's only fractions.
#pragma once

#include <cstdint>

namespace drydock::sim {

// A number times 2^32. Range about +/- 2 * 10^9, step 2.3 * 10^-10.
using Fixed = std::int64_t;
inline constexpr Fixed kOne = Fixed{1} << 32;

// value * factor, rounded towards minus infinity; held within the range of int64.
std::int64_t Scale(std::int64_t value, Fixed factor);

// a / b as a fixed-point number, b not 0; the caller knows that it fits.
Fixed Ratio(std::int64_t a, std::int64_t b);

// The natural logarithm of numerator / denominator, both above 0; exact to 2^-31.
Fixed LogOfRatio(std::uint64_t numerator, std::uint64_t denominator);

// value * e^exponent for a value of 0 or more; exact to about 10^-9 of the result or 1, whichever
// is more; held within the range of int64.
std::int64_t ScaleByExp(std::int64_t value, Fixed exponent);

}  // namespace drydock::sim
