#include "sim/explore/id_table.h"

#include <doctest/doctest.h>

namespace drydock::sim::explore {
namespace {

TEST_CASE("keys are numbered as they come, and found again after the table has grown") {
  IdTable table;
  constexpr std::uint32_t kKeys = 10000;
  for (std::uint32_t i = 0; i < kKeys; ++i) {
    const auto [id, is_new] = table.Add(std::uint64_t{i} << 40);
    REQUIRE(is_new);
    REQUIRE(id == i);
  }
  for (std::uint32_t i = 0; i < kKeys; ++i) {
    const auto [id, is_new] = table.Add(std::uint64_t{i} << 40);
    REQUIRE(!is_new);
    REQUIRE(id == i);
  }
  CHECK(table.size() == kKeys);
}

}  // namespace
}  // namespace drydock::sim::explore
