// A 64-bit hash of a sequence of numbers and bytes: the same on every machine and compiler.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
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
    if (bytes.size() >= kLong) bytes = AddLong(bytes);
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8) Add(LittleEndian(bytes.data() + at, 8));
    if (at < bytes.size()) Add(LittleEndian(bytes.data() + at, bytes.size() - at));
  }
  std::uint64_t Finish() const { return Mix(state_); }

 private:
  static constexpr std::size_t kLong = 1024;

  // Each word waits for the one before it. In long strings every fourth one is a chain of its own,
  // so that four go side by side. Gives what is left, less than a word of each chain.
  std::string_view AddLong(std::string_view bytes) {
    Hasher a = *this, b = *this, c = *this, d = *this;
    for (; bytes.size() >= 32; bytes.remove_prefix(32)) {
      a.Add(LittleEndian(bytes.data(), 8));
      b.Add(LittleEndian(bytes.data() + 8, 8));
      c.Add(LittleEndian(bytes.data() + 16, 8));
      d.Add(LittleEndian(bytes.data() + 24, 8));
    }
    for (const Hasher& chain : {a, b, c, d}) Add(chain.state_);
    return bytes;
  }

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
