#include "sim/network/fixed_point.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

namespace drydock::sim {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

// Known values, times 2^32, from a computation with 50 decimal digits.
struct KnownLog {
  std::uint64_t numerator, denominator;
  Fixed logarithm;
};

TEST_CASE("the logarithm of a ratio matches known values") {
  const KnownLog known[] = {
      {1u, 1u, 0},
      {2u, 1u, 2977044472},
      {1u, 2u, -2977044472},
      {10u, 1u, 9889527671},
      {3u, 2u, 1741459379},
      {1000000u, 1u, 59337166024},
      {999999u, 1000000u, -4295},
      {9223372036854775808u, 1u, 187553801725},
      {1u, 9223372036854775809u, -187553801725},
      {18446744073709551615u, 18446744073709551614u, 0},
      {120000u, 85000u, 1481078611},
      {5u, 1u, 6912483199},
      {1000000007u, 998244353u, 7547103},
  };
  for (const KnownLog& k : known) {
    const Fixed off = LogOfRatio(k.numerator, k.denominator) - k.logarithm;
    CAPTURE(k.numerator);
    CAPTURE(k.denominator);
    CHECK(off >= -2);
    CHECK(off <= 2);
  }
}

struct KnownExp {
  Fixed exponent;
  std::int64_t result;  // 10^12 * e^exponent
};

TEST_CASE("scaling by an exponential matches known values to one in a thousand million") {
  const KnownExp known[] = {
      {0, 1000000000000},
      {1, 1000000000233},
      {-1, 999999999767},
      {4294967296, 2718281828459},
      {-4294967296, 367879441171},
      {2147483648, 1648721270700},
      {2977044471, 1999999999618},
      {2977044471, 1999999999618},
      {2977044472, 2000000000084},
      {-2977044472, 499999999979},
      {21474836480, 148413159102577},
      {42949672960, 22026465794806717},
      {-42949672960, 45399930},
      {-85899345920, 2061},
      {68719476736, 8886110520507872637},
      {123456789, 1029161634425},
      {-987654321, 794568410777},
      {12345678901, 17715719713889},
  };
  for (const KnownExp& k : known) {
    const std::int64_t off = ScaleByExp(1000000000000, k.exponent) - k.result;
    const std::int64_t allowed = k.result / 1000000000 + 1;
    CAPTURE(k.exponent);
    CHECK(off >= -allowed);
    CHECK(off <= allowed);
  }
}

TEST_CASE("an exponential grows with its exponent, also across powers of two") {
  std::int64_t before = 0;
  for (Fixed x = -3 * kOne; x <= 3 * kOne; x += kOne / 509) {
    const std::int64_t value = ScaleByExp(1000000000, x);
    REQUIRE(value > before);
    before = value;
  }
}

TEST_CASE("results outside the range are held at its end") {
  CHECK(ScaleByExp(kMax, kOne) == kMax);
  CHECK(ScaleByExp(1, 43 * kOne) / 1000000000 == 4727839468);  // just within
  CHECK(ScaleByExp(1, 44 * kOne) == kMax);
  CHECK(ScaleByExp(1, kMax) == kMax);
  CHECK(ScaleByExp(kMax, std::numeric_limits<Fixed>::min()) == 0);
  CHECK(ScaleByExp(kMax, -50 * kOne) == 0);
  CHECK(ScaleByExp(0, 5 * kOne) == 0);
  CHECK(Scale(kMax, 2 * kOne) == kMax);
  CHECK(Scale(std::numeric_limits<std::int64_t>::min(), 2 * kOne) ==
        std::numeric_limits<std::int64_t>::min());
}

TEST_CASE("scaling and ratios of plain numbers") {
  CHECK(Scale(1000, kOne / 4) == 250);
  CHECK(Scale(-1000, kOne / 4) == -250);
  CHECK(Scale(3, -kOne) == -3);
  CHECK(Scale(-1, kOne / 2) == -1);
  CHECK(Ratio(1, 4) == kOne / 4);
  CHECK(Ratio(-3, 2) == -kOne - kOne / 2);
}

}  // namespace
}  // namespace drydock::sim
