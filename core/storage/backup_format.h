// The bytes of a backup's file, all little-endian.
//
//   "drydbkup", version u32, head bytes u32, head, CRC32C u32 of all before it
//     head   cluster (u32 length, bytes), node u32, time u64, data format u32, index u64, term u64,
//            configuration index u64, configuration (u32 length, bytes), bytes of the state u64,
//            its CRC32C u32
//   the state (core/kv/state_codec.h)
//   CRC32C u32 of all before it
//
// Every version begins like this, up to the first checksum, so that any program can tell a newer
// version from damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/protocol/snapshot.h"

namespace drydock {

inline constexpr std::uint32_t kBackupVersion = 1;

// What a backup is of.
struct BackupHead {
  std::string cluster;
  NodeId node;                    // that gave it
  std::uint64_t time = 0;         // when it was asked for: nanoseconds since 1970, UTC
  std::uint32_t data_format = 1;  // of that node
  SnapshotMeta meta;              // the state's bytes and checksum included

  friend bool operator==(const BackupHead&, const BackupHead&) = default;
};

// All that stands before the state.
std::string EncodeBackupHead(const BackupHead& head);
// What stands behind it; `checksum` is the CRC32C of all before.
std::string EncodeBackupEnd(std::uint32_t checksum);

// Takes a file in pieces of any size. Errors are for a person, and go behind the file's name; after
// one nothing more is to be fed.
class BackupParser {
 public:
  // The next bytes of the file. Gives those of the state among them, valid until the next call.
  Result<std::string_view> Feed(std::string_view bytes);
  // The file has ended. Only what passes this is a backup.
  Status Finish() const;
  // Null until enough was fed.
  const BackupHead* head() const { return head_.has_value() ? &*head_ : nullptr; }

 private:
  Status TakeHead();
  Result<std::string_view> TakeState(std::string_view bytes);

  std::optional<BackupHead> head_;
  std::string buffer_;            // until the head is whole; then what came with it
  std::uint64_t state_left_ = 0;  // bytes
  std::uint32_t checksum_ = 0;    // of all up to here, but for the end
  std::uint32_t state_checksum_ = 0;
  std::string end_;
};

}  // namespace drydock
