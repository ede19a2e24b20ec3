#include <algorithm>
#include <array>

#include "sim/fuzz/scenario_times.h"
#include "sim/fuzz/shrink_passes.h"

namespace drydock::sim {
namespace {

// What is left of a gap between two moments, the shortest first.
constexpr std::array<Duration, 11> kGaps = {
    Duration(),
    Duration::Milliseconds(10),
    Duration::Milliseconds(50),
    Duration::Milliseconds(100),
    Duration::Milliseconds(200),
    Duration::Milliseconds(300),
    Duration::Milliseconds(500),
    Duration::Seconds(1),
    Duration::Seconds(2),
    Duration::Seconds(3),
    Duration::Seconds(5),
};

// The time from `begin` to `end` becomes so long; what follows comes so much earlier or later.
Scenario WithGap(const Scenario& scenario, Duration begin, Duration end, Duration length) {
  const Duration shift = length - (end - begin);
  return WithTimes(scenario,
                   [=](Duration moment) { return moment < end ? moment : moment + shift; });
}

Duration RoundUp(Duration moment, Duration unit) {
  const std::int64_t step = unit.nanoseconds();
  return Duration::Nanoseconds((moment.nanoseconds() + step - 1) / step * step);
}

bool BreaksBeforeTheEnd(const Trials& trials) {
  return trials.failure().time < trials.best().until.nanoseconds();
}

// The moment before the one with this number.
Duration Before(const std::vector<Duration>& moments, std::size_t number) {
  return number == 0 ? Duration() : moments[number - 1];
}

}  // namespace

void CutTheEnd(Trials& trials) {
  if (trials.guard().active()) return;
  const auto cut_to = [&trials](Duration end) {
    return end > Duration() && trials.Try(Until(trials.best(), end));
  };
  if (BreaksBeforeTheEnd(trials)) {
    const Duration broken = Duration::Nanoseconds(trials.failure().time);
    for (const Duration unit : {Duration::Milliseconds(100), Duration::Milliseconds(10),
                                Duration::Milliseconds(1), Duration::Nanoseconds(1)}) {
      const Duration end = RoundUp(broken, unit);
      if (end >= trials.best().until || cut_to(end)) return;
    }
    return;
  }
  // What is judged at the end breaks at any end that is late enough.
  constexpr std::int64_t kParts = 8;
  const Duration until = trials.best().until;
  for (std::int64_t part = 1; part < kParts; ++part) {
    const Duration end = Duration::Nanoseconds(until.nanoseconds() / kParts * part);
    if (cut_to(RoundUp(end, Duration::Milliseconds(10)))) return;
  }
}

void CloseGaps(Trials& trials) {
  std::size_t number = 0;
  while (number < MomentsOf(trials.best()).size()) {
    const std::vector<Duration> moments = MomentsOf(trials.best());
    const Duration begin = Before(moments, number);
    bool merged = false;
    for (const Duration gap : kGaps) {
      if (gap >= moments[number] - begin) break;
      if (!trials.Try(WithGap(trials.best(), begin, moments[number], gap))) continue;
      merged = gap == Duration();
      break;
    }
    if (!merged) ++number;  // else the next one has taken its number
  }
}

// First what follows moves along, then the moment alone.
void RoundMoments(Trials& trials) {
  for (std::size_t number = 0; number < MomentsOf(trials.best()).size(); ++number) {
    const std::vector<Duration> moments = MomentsOf(trials.best());
    const Duration moment = moments[number];
    const Duration begin = Before(moments, number);
    if (moment == trials.best().until && BreaksBeforeTheEnd(trials)) continue;  // CutTheEnd's
    for (const Duration round : RounderThan(moment)) {
      if (round < begin) continue;
      if (trials.Try(WithGap(trials.best(), begin, moment, round - begin))) break;
      const bool last = number + 1 == moments.size();
      if (!last && round > moments[number + 1]) continue;
      const auto alone = [=](Duration other) { return other == moment ? round : other; };
      if (trials.Try(WithTimes(trials.best(), alone))) break;
    }
  }
}

}  // namespace drydock::sim
