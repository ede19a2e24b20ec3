// A repeatable source of test input.
#pragma once

#include <cstdint>

#include "core/base/random.h"

namespace drydock {

// The same numbers for the same seed on every machine.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t Below(std::uint64_t bound) { return Reduce(Mix(seed_, ++count_), bound); }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace drydock
