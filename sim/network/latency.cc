#include "sim/network/latency.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "core/base/check.h"
#include "sim/network/quantiles.h"

namespace drydock::sim {
namespace {

std::int64_t AtLeastZero(Duration duration) {
  return std::max<std::int64_t>(0, duration.nanoseconds());
}

// The sum of two numbers, the first not negative, held within the range.
std::int64_t Add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

// One of the `width` + 1 numbers from 0 on.
std::int64_t Within(std::uint64_t bits, std::int64_t width) {
  return static_cast<std::int64_t>(Reduce(bits, static_cast<std::uint64_t>(width) + 1));
}

}  // namespace

LatencySampler::LatencySampler(const Latency& model) {
  std::visit([this](const auto& shape) { Prepare(shape); }, model);
}

void LatencySampler::Prepare(const ConstantLatency& model) {
  center_ = AtLeastZero(model.value);
}

void LatencySampler::Prepare(const UniformLatency& model) {
  center_ = AtLeastZero(model.min);
  spread_ = std::max<std::int64_t>(0, AtLeastZero(model.max) - center_);
  if (spread_ > 0) shape_ = Shape::kUniform;
}

void LatencySampler::Prepare(const NormalLatency& model) {
  least_ = AtLeastZero(model.min);
  center_ = std::max(least_, AtLeastZero(model.mean));
  spread_ = AtLeastZero(model.stddev);
  if (spread_ > 0) shape_ = Shape::kNormal;
}

void LatencySampler::Prepare(const LognormalLatency& model) {
  center_ = AtLeastZero(model.median);
  if (center_ == 0 || model.p99 <= model.median) return;
  const Fixed logarithm = LogOfRatio(static_cast<std::uint64_t>(model.p99.nanoseconds()),
                                     static_cast<std::uint64_t>(center_));
  sigma_ = Ratio(logarithm, kNormal99);
  if (sigma_ > 0) shape_ = Shape::kLognormal;
}

void LatencySampler::Prepare(const MatrixLatency& model) {
  shape_ = Shape::kMatrix;
  jitter_ = std::min(model.jitter, kCertain);
  nodes_ = model.rows.size();
  for (const std::vector<Duration>& row : model.rows) {
    DRYDOCK_CHECK(row.size() == nodes_, row.size(), nodes_);
    for (const Duration& value : row) matrix_.push_back(AtLeastZero(value));
  }
}

Duration LatencySampler::Draw(Stream& stream, Decision kind, NodeId from, NodeId to) const {
  if (stream.pins() != nullptr) [[unlikely]] {
    if (const auto pin = stream.TakePin(kind)) {
      return Duration::Nanoseconds(std::max<std::int64_t>(0, *pin));
    }
  }
  switch (shape_) {
    case Shape::kConstant:
      stream.Skip(kind);
      return Duration::Nanoseconds(center_);
    case Shape::kUniform:
      return Duration::Nanoseconds(center_ + Within(stream.Bits(kind), spread_));
    case Shape::kNormal: {
      const std::int64_t away = Scale(spread_, NormalFromBits(stream.Bits(kind)));
      return Duration::Nanoseconds(std::max(least_, Add(center_, away)));
    }
    case Shape::kLognormal: {
      const Fixed exponent = Scale(sigma_, NormalFromBits(stream.Bits(kind)));
      return Duration::Nanoseconds(ScaleByExp(center_, exponent));
    }
    case Shape::kMatrix:
      return Duration::Nanoseconds(DrawMatrix(stream, kind, from, to));
  }
  return Duration();
}

std::int64_t LatencySampler::DrawMatrix(Stream& stream, Decision kind, NodeId from,
                                        NodeId to) const {
  DRYDOCK_CHECK(from.value() < nodes_ && to.value() < nodes_, from, to, nodes_);
  const std::int64_t value = matrix_[from.value() * nodes_ + to.value()];
  const std::int64_t reach = Scale(value, static_cast<Fixed>(jitter_));
  if (reach == 0) {
    stream.Skip(kind);
    return value;
  }
  const std::uint64_t places = 2 * static_cast<std::uint64_t>(reach) + 1;
  const auto above = static_cast<std::int64_t>(Reduce(stream.Bits(kind), places) -
                                               static_cast<std::uint64_t>(reach));
  return Add(value, above);
}

Duration Draw(const Latency& model, Stream& stream, Decision kind, NodeId from, NodeId to) {
  return LatencySampler(model).Draw(stream, kind, from, to);
}

}  // namespace drydock::sim
