#include "sim/fuzz/dense.h"

namespace drydock::sim {
namespace {

// So many quarters of the way from the least to the most; times in whole milliseconds.
std::uint64_t PartOf(const Range<std::uint64_t>& range, std::uint64_t quarters) {
  return range.first + (range.second - range.first) * quarters / 4;
}
Duration PartOf(const Range<Duration>& range, std::int64_t quarters) {
  const std::int64_t width = range.second.nanoseconds() - range.first.nanoseconds();
  return range.first + Duration::Milliseconds(width / 4'000'000 * quarters);
}

}  // namespace

Profile Dense(Profile profile) {
  profile.faults.first = PartOf(profile.faults, 2);
  profile.fault_phase.second = PartOf(profile.fault_phase, 1);
  profile.clients.second = profile.clients.first;
  profile.think_time.first = PartOf(profile.think_time, 2);
  return profile;
}

}  // namespace drydock::sim
