#include "sim/disk/sparse_bytes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "core/base/random.h"

namespace drydock::sim {
namespace {

std::string ReadAll(const SparseBytes& file, std::uint64_t size) {
  std::string out(size, '\0');
  file.Read(0, size, out.data());
  return out;
}

TEST_CASE("what was never written reads as zeros and takes no room") {
  SparseBytes file;
  file.Write(1 << 20, Bytes("abc"));
  CHECK(file.stored() == 3);
  std::string out(5, '\0');
  file.Read((1 << 20) - 1, 5, out.data());
  CHECK(out == std::string("\0abc\0", 5));
}

TEST_CASE("padding behind a batch and wiped tails take no room") {
  SparseBytes file;
  file.Write(0, Bytes("head" + std::string(508, '\0')));
  CHECK(file.stored() == 4);
  file.Write(512, Bytes(std::string(10000, '\0')));
  CHECK(file.stored() == 4);
  file.Write(1024, Bytes(std::string(600, 'x')));
  file.Write(0, Bytes(std::string(2048, '\0')));
  CHECK(file.stored() == 0);
  CHECK(ReadAll(file, 2048) == std::string(2048, '\0'));
}

TEST_CASE("a long payload is shared, and writing into its middle leaves the payload alone") {
  SparseBytes file;
  const Bytes payload(std::string(9000, 'p'));
  file.Write(100, payload);
  file.Write(4000, Bytes("XY"));
  std::string expected = std::string(100, '\0') + std::string(9000, 'p');
  expected.replace(4000, 2, "XY");
  CHECK(ReadAll(file, 9100) == expected);
  CHECK(payload.view() == std::string(9000, 'p'));
  CHECK(file.stored() == 9000);
}

TEST_CASE("rewriting the same place a million times takes no further room") {
  SparseBytes file;
  for (std::uint64_t i = 0; i < 1000000; ++i) {
    const char first = static_cast<char>('a' + i % 26);
    file.Write(512, Bytes(std::string(4000, first)));
  }
  CHECK(file.stored() == 4000);
}

TEST_CASE("the n-th stored byte is found") {
  SparseBytes file;
  file.Write(1000, Bytes("abc"));
  file.Write(5000, Bytes("de"));
  CHECK(file.OffsetOfStored(2) == 1002);
  CHECK(file.OffsetOfStored(3) == 5000);
}

TEST_CASE("whether something is stored within a part is told to the byte") {
  SparseBytes file;
  CHECK_FALSE(file.StoresWithin(0, 1 << 20));
  file.Write(1000, Bytes("abc"));
  CHECK_FALSE(file.StoresWithin(0, 1000));
  CHECK(file.StoresWithin(0, 1001));
  CHECK(file.StoresWithin(1002, 1));
  CHECK_FALSE(file.StoresWithin(1003, 1000));
}

TEST_CASE("random writes and clears read back as from a flat file") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    constexpr std::uint64_t kSize = 200000;
    SparseBytes file;
    std::string model(kSize, '\0');
    for (std::uint64_t i = 0; i < 400; ++i) {
      const auto draw = [seed, i](std::uint64_t what, std::uint64_t bound) {
        return Reduce(Mix(seed, i * 16 + what), bound);
      };
      const std::uint64_t size = draw(0, draw(1, 3) == 0 ? 20000 : 700);
      const std::uint64_t offset = draw(2, kSize - size);
      const bool zeros = draw(3, 8) == 0;
      std::string bytes(size, zeros ? '\0' : static_cast<char>(draw(4, 256)));
      if (draw(5, 3) == 0)
        std::fill(bytes.begin() + static_cast<long>(size / 2), bytes.end(), '\0');
      model.replace(offset, size, bytes);
      if (zeros && draw(6, 2) == 0) {
        file.Clear(offset, size);
      } else {
        file.Write(offset, Bytes(bytes));
      }
    }
    REQUIRE(ReadAll(file, kSize) == model);
    std::string part(1000, '\0');
    file.Read(77777, 1000, part.data());
    REQUIRE(part == model.substr(77777, 1000));
    REQUIRE((file.StoresWithin(77777, 1000) || part == std::string(1000, '\0')));
  }
}

}  // namespace
}  // namespace drydock::sim
