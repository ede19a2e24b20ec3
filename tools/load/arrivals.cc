#include "tools/load/arrivals.h"

#include <cmath>

#include "core/base/random.h"

namespace drydock::tools {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kGaps = 0x41727269;  // keeps these draws apart from those of the workload

// From above 0 to 1.
double Uniform(std::uint64_t bits) {
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  return static_cast<double>((bits >> 11) + 1) / kSteps;
}

}  // namespace

ArrivalTimes::ArrivalTimes(Arrivals pattern, std::uint64_t rate, std::uint64_t seed,
                           TimePoint begin)
    : pattern_(pattern), rate_(rate), seed_(seed), begin_(begin), next_(begin) {
  if (pattern_ == Arrivals::kPoisson) Pop();
}

void ArrivalTimes::Pop() {
  ++popped_;
  next_ = begin_ + SinceBegin();
}

// Constant times are computed from the count, so that rounding never adds up.
Duration ArrivalTimes::SinceBegin() {
  if (pattern_ == Arrivals::kConstant) {
    return Duration::Nanoseconds(static_cast<std::int64_t>(Uint128{popped_} * kSecond / rate_));
  }
  const double mean = static_cast<double>(kSecond) / static_cast<double>(rate_);
  poisson_ns_ -= mean * std::log(Uniform(Mix(Mix(seed_, kGaps), popped_)));
  return Duration::Nanoseconds(static_cast<std::int64_t>(poisson_ns_));
}

}  // namespace drydock::tools
