#include "tools/load/settings.h"

#include <string>

namespace drydock::tools {
namespace {

// More than any store here carries in one message.
constexpr std::uint32_t kMostBytes = 64 << 20;
constexpr std::uint32_t kMostClients = 100000;
constexpr std::uint64_t kMostRate = 10'000'000;

Status CheckRange(const char* flag, std::uint64_t value, std::uint64_t min, std::uint64_t max) {
  if (value >= min && value <= max) return Ok();
  return Error{std::string(flag) + " is from " + std::to_string(min) + " to " +
               std::to_string(max) + ", found " + std::to_string(value)};
}

std::size_t Digits(std::uint64_t number) {
  return std::to_string(number).size();
}

Status CheckKeys(const LoadSettings& settings) {
  const Status keys = CheckRange("--keys", settings.keys, 1, 1'000'000'000);
  if (!keys.ok()) return keys;
  const std::size_t least = Digits(settings.keys - 1) + 1;
  if (settings.key_size >= least && settings.key_size <= kMostBytes) return Ok();
  return Error{"--key-size is at least " + std::to_string(least) + " for " +
               std::to_string(settings.keys) + " keys and at most " + std::to_string(kMostBytes) +
               ", found " + std::to_string(settings.key_size)};
}

}  // namespace

Status CheckLoadSettings(const LoadSettings& settings) {
  const Status checks[] = {
      CheckRange("--clients", settings.clients, 1, kMostClients),
      CheckRange("--rate", settings.rate, 0, kMostRate),
      CheckRange("--max-outstanding", settings.max_outstanding, 1, kMostClients),
      CheckRange("--value-size", settings.value_size, 0, kMostBytes),
      CheckRange("--reads", settings.read_percent, 0, 100),
      CheckKeys(settings),
  };
  for (const Status& check : checks) {
    if (!check.ok()) return check;
  }
  if (settings.operations == 0 && settings.length <= Duration()) {
    return Error{"--for must be longer than nothing; write for example 10s"};
  }
  return Ok();
}

std::uint32_t MostOutstanding(const LoadSettings& settings) {
  return settings.rate == 0 ? settings.clients : settings.max_outstanding;
}

}  // namespace drydock::tools
