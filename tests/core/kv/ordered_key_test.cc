#include "core/kv/ordered_key.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace drydock {
namespace {

// Short and long keys, of few and of all bytes, many with a long common beginning.
std::vector<std::string> Keys() {
  std::vector<std::string> keys = {"", std::string(1, '\0'), std::string(40, '\0'), "a", "\xff"};
  std::uint64_t state = 1;
  const auto draw = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % bound;
  };
  for (const std::size_t common : {0u, 7u, 8u, 15u, 16u, 17u, 30u}) {
    for (int i = 0; i < 60; ++i) {
      std::string key(common, 'k');
      const std::uint64_t more = draw(5);
      for (std::uint64_t j = 0; j < more; ++j) {
        key += static_cast<char>(i % 2 == 0 ? draw(3) : draw(256));
      }
      keys.push_back(key);
    }
  }
  return keys;
}

}  // namespace

TEST_CASE("keys are in the order of their bytes, wherever they first differ") {
  const std::vector<std::string> keys = Keys();
  const KeyOrder order;
  for (const std::string& a : keys) {
    for (const std::string& b : keys) {
      const std::strong_ordering wanted = std::string_view(a) <=> std::string_view(b);
      const OrderedKey key{Bytes(b)};
      REQUIRE((order(KeyProbe(a), key) == wanted));
      REQUIRE((order(OrderedKey{Bytes(a)}, key) == wanted));
    }
  }
}

}  // namespace drydock
