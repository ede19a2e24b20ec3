// Time on a node's own clock: integer nanoseconds, never floating point, never read from a system.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace drydock {

// A span of time in nanoseconds; may be negative.
class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration Nanoseconds(std::int64_t n) { return Duration(n); }
  static constexpr Duration Microseconds(std::int64_t n) { return Duration(n * 1000); }
  static constexpr Duration Milliseconds(std::int64_t n) { return Duration(n * 1000000); }
  static constexpr Duration Seconds(std::int64_t n) { return Duration(n * 1000000000); }

  constexpr std::int64_t nanoseconds() const { return ns_; }
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return Duration(a.ns_ + b.ns_); }
  friend constexpr Duration operator-(Duration a, Duration b) { return Duration(a.ns_ - b.ns_); }

 private:
  constexpr explicit Duration(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

// A moment, in nanoseconds since the clock's own zero. Max() is "never".
class TimePoint {
 public:
  constexpr TimePoint() = default;
  static constexpr TimePoint FromNanoseconds(std::int64_t n) { return TimePoint(n); }
  static constexpr TimePoint Max() { return TimePoint(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t nanoseconds() const { return ns_; }
  friend constexpr auto operator<=>(TimePoint, TimePoint) = default;
  friend constexpr TimePoint operator+(TimePoint t, Duration d) {
    return TimePoint(t.ns_ + d.nanoseconds());
  }
  friend constexpr TimePoint operator-(TimePoint t, Duration d) {
    return TimePoint(t.ns_ - d.nanoseconds());
  }
  friend constexpr Duration operator-(TimePoint a, TimePoint b) {
    return Duration::Nanoseconds(a.ns_ - b.ns_);
  }

 private:
  constexpr explicit TimePoint(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

}  // namespace drydock
