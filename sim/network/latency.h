// How long things take: draws from the latency models of a scenario.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "sim/decisions.h"
#include "sim/network/fixed_point.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// A latency model made ready to be drawn from. A value; makes no use of floating point.
class LatencySampler {
 public:
  LatencySampler() : LatencySampler(ConstantLatency{}) {}
  explicit LatencySampler(const Latency& model);

  // The next decision of this kind: what the stream pins, in nanoseconds, or a draw from the model.
  // Never below 0. Each call uses up one ordinal, also where the model leaves no choice. A matrix
  // must have a row and a column for the two nodes; no other model looks at them.
  Duration Draw(Stream& stream, Decision kind, NodeId from, NodeId to) const;

 private:
  enum class Shape : std::uint8_t { kConstant, kUniform, kNormal, kLognormal, kMatrix };
  void Prepare(const ConstantLatency& model);
  void Prepare(const UniformLatency& model);
  void Prepare(const NormalLatency& model);
  void Prepare(const LognormalLatency& model);
  void Prepare(const MatrixLatency& model);
  std::int64_t DrawMatrix(Stream& stream, Decision kind, NodeId from, NodeId to) const;

  Shape shape_ = Shape::kConstant;
  std::int64_t least_ = 0;            // nanoseconds; no draw is below
  std::int64_t center_ = 0;           // nanoseconds: value, mean or median
  std::int64_t spread_ = 0;           // nanoseconds: width of a uniform model, standard deviation
  Fixed sigma_ = 0;                   // of the logarithm
  Probability jitter_ = 0;            // of a matrix
  std::size_t nodes_ = 0;             // of a matrix
  std::vector<std::int64_t> matrix_;  // nanoseconds, row by row
};

// One draw, for models that are used once; see LatencySampler::Draw.
Duration Draw(const Latency& model, Stream& stream, Decision kind, NodeId from, NodeId to);

}  // namespace drydock::sim
