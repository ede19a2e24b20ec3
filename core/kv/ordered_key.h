// A key of the map, with its first bytes at hand: most comparisons need no look at the storage that
// the key lies in, which is far away in memory.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/base/bytes.h"

namespace drydock {

inline constexpr std::size_t kHeadBytes = 16;

// These bytes as two big-endian numbers; what a shorter key lacks is zero. Two heads that differ
// are in the order of their keys; equal ones say nothing.
struct KeyHead {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static KeyHead Of(std::string_view key) {
    return {Eight(key), key.size() > 8 ? Eight(key.substr(8)) : 0};
  }
  friend constexpr auto operator<=>(const KeyHead&, const KeyHead&) = default;

 private:
  static std::uint64_t Eight(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (56 - 8 * i);
    }
    return number;
  }
};

// What is looked for.
struct KeyProbe {
  explicit KeyProbe(std::string_view key) : head(KeyHead::Of(key)), bytes(key) {}
  std::string_view view() const { return bytes; }

  KeyHead head;
  std::string_view bytes;
};

struct OrderedKey {
  explicit OrderedKey(Bytes key) : head(KeyHead::Of(key.view())), bytes(std::move(key)) {}
  std::string_view view() const { return bytes.view(); }

  KeyHead head;
  Bytes bytes;
};

// In the order of unsigned bytes, a prefix before what it begins.
struct KeyOrder {
  template <class Wanted>
  std::strong_ordering operator()(const Wanted& wanted, const OrderedKey& key) const {
    const std::strong_ordering heads = wanted.head <=> key.head;
    if (heads != 0) return heads;
    const std::string_view a = wanted.view();
    const std::string_view b = key.view();
    // Of two whole keys in equal heads the longer one ends in zeros.
    if (std::max(a.size(), b.size()) <= kHeadBytes) return a.size() <=> b.size();
    return a <=> b;
  }
};

}  // namespace drydock
