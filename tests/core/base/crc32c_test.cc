#include "core/base/crc32c.h"

#include <doctest/doctest.h>

#include <string>

namespace drydock {
namespace {

TEST_CASE("Crc32c gives the published check values") {
  CHECK(Crc32c("") == 0);
  CHECK(Crc32c("123456789") == 0xe3069283);
  // RFC 3720, section B.4.
  CHECK(Crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(Crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  CHECK(Crc32c(ascending) == 0x46dd794e);
}

TEST_CASE("the table and the instruction agree for every length, start and seed") {
  std::string bytes;
  std::uint32_t x = 1;
  for (int i = 0; i < 300; ++i)
    bytes.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  for (std::size_t start = 0; start < 9; ++start) {
    for (std::size_t size = 0; size + start <= bytes.size(); ++size) {
      const std::string_view part = std::string_view(bytes).substr(start, size);
      REQUIRE(Crc32c(part) == Crc32cByTable(part));
      REQUIRE(Crc32c(part, 0xdeadbeef) == Crc32cByTable(part, 0xdeadbeef));
    }
  }
}

TEST_CASE("they agree on long strings, which the instruction takes in stretches") {
  std::string bytes;
  std::uint32_t x = 1;
  for (int i = 0; i < 3000; ++i)
    bytes.push_back(static_cast<char>((x = x * 1664525 + 1013904223) >> 24));
  for (std::size_t size = 700; size <= bytes.size(); size += 7) {
    const std::string_view part = std::string_view(bytes).substr(bytes.size() - size);
    REQUIRE(Crc32c(part) == Crc32cByTable(part));
    REQUIRE(Crc32c(part, 0xdeadbeef) == Crc32cByTable(part, 0xdeadbeef));
  }
}

TEST_CASE("a checksum can be continued at any point") {
  const std::string bytes = "a log that survives a torn tail, a flipped bit and a lost rename";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    CHECK(Crc32c(bytes.substr(cut), Crc32c(bytes.substr(0, cut))) == Crc32c(bytes));
  }
}

}  // namespace
}  // namespace drydock
