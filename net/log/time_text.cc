#include "net/log/time_text.h"

#include <charconv>
#include <chrono>
#include <cstddef>

namespace drydock::net {
namespace {

void AppendPadded(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  const auto count = static_cast<std::size_t>(end - digits);
  if (count < width) out.append(width - count, '0');
  out.append(digits, count);
}

}  // namespace

// 64 bits of nanoseconds reach from the year 1677 to 2262.
std::string TimeText(std::int64_t unix_ns) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(unix_ns)};
  const auto midnight = floor<days>(time);
  const std::chrono::year_month_day date(midnight);
  const auto micros =
      static_cast<std::uint64_t>(floor<std::chrono::microseconds>(time - midnight).count());
  const std::uint64_t seconds = micros / 1000000;
  std::string text;
  AppendPadded(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  const auto next = [&text](char before, std::uint64_t number, std::size_t width) {
    text += before;
    AppendPadded(text, number, width);
  };
  next('-', static_cast<unsigned>(date.month()), 2);
  next('-', static_cast<unsigned>(date.day()), 2);
  next('T', seconds / 3600, 2);
  next(':', seconds / 60 % 60, 2);
  next(':', seconds % 60, 2);
  next('.', micros % 1000000, 6);
  return text + 'Z';
}

}  // namespace drydock::net
