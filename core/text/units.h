// Exact numbers and units: decimals of a file become integers without floating point, and what does
// not fit exactly is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"

namespace drydock {

// The longest time that a file may name, about 31 years: sums of a few never overflow.
inline constexpr std::int64_t kMaxFileDuration = 1'000'000'000'000'000'000;

enum class Sign : std::uint8_t { kNotNegative, kAny };

// "150ms", "1.2s", "85us", "0"; units ns us ms s m. A negative one ("-2s") only with Sign::kAny.
// Errors: no or another unit, a part of a nanosecond, more than kMaxFileDuration. Error texts are
// phrases without a place, such as: expected a duration such as "150ms" or "2s".
Result<Duration> ParseDuration(std::string_view text, Sign sign = Sign::kNotNegative);
// The shortest spelling that ParseDuration reads back: "1.5s", "85us", "0".
std::string FormatDuration(Duration duration);

// A JSON number: mantissa * 10^exponent, with no zeros at the mantissa's end.
struct Decimal {
  bool negative = false;
  std::uint64_t mantissa = 0;
  std::int32_t exponent = 0;
};
// Reads the text of a JSON number, with or without exponent. Errors: more digits than 64 bits
// hold (about 19), an exponent beyond +/-999.
Result<Decimal> ParseDecimal(std::string_view text);

// The number times 10^places as a whole number: 1.05 with 6 places is 1050000. Errors: a finer
// fraction than that, a number past `max` (of the result), and, below zero, any number.
Result<std::uint64_t> ScaleDecimal(const Decimal& number, int places, std::uint64_t max);
// What ScaleDecimal read, as a decimal: 1050000 with 6 places is "1.05".
std::string FormatScaled(std::uint64_t scaled, int places);

// 0 to 1 in parts of 2^32, to the nearest; only 0 gives 0 and only 1 gives 2^32.
Result<std::uint64_t> ParseProbability(std::string_view text);
// The shortest decimal that ParseProbability reads back as `probability` (at most 2^32).
std::string FormatProbability(std::uint64_t probability);

}  // namespace drydock
