// Which seeds a fuzz run plays: a range, of which a shard takes every n-th.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace drydock::tools {

struct SeedRange {
  std::uint64_t first = 1, last = 1000;  // both are played
};
Result<SeedRange> ParseSeeds(const std::string& text);  // "A:B"

struct Shard {
  std::uint64_t number = 1, of = 1;
};
Result<Shard> ParseShard(const std::string& text);  // "I/N", I from 1 to N

// The seeds of one shard, by their place in it, from 0 on.
class Seeds {
 public:
  Seeds(SeedRange range, Shard shard) : range_(range), shard_(shard) {}
  std::uint64_t count() const {
    const std::uint64_t first = range_.first + shard_.number - 1;
    return first > range_.last ? 0 : (range_.last - first) / shard_.of + 1;
  }
  std::uint64_t At(std::uint64_t place) const {
    return range_.first + shard_.number - 1 + place * shard_.of;
  }

 private:
  SeedRange range_;
  Shard shard_;
};

// "90s", "5m" and so on, as milliseconds.
Result<std::uint64_t> ParseBudget(const std::string& text);

}  // namespace drydock::tools
