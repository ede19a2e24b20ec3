// A 64-bit hash of a sequence of numbers and bytes: the same on every machine and compiler.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/random.h"
#include "core/base/strong.h"

namespace drydock {

class Hasher {
 public:
  void Add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 32;
  }
  template <class Tag, class Rep>
  void Add(Strong<Tag, Rep> value) {
    Add(static_cast<std::uint64_t>(value.value()));
  }
  // The length goes in as well, so that neighbours cannot trade bytes.
  void Add(std::string_view bytes) {
    Add(bytes.size());
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) Add(LittleEndian(bytes.data() + at, 8));
    if (at < bytes.size()) Add(LittleEndian(bytes.data() + at, bytes.size() - at));
  }
  std::uint64_t Finish() const { return Mix(state_); }

 private:
  static std::uint64_t LittleEndian(const char* data, std::size_t count) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&word, data, count);
      return word;
    }
    for (std::size_t i = 0; i < count; ++i) {
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(data[i])) << (8 * i);
    }
    return word;
  }

  std::uint64_t state_ = 0x243f6a8885a308d3u;
};

}  // namespace drydock
