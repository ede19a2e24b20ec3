#include "sim/network/latency.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace drydock::sim {
namespace {

constexpr std::size_t kDraws = 100000;
const Pins kNoPins;

std::vector<std::int64_t> Sorted(const Latency& model, NodeId from = NodeId(0),
                                 NodeId to = NodeId(1)) {
  Stream stream(7, "n0>n1", kNoPins);
  const LatencySampler sampler(model);
  std::vector<std::int64_t> draws(kDraws);
  for (std::int64_t& draw : draws) {
    draw = sampler.Draw(stream, Decision::kLatency, from, to).nanoseconds();
  }
  std::sort(draws.begin(), draws.end());
  return draws;
}

std::int64_t Percentile(const std::vector<std::int64_t>& sorted, std::size_t percent) {
  return sorted[sorted.size() * percent / 100];
}

// Within `millionths` of `expected`.
bool Near(std::int64_t value, std::int64_t expected, std::int64_t millionths) {
  const std::int64_t off = value < expected ? expected - value : value - expected;
  return off <= expected / 1000 * millionths / 1000;
}

std::uint64_t Sum(const std::vector<std::int64_t>& draws) {
  std::uint64_t sum = 0;
  for (const std::int64_t draw : draws) sum += static_cast<std::uint64_t>(draw);
  return sum;
}

Duration Us(std::int64_t count) {
  return Duration::Microseconds(count);
}

MatrixLatency PaperMatrix(Probability jitter) {
  return {{{Us(0), Us(85), Us(117)}, {Us(120), Us(0), Us(124)}, {Us(107), Us(95), Us(0)}}, jitter};
}

TEST_CASE("a constant latency is always the same") {
  const auto draws = Sorted(ConstantLatency{Us(250)});
  CHECK(draws.front() == 250000);
  CHECK(draws.back() == 250000);
}

TEST_CASE("a uniform latency fills its range evenly, both ends included") {
  const auto draws = Sorted(UniformLatency{Us(100), Us(300)});
  CHECK(draws.front() >= 100000);
  CHECK(draws.back() <= 300000);
  CHECK(Near(Percentile(draws, 25), 150000, 10000));
  CHECK(Near(Percentile(draws, 50), 200000, 10000));
  CHECK(Near(Percentile(draws, 99), 298000, 5000));
  const auto few = Sorted(UniformLatency{Duration::Nanoseconds(3), Duration::Nanoseconds(5)});
  CHECK(few.front() == 3);
  CHECK(few[kDraws / 2] == 4);
  CHECK(few.back() == 5);
}

TEST_CASE("a normal latency has its mean, its deviation and its lower end") {
  const auto draws = Sorted(NormalLatency{Us(1000), Us(100), Us(800)});
  CHECK(draws.front() == 800000);
  CHECK(Near(Percentile(draws, 16), 900540, 3000));
  CHECK(Near(Percentile(draws, 50), 1000000, 2000));
  CHECK(Near(Percentile(draws, 84), 1099460, 3000));
  CHECK(Near(Percentile(draws, 99), 1232635, 3000));
  CHECK(draws.back() > 1380000);
}

TEST_CASE("a lognormal latency has its median and its 99th percentile") {
  const auto draws = Sorted(LognormalLatency{Us(500), Duration::Milliseconds(5)});
  CHECK(Near(Percentile(draws, 50), 500000, 15000));
  CHECK(Near(Percentile(draws, 99), 5000000, 40000));
  CHECK(Near(Percentile(draws, 1), 50000, 40000));
  CHECK(draws.front() > 0);
}

TEST_CASE("a matrix gives each direction of each link its own value") {
  Stream stream(7, "n0>n1", kNoPins);
  const LatencySampler sampler{PaperMatrix(0)};
  CHECK(sampler.Draw(stream, Decision::kLatency, NodeId(0), NodeId(1)) == Us(85));
  CHECK(sampler.Draw(stream, Decision::kLatency, NodeId(1), NodeId(0)) == Us(120));
  CHECK(sampler.Draw(stream, Decision::kLatency, NodeId(2), NodeId(1)) == Us(95));
}

TEST_CASE("the jitter of a matrix reaches evenly to both sides of the value") {
  const auto draws = Sorted(PaperMatrix(kCertain / 10), NodeId(1), NodeId(2));
  CHECK(draws.front() >= 124000 - 12400);
  CHECK(draws.front() <= 124000 - 12300);
  CHECK(draws.back() <= 124000 + 12400);
  CHECK(draws.back() >= 124000 + 12300);
  CHECK(Near(Percentile(draws, 50), 124000, 2000));
}

TEST_CASE("no latency is negative, and none leaves the range of a duration") {
  const Duration most = Duration::Nanoseconds(std::numeric_limits<std::int64_t>::max());
  const Latency extremes[] = {
      ConstantLatency{Us(-5)},
      UniformLatency{Us(-100), Us(-50)},
      UniformLatency{Duration(), most},
      NormalLatency{Us(10), Us(1000000), Duration()},
      NormalLatency{most, most, Duration()},
      LognormalLatency{Duration(), Us(5)},
      LognormalLatency{Us(5), Us(1)},
      LognormalLatency{Duration::Nanoseconds(1), most},
      MatrixLatency{{{Duration(), most}, {most, Duration()}}, kCertain},
  };
  for (const Latency& model : extremes) CHECK(Sorted(model).front() >= 0);
}

TEST_CASE("a pinned latency is taken as it is, and only for its own ordinal") {
  Pins pins;
  pins["n0>n1"][{Decision::kLatency, 1}] = 123;
  pins["n0>n1"][{Decision::kLatency, 3}] = -9;
  const Latency models[] = {ConstantLatency{Us(7)}, UniformLatency{Us(1), Us(9)},
                            NormalLatency{Us(50), Us(3), Us(40)}, LognormalLatency{Us(5), Us(50)},
                            PaperMatrix(kCertain / 4)};
  for (const Latency& model : models) {
    Stream pinned(7, "n0>n1", pins);
    Stream free(7, "n0>n1", kNoPins);
    for (std::uint64_t i = 0; i < 6; ++i) {
      const Duration drawn = Draw(model, free, Decision::kLatency, NodeId(0), NodeId(1));
      const Duration seen = Draw(model, pinned, Decision::kLatency, NodeId(0), NodeId(1));
      CHECK(seen == (i == 1 ? Duration::Nanoseconds(123) : i == 3 ? Duration() : drawn));
    }
  }
}

TEST_CASE("each model uses up one ordinal a draw, so that changing it leaves later draws alone") {
  const Latency models[] = {ConstantLatency{Us(7)},
                            UniformLatency{Us(4), Us(4)},
                            NormalLatency{Us(50), Us(3), Us(40)},
                            LognormalLatency{Us(5), Us(50)},
                            PaperMatrix(0),
                            PaperMatrix(kCertain / 4)};
  for (const Latency& model : models) {
    Stream stream(7, "n0>n1", kNoPins);
    Stream plain(7, "n0>n1", kNoPins);
    Draw(model, stream, Decision::kLatency, NodeId(0), NodeId(1));
    plain.Bits(Decision::kLatency);
    CHECK(stream.Bits(Decision::kLatency) == plain.Bits(Decision::kLatency));
  }
}

TEST_CASE("draws are the same on every machine") {
  CHECK(Sum(Sorted(UniformLatency{Us(100), Us(300)})) == 20034627909);
  CHECK(Sum(Sorted(NormalLatency{Us(1000), Us(100), Us(800)})) == 100137031953);
  CHECK(Sum(Sorted(LognormalLatency{Us(500), Duration::Milliseconds(5)})) == 82025274517);
  CHECK(Sum(Sorted(PaperMatrix(kCertain / 10))) == 8502943017);
}

}  // namespace
}  // namespace drydock::sim
