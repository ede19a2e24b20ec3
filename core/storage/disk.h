// The seam to a file system: a real one, or one that breaks on demand.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/base/strong.h"

namespace drydock {

inline constexpr std::uint64_t kSectorBytes = 512;  // what a power cut writes whole or not at all

// Called only by Recover and by the drivers that carry out DiskOps. Paths are relative to the
// store's directory; '/' separates one level of folders, which are created as needed. A write is
// durable after Sync of its file; a created, renamed or removed name after SyncDirectory.
class Disk {
 public:
  virtual ~Disk() = default;
  // The names of the files within, ascending and without the folder's path; "" is the store's
  // directory itself. A folder that does not exist holds none.
  virtual Result<std::vector<std::string>> List(const std::string& folder) = 0;
  virtual Result<std::uint64_t> Size(const std::string& path) = 0;
  // Exactly the bytes [offset, offset + size); an error when the file is shorter.
  virtual Result<std::string> Read(const std::string& path, std::uint64_t offset,
                                   std::uint64_t size) = 0;
  // The same; a disk that knows without looking that all of it is zero may give nothing instead.
  virtual Result<std::string> ReadUnlessZero(const std::string& path, std::uint64_t offset,
                                             std::uint64_t size) {
    return Read(path, offset, size);
  }
  // A new file of `size` zero bytes, ready to be overwritten without growing; replaces an old one.
  virtual Status Create(const std::string& path, std::uint64_t size) = 0;
  virtual Status Write(const std::string& path, std::uint64_t offset, std::string_view bytes) = 0;
  virtual Status Sync(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual Status Remove(const std::string& path) = 0;
  virtual Status SyncDirectory(const std::string& folder) = 0;
  virtual Result<std::uint64_t> SpaceLeft() = 0;
};

// The operations that a running node asks of its driver. Each lane is carried out in order.
enum class Lane : std::uint8_t { kWal, kBulk };

// Writes the pieces one after another from `offset` on and syncs the file: one step for the disk.
struct WriteAndSync {
  std::string path;
  std::uint64_t offset = 0;
  std::vector<Bytes> pieces;
};
// Creates a zero-filled file of `size` bytes, and makes it and its name durable.
struct CreateDurably {
  std::string path;
  std::uint64_t size = 0;
};
// Gives a file another name within its folder, in place of one that has it; durable at once.
struct RenameDurably {
  std::string from;
  std::string to;
};
struct RemoveDurably {
  std::string path;
};
// The bytes come back with the operation's end.
struct ReadBytes {
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};
using DiskAction =
    std::variant<WriteAndSync, CreateDurably, RenameDurably, RemoveDurably, ReadBytes>;

struct DiskOp {
  Lane lane = Lane::kWal;
  Ticket ticket;
  DiskAction action;
};

}  // namespace drydock
