#include "net/metrics/histogram.h"

#include <limits>
#include <string>

#include "core/base/check.h"

namespace drydock::net {
namespace {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

static_assert(Histogram::BucketOf(Histogram::kLongest) + 1 == Histogram::kBuckets);
static_assert(Histogram::BucketUpperBound(Histogram::kBuckets - 1) == Histogram::kLongest);

}  // namespace

// The waiting times of the calls that were kept back fall by equal steps, so those of one bucket
// are counted at once: a stall of an hour at a call each nanosecond costs no more than the buckets.
void Histogram::RecordCorrected(std::int64_t ns, std::int64_t interval) {
  Record(ns);
  if (interval <= 0 || ns < interval) return;
  std::int64_t longest = ns - interval;
  while (longest >= interval) {
    const bool beyond = longest > kLongest;
    const std::size_t bucket = beyond ? kBuckets - 1 : BucketOf(longest);
    const std::int64_t low = beyond ? kLongest + 1 : BucketLowerBound(bucket);
    const std::int64_t count = (longest - std::max(low, interval)) / interval + 1;
    const auto n = static_cast<std::uint64_t>(count);
    if (beyond) {
      Add(bucket, n, Uint128{static_cast<std::uint64_t>(kLongest)} * n);
      too_long_ += n;
    } else {
      const Uint128 falls = Uint128{n} * (n - 1) / 2 * static_cast<std::uint64_t>(interval);
      Add(bucket, n, Uint128{static_cast<std::uint64_t>(longest)} * n - falls);
    }
    longest -= count * interval;
  }
}

std::int64_t Histogram::Mean() const {
  return count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_);
}

std::int64_t Histogram::Percentile(std::uint32_t millionths) const {
  constexpr std::uint32_t kAll = 1000000;
  const std::uint32_t share = std::min(millionths, kAll);
  const auto rank = static_cast<std::uint64_t>((Uint128{count_} * share + kAll - 1) / kAll);
  const std::uint64_t wanted = std::max<std::uint64_t>(rank, 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= wanted) return std::min(BucketUpperBound(i), max_);
  }
  return 0;
}

Histogram& Histogram::operator+=(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  too_long_ += other.too_long_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
  return *this;
}

Histogram& Histogram::operator-=(const Histogram& earlier) {
  DRYDOCK_CHECK(too_long_ >= earlier.too_long_ && sum_ >= earlier.sum_);
  for (std::size_t i = 0; i < kBuckets; ++i) {
    DRYDOCK_CHECK(counts_[i] >= earlier.counts_[i], i, counts_[i], earlier.counts_[i]);
    counts_[i] -= earlier.counts_[i];
  }
  count_ -= earlier.count_;
  too_long_ -= earlier.too_long_;
  sum_ -= earlier.sum_;
  max_ = std::min(max_, HighestBound());
  return *this;
}

std::int64_t Histogram::HighestBound() const {
  for (std::size_t i = kBuckets; i > 0; --i) {
    if (counts_[i - 1] > 0) return BucketUpperBound(i - 1);
  }
  return 0;
}

Histogram::Sparse Histogram::Export() const {
  Sparse sparse;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    if (counts_[i] > 0) sparse.buckets.push_back({static_cast<std::uint32_t>(i), counts_[i]});
  }
  sparse.sum = sum_ > kMost ? kMost : static_cast<std::uint64_t>(sum_);
  sparse.max = max_;
  sparse.too_long = too_long_;
  return sparse;
}

Result<Histogram> Histogram::Import(const Sparse& sparse) {
  Histogram histogram;
  std::size_t next = 0;
  for (const BucketCount& one : sparse.buckets) {
    const std::string which = "bucket " + std::to_string(one.bucket) + " of a histogram ";
    if (one.bucket >= kBuckets) return Error{which + "does not exist"};
    if (one.bucket < next) return Error{which + "is not in ascending order"};
    if (one.count > kMost - histogram.count_) return Error{which + "counts beyond 64 bits"};
    histogram.Add(one.bucket, one.count, 0);
    next = std::size_t{one.bucket} + 1;
  }
  const std::int64_t bound = histogram.HighestBound();
  const bool in_range = sparse.max >= 0 && sparse.max <= bound;
  if (!in_range || BucketOf(sparse.max) != BucketOf(bound)) {
    return Error{"the maximum of a histogram, " + std::to_string(sparse.max) +
                 " ns, is not in its highest bucket"};
  }
  if (sparse.too_long > histogram.counts_[kBuckets - 1]) {
    return Error{"a histogram counts more durations beyond an hour than it has"};
  }
  histogram.sum_ = sparse.sum;
  histogram.max_ = sparse.max;
  histogram.too_long_ = sparse.too_long;
  return histogram;
}

}  // namespace drydock::net
