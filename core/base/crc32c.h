// CRC-32C (Castagnoli), the checksum of everything on disk.
#pragma once

#include <cstdint>
#include <string_view>

namespace drydock {

// The checksum of `bytes` continued from `seed`, the checksum of what came before (0: nothing).
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed = 0);

// The same without the processor's own instruction, which Crc32c uses where there is one.
std::uint32_t Crc32cByTable(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace drydock
