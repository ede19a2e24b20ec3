#include <algorithm>
#include <array>
#include <variant>

#include "core/text/units.h"
#include "sim/fuzz/shrink_passes.h"

namespace drydock::sim {
namespace {

constexpr std::array<Duration, 12> kUnits = {
    Duration::Seconds(1),       Duration::Milliseconds(500), Duration::Milliseconds(100),
    Duration::Milliseconds(50), Duration::Milliseconds(10),  Duration::Milliseconds(5),
    Duration::Milliseconds(1),  Duration::Microseconds(500), Duration::Microseconds(100),
    Duration::Microseconds(50), Duration::Microseconds(10),  Duration::Microseconds(1)};

// What is about the middle of a model.
struct MiddleOf {
  Duration operator()(const ConstantLatency& model) const { return model.value; }
  Duration operator()(const UniformLatency& model) const {
    return Duration::Nanoseconds((model.min.nanoseconds() + model.max.nanoseconds()) / 2);
  }
  Duration operator()(const NormalLatency& model) const { return model.mean; }
  Duration operator()(const LognormalLatency& model) const { return model.median; }
  Duration operator()(const MatrixLatency& model) const {
    std::int64_t sum = 0;
    for (const auto& row : model.rows) {
      for (const Duration& value : row) sum += value.nanoseconds();
    }
    const auto size = static_cast<std::int64_t>(model.rows.size());
    return Duration::Nanoseconds(size > 1 ? sum / (size * (size - 1)) : 0);
  }
};

}  // namespace

std::vector<Duration> RounderThan(Duration duration) {
  std::vector<Duration> rounder;
  const std::int64_t value = duration.nanoseconds();
  for (const Duration unit : kUnits) {
    const std::int64_t step = unit.nanoseconds();
    if (value % step == 0) break;
    const std::int64_t below = value / step * step;
    const std::int64_t above = below + (value < 0 ? -step : step);
    const bool is_nearer = (value - below < 0 ? below - value : value - below) * 2 < step;
    for (const std::int64_t round : {is_nearer ? below : above, is_nearer ? above : below}) {
      // Nothing is as round as 0, but it means something else; ten times as much does, too.
      if (round != 0 && round / 2 <= value) rounder.push_back(Duration::Nanoseconds(round));
    }
  }
  return rounder;
}

std::vector<std::uint64_t> RounderThan(std::uint64_t count) {
  std::uint64_t below = 1;
  std::uint64_t above = 1;
  for (std::uint64_t power = 1; power <= count && power < UINT64_MAX / 20; power *= 10) {
    for (const std::uint64_t round : {power, 2 * power, 5 * power, 10 * power}) {
      if (round == count) return {};
      if (round < count) below = round;
      above = round;
      if (round > count) return {below, above};
    }
  }
  return {};
}

std::vector<Probability> RounderChances(Probability chance) {
  if (chance == 0 || chance >= kCertain) return {};
  std::vector<Probability> rounder = {kCertain};
  Probability above = kCertain;
  for (const char* text : {"0.5", "0.2", "0.1", "0.05", "0.02", "0.01", "0.005", "0.001"}) {
    const Probability round = ParseProbability(text).value();
    if (round == chance) return {kCertain};
    if (round < chance) {
      rounder.push_back(above);
      rounder.push_back(round);
      break;
    }
    above = round;
  }
  return rounder;
}

std::vector<Latency> SimplerThan(const Latency& latency) {
  const Duration middle = std::visit(MiddleOf{}, latency);
  std::vector<Latency> simpler;
  for (const Duration round : RounderThan(middle)) simpler.push_back(ConstantLatency{round});
  if (!std::holds_alternative<ConstantLatency>(latency)) {
    simpler.push_back(ConstantLatency{middle});
  }
  return simpler;
}

}  // namespace drydock::sim
