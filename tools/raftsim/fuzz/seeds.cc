#include "tools/raftsim/fuzz/seeds.h"

#include <charconv>
#include <optional>

#include "core/text/units.h"
#include "core/text/words.h"

namespace drydock::tools {
namespace {

std::optional<std::uint64_t> NumberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

// Two numbers with that sign between them.
std::optional<std::pair<std::uint64_t, std::uint64_t>> TwoNumbers(std::string_view text,
                                                                  char sign) {
  const std::size_t middle = text.find(sign);
  if (middle == std::string_view::npos) return {};
  const auto first = NumberIn(text.substr(0, middle));
  const auto second = NumberIn(text.substr(middle + 1));
  if (!first.has_value() || !second.has_value()) return {};
  return std::pair(*first, *second);
}

}  // namespace

Result<SeedRange> ParseSeeds(const std::string& text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  const auto numbers = TwoNumbers(text, ':');
  if (!numbers.has_value()) {
    return Error{"--seeds: expected two numbers such as 1:20000, found " + Quote(text)};
  }
  if (numbers->first > numbers->second || numbers->second > kMost) {
    return Error{
        "--seeds: the first seed must not be above the last, and that at most 2^62; found " +
        Quote(text)};
  }
  return SeedRange{numbers->first, numbers->second};
}

Result<Shard> ParseShard(const std::string& text) {
  const auto numbers = TwoNumbers(text, '/');
  if (!numbers.has_value() || numbers->first == 0 || numbers->first > numbers->second) {
    return Error{"--shard: expected I/N with I from 1 to N, such as 2/8; found " + Quote(text)};
  }
  return Shard{numbers->first, numbers->second};
}

Result<std::uint64_t> ParseBudget(const std::string& text) {
  const Result<Duration> budget = ParseDuration(text);
  if (!budget.ok()) return Error{"--for: " + budget.error().text};
  const auto ms = static_cast<std::uint64_t>(budget.value().nanoseconds() / 1'000'000);
  if (ms == 0) return Error{"--for: at least 1ms, found " + Quote(text)};
  return ms;
}

}  // namespace drydock::tools
