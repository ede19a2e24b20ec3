// The draws of a generator: a sequence that depends on the seed alone.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"

namespace drydock::sim {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : seed_(seed) {}

  // From 0 to bound - 1; 0 for bound 0.
  std::uint64_t Below(std::uint64_t bound) { return Reduce(Mix(seed_, ordinal_++), bound); }
  bool OneIn(std::uint64_t chances) { return Below(chances) == 0; }
  // Both ends are drawn, too.
  std::uint64_t From(std::pair<std::uint64_t, std::uint64_t> range) {
    return range.first + Below(range.second - range.first + 1);
  }
  // Small values as often as large ones: a factor of two is as likely anywhere in the range.
  std::uint64_t Scale(std::pair<std::uint64_t, std::uint64_t> range) {
    std::pair<std::uint64_t, std::uint64_t> part = range;
    while (part.second > part.first * 2 + 1 && OneIn(2))
      part.second = (part.first + part.second) / 2;
    return From(part);
  }
  // In whole milliseconds, as a person would write it.
  Duration Time(std::pair<Duration, Duration> range) {
    constexpr std::int64_t kMillisecond = 1'000'000;
    const auto first = static_cast<std::uint64_t>(range.first.nanoseconds() / kMillisecond);
    const auto last = static_cast<std::uint64_t>(range.second.nanoseconds() / kMillisecond);
    return Duration::Milliseconds(static_cast<std::int64_t>(From({first, last})));
  }
  template <class Value>
  const Value& OneOf(const std::vector<Value>& values) {
    return values[Below(values.size())];
  }
  // Each with an even chance, at least one; in the order of the list.
  template <class Value>
  std::vector<Value> SomeOf(const std::vector<Value>& values) {
    std::vector<Value> some;
    for (const Value& value : values) {
      if (OneIn(2)) some.push_back(value);
    }
    if (some.empty() && !values.empty()) some.push_back(OneOf(values));
    return some;
  }

 private:
  std::uint64_t seed_;
  std::uint64_t ordinal_ = 0;
};

}  // namespace drydock::sim
