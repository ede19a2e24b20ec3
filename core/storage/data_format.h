// The one number that says in which form a store is written. Every form that a file or an entry may
// have belongs to such a number, and a program reads all up to its own (docs/decisions/0018).
//
//   format   "drydockf", number u32, CRC32C u32 of all before it: 16 bytes in every version
//
// A store without the file is of format 1.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/storage/disk.h"

namespace drydock {

inline constexpr const char* kDataFormatPath = "format";
inline constexpr std::uint32_t kFirstDataFormat = 1;

// What this program writes, and the highest that it reads.
std::uint32_t DataFormat();

// That of the store in the directory. An error when it is above DataFormat(), or the file damaged.
Result<std::uint32_t> ReadDataFormat(Disk& disk);

// From now on the store is of the format `to`: durable, and whole or not at all after a crash.
// Programs that read less refuse it. To be called before anything is written in a newer form;
// writes nothing when `from` is as high.
Status RaiseDataFormat(Disk& disk, std::uint32_t from, std::uint32_t to);

}  // namespace drydock
