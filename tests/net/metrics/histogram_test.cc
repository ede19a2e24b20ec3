#include "net/metrics/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/base/check.h"
#include "core/base/random.h"

namespace drydock::net {
namespace {

constexpr std::int64_t kHour = Histogram::kLongest;

// Values of all sizes: as many of nanoseconds as of minutes.
std::vector<std::int64_t> Values(std::uint64_t seed, std::size_t count) {
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bits = Mix(seed, i);
    const auto octave = static_cast<int>(bits % 42);
    values.push_back(std::min(static_cast<std::int64_t>(Mix(bits) >> (63 - octave)), kHour));
  }
  return values;
}

Histogram Of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.Record(value);
  return histogram;
}

// What HdrHistogram does, one value at a time.
Histogram CorrectedOneByOne(std::int64_t ns, std::int64_t interval) {
  Histogram histogram;
  histogram.Record(ns);
  for (std::int64_t missing = ns - interval; missing >= interval; missing -= interval) {
    histogram.Record(missing);
  }
  return histogram;
}

}  // namespace

TEST_CASE("every duration is in the bucket whose bounds hold it, and buckets leave no gap") {
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
    const std::int64_t low = Histogram::BucketLowerBound(i);
    const std::int64_t high = Histogram::BucketUpperBound(i);
    REQUIRE(low <= high);
    REQUIRE(Histogram::BucketOf(low) == i);
    REQUIRE(Histogram::BucketOf(high) == i);
    REQUIRE(64 * (high - low) <= low);
    if (i > 0) REQUIRE(Histogram::BucketUpperBound(i - 1) + 1 == low);
  }
  CHECK(Histogram::BucketLowerBound(0) == 0);
  CHECK(Histogram::BucketUpperBound(Histogram::kBuckets - 1) == kHour);
}

TEST_CASE("percentiles are never less than the exact ones, and at most 1/64 more") {
  for (const std::size_t count : {1, 2, 3, 10, 999, 20000}) {
    std::vector<std::int64_t> values = Values(count, count);
    const Histogram histogram = Of(values);
    std::sort(values.begin(), values.end());
    for (const std::uint32_t share :
         {0u, 1u, 100000u, 500000u, 900000u, 990000u, 999000u, 999999u, 1000000u}) {
      CAPTURE(count);
      CAPTURE(share);
      const std::uint64_t rank = (std::uint64_t{count} * share + 999999) / 1000000;
      const std::int64_t exact = values[std::max<std::uint64_t>(rank, 1) - 1];
      const std::int64_t told = histogram.Percentile(share);
      CHECK(told >= exact);
      CHECK(64 * (told - exact) <= exact);
    }
    CHECK(histogram.Percentile(1000000) == values.back());
    CHECK(histogram.max() == values.back());
    CHECK(histogram.count() == count);
  }
}

TEST_CASE("the mean is exact but for its fraction") {
  CHECK(Of({1, 2, 3, 1000000007}).Mean() == (1 + 2 + 3 + 1000000007) / 4);
  Histogram histogram;
  histogram.RecordMany(kHour, std::uint64_t{1} << 40);  // their sum takes more than 64 bits
  CHECK(histogram.Mean() == kHour);
  CHECK(histogram.Export().sum == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("an empty histogram answers 0") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.max() == 0);
  CHECK(histogram.Mean() == 0);
  CHECK(histogram.P50() == 0);
  CHECK(histogram.Percentile(1000000) == 0);
  CHECK(histogram.Export() == Histogram::Sparse{});
}

TEST_CASE("negative durations count as 0, those beyond an hour as an hour and apart") {
  Histogram histogram = Of({0, -1, std::numeric_limits<std::int64_t>::min()});
  CHECK(histogram.count() == 3);
  CHECK(histogram.max() == 0);
  CHECK(histogram.P99() == 0);
  histogram.Record(kHour);
  CHECK(histogram.too_long() == 0);
  histogram.Record(kHour + 1);
  histogram.Record(std::numeric_limits<std::int64_t>::max());
  CHECK(histogram.too_long() == 2);
  CHECK(histogram.count() == 6);
  CHECK(histogram.max() == kHour);
  CHECK(histogram.Percentile(1000000) == kHour);
  CHECK(histogram.Percentile(2000000) == kHour);
  histogram.RecordMany(5, 0);
  CHECK(histogram.count() == 6);
}

