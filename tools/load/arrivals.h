// When the operations of an open loop are meant to start.
#pragma once

#include <cstdint>

#include "core/base/time.h"
#include "tools/load/settings.h"

namespace drydock::tools {

// A pure function of its arguments: nothing that happens moves a later arrival.
class ArrivalTimes {
 public:
  // `rate` a second, at least 1.
  ArrivalTimes(Arrivals pattern, std::uint64_t rate, std::uint64_t seed, TimePoint begin);

  // When the next one is due.
  TimePoint next() const { return next_; }
  void Pop();

 private:
  Duration SinceBegin();

  const Arrivals pattern_;
  const std::uint64_t rate_;
  const std::uint64_t seed_;
  const TimePoint begin_;
  std::uint64_t popped_ = 0;
  double poisson_ns_ = 0;  // the sum of all gaps until now
  TimePoint next_;
};

}  // namespace drydock::tools
