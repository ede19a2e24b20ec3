// Randomness by address: every draw is a pure function of (seed, kind, ordinal), so taking one
// draw away leaves all others alone, and a file can pin any single one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace drydock {

// A well-mixed 64-bit value of its argument (the finaliser of SplitMix64).
constexpr std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}
constexpr std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  return Mix(Mix(a) ^ b);
}

__extension__ using Uint128 = unsigned __int128;

// Maps 64 random bits onto [0, bound) by multiplication; bound 0 gives 0. Our own reduction, since
// the standard distributions differ between libraries.
constexpr std::uint64_t Reduce(std::uint64_t bits, std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<Uint128>(bits) * bound) >> 64);
}

// Draws fixed by hand: (kind, ordinal) -> offset within the range of that draw. Shared, never
// changed; null when nothing is pinned.
using PinnedDraws =
    std::shared_ptr<const std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>>;

}  // namespace drydock
