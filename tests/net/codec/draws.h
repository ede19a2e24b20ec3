// Random values for the codec's tests: edges as often as anything else, always the same for a seed.
#pragma once

#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include "core/base/bytes.h"
#include "core/base/strong.h"

namespace drydock::net {

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Below(std::uint64_t bound) { return engine_() % bound; }
  bool Coin() { return Below(2) == 0; }
  std::uint64_t Number() { return Up(std::numeric_limits<std::uint64_t>::max()); }
  // What a field of signed 64 bits holds on the wire.
  std::uint64_t SignedNumber() { return Up(std::numeric_limits<std::int64_t>::max()); }
  Term SomeTerm() { return Term(SignedNumber()); }
  Index SomeIndex() { return Index(Number()); }
  NodeId SomeNode() {
    return NodeId(static_cast<std::uint32_t>(Up(std::numeric_limits<std::int32_t>::max())));
  }
  // Any bytes: empty, zeros, no valid text; now and then some kilobytes.
  std::string Text() {
    std::string text(Below(8) == 0 ? Below(5000) : Below(20), '\0');
    for (char& c : text) c = static_cast<char>(Below(256));
    return text;
  }
  Bytes SomeBytes() { return Bytes(Text()); }

 private:
  std::uint64_t Up(std::uint64_t most) {
    switch (Below(4)) {
      case 0:
        return 0;
      case 1:
        return most - Below(2);
      case 2:
        return Below(1000);
      default:
        return Number64() % most;
    }
  }
  std::uint64_t Number64() { return engine_(); }

  std::mt19937_64 engine_;
};

}  // namespace drydock::net
