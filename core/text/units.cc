#include "core/text/units.h"

#include <array>
#include <optional>
#include <utility>

#include "core/text/words.h"

namespace drydock {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kMaxDigits = 19;  // more cannot fit into 64 bits

struct Unit {
  std::string_view name;
  std::uint64_t nanoseconds;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}, {"ns", 1}}};

constexpr bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

Wide PowerOfTen(int exponent) {
  Wide power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// Adds digits to a mantissa; false when there are too many to be exact.
class Digits {
 public:
  bool Add(char c, bool fraction) {
    if (fraction) --exponent_;
    ++zeros_;  // a zero counts only if another digit follows
    if (c == '0') return true;
    if (mantissa_ != 0 && zeros_ > kMaxDigits) return false;
    Wide wide = mantissa_;
    if (mantissa_ != 0) wide *= PowerOfTen(zeros_);
    wide += static_cast<std::uint64_t>(c - '0');
    if (wide > UINT64_MAX) return false;
    mantissa_ = static_cast<std::uint64_t>(wide);
    zeros_ = 0;
    return true;
  }
  std::uint64_t mantissa() const { return mantissa_; }
  int exponent() const { return mantissa_ == 0 ? 0 : exponent_ + zeros_; }

 private:
  std::uint64_t mantissa_ = 0;
  int zeros_ = 0;  // since the last digit that is none
  int exponent_ = 0;
};

// The digits and the fraction at the beginning of `text`, which they are removed from; nullopt if
// there are none or too many.
std::optional<Decimal> TakeDigits(std::string_view& text) {
  Digits digits;
  std::size_t i = 0;
  for (; i < text.size() && IsDigit(text[i]); ++i) {
    if (!digits.Add(text[i], false)) return std::nullopt;
  }
  if (i == 0) return std::nullopt;
  if (i < text.size() && text[i] == '.') {
    const std::size_t point = i++;
    for (; i < text.size() && IsDigit(text[i]); ++i) {
      if (!digits.Add(text[i], true)) return std::nullopt;
    }
    if (i == point + 1) return std::nullopt;
  }
  text.remove_prefix(i);
  return Decimal{false, digits.mantissa(), digits.exponent()};
}

// mantissa * 10^exponent * factor if that is whole and at most `max`.
enum class Fit : std::uint8_t { kFits, kTooFine, kTooLarge };
std::pair<Fit, std::uint64_t> Multiply(const Decimal& number, std::uint64_t factor,
                                       std::uint64_t max) {
  if (number.mantissa == 0) return {Fit::kFits, 0};
  Wide product = Wide{number.mantissa} * factor;
  int exponent = number.exponent;
  for (; exponent < 0; ++exponent) {
    if (product % 10 != 0) return {Fit::kTooFine, 0};
    product /= 10;
  }
  for (; exponent > 0; --exponent) {
    if (product > max) return {Fit::kTooLarge, 0};
    product *= 10;
  }
  if (product > max) return {Fit::kTooLarge, 0};
  return {Fit::kFits, static_cast<std::uint64_t>(product)};
}

Error NotADuration(std::string_view text) {
  return Error{"expected a duration such as \"150ms\" or \"2s\" (units ns, us, ms, s, m), found " +
               Quote(text)};
}

Result<std::int64_t> ReadExponent(std::string_view text) {
  constexpr std::int64_t kMaxExponent = 999;
  const bool negative = text.substr(0, 1) == "-";
  if (negative || text.substr(0, 1) == "+") text.remove_prefix(1);
  if (text.empty()) return Error{"an exponent without digits"};
  std::int64_t value = 0;
  for (const char c : text) {
    if (!IsDigit(c)) return Error{"an exponent that is no whole number"};
    value = value * 10 + (c - '0');
    if (value > kMaxExponent) return Error{"an exponent beyond 999"};
  }
  return negative ? -value : value;
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text, Sign sign) {
  if (text == "0") return Duration();
  std::string_view rest = text;
  const bool negative = rest.substr(0, 1) == "-";
  if (negative) rest.remove_prefix(1);
  const std::optional<Decimal> number = TakeDigits(rest);
  if (!number.has_value()) return NotADuration(text);
  const Unit* unit = nullptr;
  for (const Unit& candidate : kUnits) {
    if (candidate.name == rest) unit = &candidate;
  }
  if (unit == nullptr) {
    if (rest.empty()) {
      return Error{"the duration " + Quote(text) + " lacks its unit (ns, us, ms, s or m)"};
    }
    return NotADuration(text);
  }
  if (negative && sign != Sign::kAny) {
    return Error{"the duration " + Quote(text) + " is negative"};
  }
  const auto [fit, value] = Multiply(*number, unit->nanoseconds, kMaxFileDuration);
  if (fit == Fit::kTooFine) {
    return Error{"the duration " + Quote(text) + " is not a whole number of nanoseconds"};
  }
  if (fit == Fit::kTooLarge) {
    return Error{"the duration " + Quote(text) + " is more than 1000000000s"};
  }
  const auto nanoseconds = static_cast<std::int64_t>(value);
  return Duration::Nanoseconds(negative ? -nanoseconds : nanoseconds);
}

std::string FormatDuration(Duration duration) {
  const std::int64_t nanoseconds = duration.nanoseconds();
  if (nanoseconds == 0) return "0";
  const std::string sign = nanoseconds < 0 ? "-" : "";
  const std::uint64_t size = nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds)
                                             : static_cast<std::uint64_t>(nanoseconds);
  if (size >= 1'000'000'000) return sign + FormatScaled(size, 9) + "s";
  if (size >= 1'000'000) return sign + FormatScaled(size, 6) + "ms";
  if (size >= 1'000) return sign + FormatScaled(size, 3) + "us";
  return sign + std::to_string(size) + "ns";
}

Result<Decimal> ParseDecimal(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.substr(0, 1) == "-";
  if (negative) rest.remove_prefix(1);
  std::optional<Decimal> number = TakeDigits(rest);
  if (!number.has_value()) {
    return Error{"the number " + Shorten(text) + " has too many digits"};
  }
  number->negative = negative && number->mantissa != 0;
  if (rest.empty()) return *number;
  rest.remove_prefix(1);  // the 'e'
  const Result<std::int64_t> exponent = ReadExponent(rest);
  if (!exponent.ok()) return Error{"the number " + Shorten(text) + " has " + exponent.error().text};
  if (number->mantissa != 0) number->exponent += static_cast<std::int32_t>(exponent.value());
  return *number;
}

Result<std::uint64_t> ScaleDecimal(const Decimal& number, int places, std::uint64_t max) {
  if (number.negative) return Error{"must not be negative"};
  Decimal scaled = number;
  scaled.exponent += places;
  const auto [fit, value] = Multiply(scaled, 1, max);
  if (fit == Fit::kTooFine) {
    return Error{places == 0 ? "must be a whole number"
                             : "may have at most " + std::to_string(places) + " decimal places"};
  }
  if (fit == Fit::kTooLarge) return Error{"may be at most " + FormatScaled(max, places)};
  return value;
}

std::string FormatScaled(std::uint64_t scaled, int places) {
  std::string digits = std::to_string(scaled);
  const auto count = static_cast<std::size_t>(places);
  if (digits.size() <= count) digits.insert(0, count + 1 - digits.size(), '0');
  std::string text = digits.substr(0, digits.size() - count);
  std::string fraction = digits.substr(digits.size() - count);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : text + "." + fraction;
}

Result<std::uint64_t> ParseProbability(std::string_view text) {
  constexpr std::uint64_t kOne = std::uint64_t{1} << 32;
  constexpr int kNegligible = 38;  // digits after the point; beyond it 10^n leaves 128 bits
  const Result<Decimal> parsed = ParseDecimal(text);
  if (!parsed.ok()) return parsed.error();
  const Decimal& number = parsed.value();
  const Error out_of_range{"a probability is from 0 to 1, found " + Shorten(text)};
  if (number.negative) return out_of_range;
  if (number.mantissa == 0) return std::uint64_t{0};
  if (number.exponent >= 0) {
    if (number.mantissa == 1 && number.exponent == 0) return kOne;
    return out_of_range;
  }
  // What is not impossible stays possible, what is not certain stays uncertain.
  if (-number.exponent >= kNegligible) return std::uint64_t{1};
  const Wide divisor = PowerOfTen(-number.exponent);
  if (number.mantissa > divisor) return out_of_range;
  const Wide rounded = (Wide{number.mantissa} * kOne + divisor / 2) / divisor;
  if (rounded == 0) return std::uint64_t{1};
  return rounded >= kOne ? kOne - 1 : static_cast<std::uint64_t>(rounded);
}

std::string FormatProbability(std::uint64_t probability) {
  for (int places = 0; places < 12; ++places) {
    // A probability lies between two neighbours with so many places: try both.
    const Wide scaled = (Wide{probability} * PowerOfTen(places)) >> 32;
    for (std::uint64_t step = 0; step < 2; ++step) {
      std::string text = FormatScaled(static_cast<std::uint64_t>(scaled) + step, places);
      const Result<std::uint64_t> back = ParseProbability(text);
      if (back.ok() && back.value() == probability) return text;
    }
  }
  DRYDOCK_CHECK(false, probability);
  return "";
}

}  // namespace drydock
