// How long things took: a histogram of durations whose buckets grow with the value (as HDR
// Histogram's do), so that one array answers for nanoseconds and for hours.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/base/random.h"  // Uint128
#include "core/base/result.h"

namespace drydock::net {

// Durations from 0 to an hour, in nanoseconds. What it tells of a value is at most 1/64 too much,
// and below 128 ns exact. About 19 KB, copyable; for one thread at a time.
class Histogram {
  static constexpr std::size_t kOctaveBits = 6;
  static constexpr std::size_t kPerOctave = std::size_t{1} << kOctaveBits;

 public:
  static constexpr std::int64_t kLongest = 3'600'000'000'000;  // one hour

  // Counts one duration. Below 0 counts as 0; beyond an hour counts as an hour, and in too_long().
  void Record(std::int64_t ns) { RecordMany(ns, 1); }
  void RecordMany(std::int64_t ns, std::uint64_t count) {
    if (count == 0) return;
    const std::int64_t value = std::clamp(ns, std::int64_t{0}, kLongest);
    Add(BucketOf(value), count, Uint128{static_cast<std::uint64_t>(value)} * count);
    max_ = std::max(max_, value);
    if (ns > kLongest) too_long_ += count;
  }
  // For a caller who wants to measure every `interval` ns and is kept from it by the very call that
  // it measures (coordinated omission): the calls that could not begin meanwhile are counted with
  // the time they would have waited, ns - interval, ns - 2*interval, ... down to interval. An
  // interval of 0 or less corrects nothing.
  void RecordCorrected(std::int64_t ns, std::int64_t interval);

  std::uint64_t count() const { return count_; }
  std::uint64_t too_long() const { return too_long_; }
  // The longest recorded, exactly (but see operator-=); 0 if there is none.
  std::int64_t max() const { return max_; }
  // Rounded down; exact but for that. 0 if nothing was recorded.
  std::int64_t Mean() const;
  // The smallest value told that at least `millionths` of the recorded ones do not exceed; never
  // more than max(). 1000000 is the maximum; 0 if nothing was recorded.
  std::int64_t Percentile(std::uint32_t millionths) const;
  std::int64_t P50() const { return Percentile(500000); }
  std::int64_t P90() const { return Percentile(900000); }
  std::int64_t P99() const { return Percentile(990000); }
  std::int64_t P999() const { return Percentile(999000); }

  // Adds what another recorded.
  Histogram& operator+=(const Histogram& other);
  // Takes away an earlier copy of this histogram: what is left was recorded since. The maximum is
  // then only known to its bucket.
  Histogram& operator-=(const Histogram& earlier);

  friend bool operator==(const Histogram&, const Histogram&) = default;

  // --- Buckets ---

  // Bucket of a duration from 0 to kLongest. From 128 ns on, each power of two has 64 buckets.
  static constexpr std::size_t BucketOf(std::int64_t ns) {
    const auto value = static_cast<std::uint64_t>(ns);
    const std::size_t shift = std::bit_width(value | kPerOctave) - (kOctaveBits + 1);
    return kPerOctave * shift + (value >> shift);
  }
  static constexpr std::size_t kBuckets = 2345;  // BucketOf(kLongest) + 1
  // The shortest and the longest duration of a bucket below kBuckets.
  static constexpr std::int64_t BucketLowerBound(std::size_t bucket) {
    if (bucket < 2 * kPerOctave) return static_cast<std::int64_t>(bucket);
    const std::size_t shift = bucket / kPerOctave - 1;
    return static_cast<std::int64_t>((kPerOctave + bucket % kPerOctave) << shift);
  }
  static constexpr std::int64_t BucketUpperBound(std::size_t bucket) {
    return std::min(BucketLowerBound(bucket + 1) - 1, kLongest);
  }

  // --- For messages ---

  struct BucketCount {
    std::uint32_t bucket;
    std::uint64_t count;
    friend bool operator==(const BucketCount&, const BucketCount&) = default;
  };
  struct Sparse {
    std::vector<BucketCount> buckets;  // those that are not empty, ascending
    std::uint64_t sum = 0;             // of all durations; the largest number there is, if more
    std::int64_t max = 0;
    std::uint64_t too_long = 0;
    friend bool operator==(const Sparse&, const Sparse&) = default;
  };
  Sparse Export() const;
  // Errors: buckets that do not exist or are not ascending, counts beyond 64 bits, a maximum or
  // count of too long ones that does not fit the buckets.
  static Result<Histogram> Import(const Sparse& sparse);

 private:
  void Add(std::size_t bucket, std::uint64_t count, Uint128 sum) {
    counts_[bucket] += count;
    count_ += count;
    sum_ += sum;
  }
  // The longest that the highest bucket in use may hold; 0 if none is.
  std::int64_t HighestBound() const;

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t too_long_ = 0;
  std::int64_t max_ = 0;
  Uint128 sum_ = 0;
};

}  // namespace drydock::net
