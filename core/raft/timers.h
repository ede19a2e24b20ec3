// The timers of a node: what is armed, for when, and which is due first.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/base/time.h"
#include "core/protocol/trace_event.h"

namespace drydock {

// A value. TimePoint::Max() is "not armed".
class Timers {
 public:
  Timers() { Clear(); }

  TimePoint operator[](TimerId timer) const { return deadlines_[static_cast<std::size_t>(timer)]; }
  bool IsArmed(TimerId timer) const { return (*this)[timer] != TimePoint::Max(); }
  // Asked several times in each step, and set in few.
  TimePoint next() const { return next_; }

  void Set(TimerId timer, TimePoint deadline) {
    TimePoint& own = deadlines_[static_cast<std::size_t>(timer)];
    const bool was_next = own == next_;
    own = deadline;
    if (deadline <= next_) {
      next_ = deadline;
    } else if (was_next) {
      next_ = *std::min_element(deadlines_.begin(), deadlines_.end());
    }
  }
  void Clear() {
    deadlines_.fill(TimePoint::Max());
    next_ = TimePoint::Max();
  }

 private:
  std::array<TimePoint, kTimerCount> deadlines_;
  TimePoint next_ = TimePoint::Max();
};

}  // namespace drydock
