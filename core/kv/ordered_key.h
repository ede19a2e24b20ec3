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

// The first 16 bytes as two big-endian numbers; what a shorter key lacks is zero. Two heads that
// differ are in the order of their keys; equal ones say nothing.
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
  KeyHead head;
  std::string_view bytes;
};

struct OrderedKey {
  explicit OrderedKey(Bytes key) : head(KeyHead::Of(key.view())), bytes(std::move(key)) {}
  KeyHead head;
  Bytes bytes;
};

// In the order of unsigned bytes, a prefix before what it begins.
struct KeyOrder {
  std::strong_ordering operator()(const KeyProbe& a, const OrderedKey& b) const {
    const std::strong_ordering heads = a.head <=> b.head;
    return heads != 0 ? heads : a.bytes <=> b.bytes.view();
  }
  std::strong_ordering operator()(const OrderedKey& a, const OrderedKey& b) const {
    const std::strong_ordering heads = a.head <=> b.head;
    return heads != 0 ? heads : a.bytes.view() <=> b.bytes.view();
  }
};

}  // namespace drydock
