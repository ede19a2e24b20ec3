// A node's own clock: runs at a rate of its own and can jump, all in integers.
#pragma once

#include <cstdint>

#include "core/base/random.h"
#include "core/base/time.h"

namespace drydock::sim {

class NodeClock {
 public:
  // What the clock shows at the virtual time `now`.
  TimePoint At(std::int64_t now) const {
    return TimePoint::FromNanoseconds(shown_ + Scale(now - since_, rate_ppm_, 1000000));
  }
  // The first virtual time, not before `now`, at which the clock shows at least `shown`.
  std::int64_t When(TimePoint shown, std::int64_t now) const {
    const std::int64_t ahead = shown.nanoseconds() - shown_;
    std::int64_t when = since_ + Scale(ahead, 1000000, rate_ppm_);
    while (At(when) < shown) ++when;  // the division rounds down
    return when < now ? now : when;
  }
  void SetRate(std::int64_t now, std::int64_t rate_ppm) {
    shown_ = At(now).nanoseconds();
    since_ = now;
    rate_ppm_ = rate_ppm;
  }
  void Jump(Duration by) { shown_ += by.nanoseconds(); }

 private:
  static std::int64_t Scale(std::int64_t value, std::int64_t by, std::int64_t over) {
    if (by == over) return value;
    __extension__ using Wide = __int128;
    return static_cast<std::int64_t>(static_cast<Wide>(value) * by / over);
  }

  std::int64_t since_ = 0;  // virtual time of the last change
  std::int64_t shown_ = 0;  // what the clock showed then
  std::int64_t rate_ppm_ = 1000000;
};

}  // namespace drydock::sim
