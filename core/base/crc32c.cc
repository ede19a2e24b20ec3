#include "core/base/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace drydock {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bits reversed

// tables[k][b]: what byte b followed by k zero bytes adds to the checksum. With eight of them eight
// bytes go in at once ("slicing by 8").
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

std::uint32_t LittleEndian32(const unsigned char* p) {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 |
         static_cast<std::uint32_t>(p[2]) << 16 | static_cast<std::uint32_t>(p[3]) << 24;
}

std::uint32_t ByTable(const unsigned char* p, std::size_t size, std::uint32_t crc) {
  for (; size >= 8; p += 8, size -= 8) {
    const std::uint32_t low = crc ^ LittleEndian32(p);
    const std::uint32_t high = LittleEndian32(p + 4);
    crc = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^ kTables[5][(low >> 16) & 0xff] ^
          kTables[4][low >> 24] ^ kTables[3][high & 0xff] ^ kTables[2][(high >> 8) & 0xff] ^
          kTables[1][(high >> 16) & 0xff] ^ kTables[0][high >> 24];
  }
  for (; size > 0; ++p, --size) crc = (crc >> 8) ^ kTables[0][(crc ^ *p) & 0xff];
  return crc;
}

#if defined(__x86_64__)
// The instruction takes three cycles, and a new one can begin in each: so three stretches of so
// many bytes go side by side.
constexpr std::size_t kStretch = 256;

// What each byte of a checksum becomes when a stretch follows it. Checksums are linear: what two of
// them add up to is what the sum of their bytes gives.
using Shifts = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Shifts MakeShifts() {
  Shifts shifts{};
  for (std::size_t bit = 0; bit < 32; ++bit) {
    std::uint32_t crc = std::uint32_t{1} << bit;
    for (std::size_t i = 0; i < kStretch; ++i) crc = (crc >> 8) ^ kTables[0][crc & 0xff];
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if ((byte >> (bit % 8) & 1) != 0) shifts[bit / 8][byte] ^= crc;
    }
  }
  return shifts;
}

constexpr Shifts kShifts = MakeShifts();

std::uint32_t AfterStretch(std::uint32_t crc) {
  return kShifts[0][crc & 0xff] ^ kShifts[1][(crc >> 8) & 0xff] ^ kShifts[2][(crc >> 16) & 0xff] ^
         kShifts[3][crc >> 24];
}

unsigned long long WordAt(const unsigned char* p) {
  unsigned long long word;  // the type that the builtin takes
  std::memcpy(&word, p, sizeof(word));
  return word;
}

__attribute__((target("sse4.2"))) std::uint32_t ThreeStretches(const unsigned char* p,
                                                               std::uint32_t crc) {
  std::uint64_t first = crc, second = 0, third = 0;
  for (const unsigned char* end = p + kStretch; p < end; p += 8) {
    first = __builtin_ia32_crc32di(first, WordAt(p));
    second = __builtin_ia32_crc32di(second, WordAt(p + kStretch));
    third = __builtin_ia32_crc32di(third, WordAt(p + 2 * kStretch));
  }
  const auto both =
      static_cast<std::uint32_t>(second) ^ AfterStretch(static_cast<std::uint32_t>(first));
  return static_cast<std::uint32_t>(third) ^ AfterStretch(both);
}

__attribute__((target("sse4.2"))) std::uint32_t ByInstruction(const unsigned char* p,
                                                              std::size_t size, std::uint32_t crc) {
  for (; size >= 3 * kStretch; p += 3 * kStretch, size -= 3 * kStretch)
    crc = ThreeStretches(p, crc);
  std::uint64_t wide = crc;
  for (; size >= 8; p += 8, size -= 8) wide = __builtin_ia32_crc32di(wide, WordAt(p));
  crc = static_cast<std::uint32_t>(wide);
  for (; size > 0; ++p, --size) crc = __builtin_ia32_crc32qi(crc, *p);
  return crc;
}
#endif

}  // namespace

std::uint32_t Crc32cByTable(std::string_view bytes, std::uint32_t seed) {
  return ~ByTable(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), ~seed);
}

std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) {
    return ~ByInstruction(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                          ~seed);
  }
#endif
  return Crc32cByTable(bytes, seed);
}

}  // namespace drydock
