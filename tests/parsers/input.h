// What a fuzzed input is made of. A target ends in a failed check, which libFuzzer takes for a
// crash.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "core/base/result.h"

namespace drydock {

inline std::string_view ViewOf(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes bytes from the front; behind the end there are zeros.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  bool AtEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  std::uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }
  // As many as there are, at most `size`.
  std::string_view Take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view rest_;
};

// Errors are for a person: one line that says something.
inline void ExpectOneLine(const Error& error) {
  DRYDOCK_CHECK(!error.text.empty() && error.text.find('\n') == std::string::npos, error.text);
}

}  // namespace drydock