TEST_CASE("merged histograms are the histogram of all values") {
  const std::vector<std::int64_t> a = Values(1, 5000);
  std::vector<std::int64_t> both = Values(2, 3000);
  Histogram merged = Of(a);
  merged += Of(both);
  both.insert(both.end(), a.begin(), a.end());
  CHECK(merged == Of(both));
}

TEST_CASE("taking an earlier copy away leaves what was recorded since") {
  Histogram histogram = Of({5, 1000000, 2000000});
  const Histogram earlier = histogram;
  histogram.Record(300);
  histogram.Record(70);
  histogram -= earlier;
  CHECK(histogram.count() == 2);
  CHECK(histogram.Mean() == 185);
  CHECK(histogram.P50() == 70);
  // The maximum is known to its bucket only, unless it is that of before.
  CHECK(histogram.max() == Histogram::BucketUpperBound(Histogram::BucketOf(300)));
  const Histogram& itself = histogram;
  histogram -= itself;
  CHECK(histogram == Histogram());
  CHECK_THROWS_AS(histogram -= earlier, CheckFailed);
}

TEST_CASE("what is exported can be imported, and is the same") {
  Histogram histogram = Of(Values(3, 4000));
  histogram.Record(2 * kHour);
  const Histogram::Sparse sparse = histogram.Export();
  CHECK(sparse.buckets.size() < Histogram::kBuckets);
  const Result<Histogram> imported = Histogram::Import(sparse);
  REQUIRE(imported.ok());
  CHECK(imported.value() == histogram);
  REQUIRE(Histogram::Import({}).ok());
  CHECK(Histogram::Import({}).value() == Histogram());
}

TEST_CASE("what no histogram can have exported is refused") {
  const auto error = [](const Histogram::Sparse& sparse) {
    const Result<Histogram> result = Histogram::Import(sparse);
    return result.ok() ? "" : result.error().text;
  };
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(error({{{9999, 1}}, 0, 0, 0}) == "bucket 9999 of a histogram does not exist");
  CHECK(error({{{7, 1}, {7, 1}}, 0, 7, 0}) == "bucket 7 of a histogram is not in ascending order");
  CHECK(error({{{7, kMost}, {8, 1}}, 0, 8, 0}) == "bucket 8 of a histogram counts beyond 64 bits");
  CHECK(error({{{7, 1}}, 0, 8, 0}) ==
        "the maximum of a histogram, 8 ns, is not in its highest bucket");
  CHECK(error({{{7, 1}}, 0, -8, 0}).starts_with("the maximum"));
  CHECK(error({{{7, 1}}, 0, std::numeric_limits<std::int64_t>::max(), 0}).starts_with("the max"));
  CHECK(error({{}, 0, 1, 0}).starts_with("the maximum"));
  CHECK(error({{{7, 1}}, 7, 7, 1}) ==
        "a histogram counts more durations beyond an hour than it has");
  CHECK(error({{{7, 1}}, 7, 7, 0}).empty());
}

TEST_CASE("a stall counts for the calls that it kept from beginning") {
  for (const std::int64_t interval : {1, 7, 100, 1000, 4096}) {
    for (const std::int64_t ns : {1, 99, 100, 101, 199, 200, 12345, 1000000}) {
      CAPTURE(ns);
      CAPTURE(interval);
      Histogram histogram;
      histogram.RecordCorrected(ns, interval);
      CHECK(histogram == CorrectedOneByOne(ns, interval));
    }
  }
  Histogram histogram;
  histogram.RecordCorrected(1000, 100);
  CHECK(histogram.count() == 10);
  CHECK(histogram.Mean() == 550);
  histogram.RecordCorrected(1000, 0);
  histogram.RecordCorrected(1000, -5);
  histogram.RecordCorrected(-1000, 100);
  CHECK(histogram.count() == 13);
}

TEST_CASE("even a stall of hours at a call each nanosecond is corrected at once") {
  Histogram histogram;
  histogram.RecordCorrected(2 * kHour, 1);
  CHECK(histogram.count() == 2 * static_cast<std::uint64_t>(kHour));
  CHECK(histogram.too_long() == static_cast<std::uint64_t>(kHour));
  CHECK(histogram.P50() == kHour);
  Histogram coarse;
  coarse.RecordCorrected(2 * kHour, 1000000007);
  CHECK(coarse == CorrectedOneByOne(2 * kHour, 1000000007));
  Histogram longest;
  longest.RecordCorrected(std::numeric_limits<std::int64_t>::max(), 1);
  CHECK(longest.count() == static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace drydock::net
