#include "sim/network/fixed_point.h"

#include <array>
#include <bit>
#include <cstddef>
#include <limits>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

__extension__ using Wide = __int128;
__extension__ using UnsignedWide = unsigned __int128;

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

// Inner steps carry 60 digits after the point.
constexpr int kDigits = 60;
constexpr std::int64_t kOne60 = std::int64_t{1} << kDigits;
constexpr std::int64_t kLogTwo60 = 799144290325165979;  // ln 2 * 2^60
constexpr Fixed kInverseLogTwo = 6196328019;            // 2^32 / ln 2, rounded

constexpr std::int64_t Multiply60(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>((static_cast<Wide>(a) * b) >> kDigits);
}

// e^x for x in [0, 1/32), both with 60 digits; the first term left out is below 2 * 10^-12.
constexpr std::int64_t SeriesExp60(std::int64_t x) {
  std::int64_t sum = kOne60 / 120;
  for (const std::int64_t reciprocal : {kOne60 / 24, kOne60 / 6, kOne60 / 2, kOne60, kOne60}) {
    sum = Multiply60(sum, x) + reciprocal;
  }
  return sum;
}

// e^(i/32), from e^(1/64) squared and multiplied up.
constexpr std::array<std::int64_t, 24> MakeSteps() {
  const std::int64_t half_step = SeriesExp60(kOne60 / 64);
  const std::int64_t step = Multiply60(half_step, half_step);
  std::array<std::int64_t, 24> steps{kOne60};
  for (std::size_t i = 1; i < steps.size(); ++i) steps[i] = Multiply60(steps[i - 1], step);
  return steps;
}
constexpr std::array<std::int64_t, 24> kSteps = MakeSteps();

// e^x for x in [0, 0.75).
std::int64_t SmallExp60(std::int64_t x) {
  constexpr int kStepDigits = kDigits - 5;
  const auto step = static_cast<std::size_t>(x >> kStepDigits);
  return Multiply60(kSteps[step], SeriesExp60(x & ((std::int64_t{1} << kStepDigits) - 1)));
}

}  // namespace

std::int64_t Scale(std::int64_t value, Fixed factor) {
  const Wide product = (static_cast<Wide>(value) * factor) >> 32;
  if (product > kMax) return kMax;
  if (product < kMin) return kMin;
  return static_cast<std::int64_t>(product);
}

Fixed Ratio(std::int64_t a, std::int64_t b) {
  DRYDOCK_CHECK(b != 0, a);
  return static_cast<Fixed>(static_cast<Wide>(a) * kOne / b);
}

// With m in [1, 2) and the ratio m * 2^k: ln m = 2 (t + t^3/3 + t^5/5 + ...), t = (m - 1) / (m +
// 1).
Fixed LogOfRatio(std::uint64_t numerator, std::uint64_t denominator) {
  DRYDOCK_CHECK(numerator > 0 && denominator > 0, numerator, denominator);
  const int shift_numerator = std::countl_zero(numerator);
  const int shift_denominator = std::countl_zero(denominator);
  UnsignedWide m = (static_cast<UnsignedWide>(numerator << shift_numerator) << kDigits) /
                   (denominator << shift_denominator);
  int exponent = shift_denominator - shift_numerator;
  if (m < static_cast<UnsignedWide>(kOne60)) {
    m <<= 1;
    --exponent;
  }
  const auto mantissa = static_cast<std::int64_t>(m);
  const auto t = static_cast<std::int64_t>((static_cast<Wide>(mantissa - kOne60) << kDigits) /
                                           (static_cast<Wide>(mantissa) + kOne60));
  const std::int64_t square = Multiply60(t, t);
  std::int64_t sum = 0;
  std::int64_t power = t;
  for (std::int64_t n = 1; power != 0; n += 2) {
    sum += power / n;
    power = Multiply60(power, square);
  }
  const Wide logarithm = static_cast<Wide>(exponent) * kLogTwo60 + 2 * static_cast<Wide>(sum);
  const Wide half = Wide{1} << (kDigits - 33);
  return static_cast<Fixed>((logarithm + half) >> (kDigits - 32));
}

// With exponent = k ln 2 + r and r in [0, ln 2): e^exponent = 2^k e^r.
std::int64_t ScaleByExp(std::int64_t value, Fixed exponent) {
  DRYDOCK_CHECK(value >= 0, value);
  if (value == 0) return 0;
  auto k = static_cast<std::int64_t>((static_cast<Wide>(exponent) * kInverseLogTwo) >> 64);
  if (k > 63) return kMax;
  if (k < -64) return 0;
  auto r = static_cast<std::int64_t>((static_cast<Wide>(exponent) << (kDigits - 32)) -
                                     static_cast<Wide>(k) * kLogTwo60);
  if (r < 0) r = 0;  // 1 / ln 2 was rounded: off by less than the last digit
  const UnsignedWide product =
      static_cast<UnsignedWide>(value) * static_cast<UnsignedWide>(SmallExp60(r));
  const std::int64_t shift = kDigits - k;
  if (shift <= 0) {
    const UnsignedWide limit = static_cast<UnsignedWide>(kMax) >> -shift;
    return product > limit ? kMax : static_cast<std::int64_t>(product << -shift);
  }
  if (shift > 126) return 0;
  const UnsignedWide rounded = (product + (UnsignedWide{1} << (shift - 1))) >> shift;
  return rounded > static_cast<UnsignedWide>(kMax) ? kMax : static_cast<std::int64_t>(rounded);
}

}  // namespace drydock::sim
