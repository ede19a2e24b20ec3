// Backups as files (core/storage/backup_format.h): written so that one which has its name is whole,
// and read with everything checked that can be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/storage/backup_format.h"
#include "core/storage/snapshot_reader.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {

// Writes into `PATH.unfinished`, which is removed with this object, and gives it its name at the
// end. Errors name the file, the system's reason and what to do.
class BackupWriter {
 public:
  // Fails when the file exists, unless it is to be replaced, or another process writes there.
  static Result<std::unique_ptr<BackupWriter>> Create(const std::string& path, bool replace);
  ~BackupWriter();
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;

  bool begun() const { return parser_.head() != nullptr; }
  // Once, then the state in pieces.
  Status Begin(const BackupHead& head);
  Status Append(std::string_view state);
  // Durable under its name, if the pieces are the state that the head told. Gives its size.
  Result<std::uint64_t> Finish();

 private:
  BackupWriter(std::string path, bool replace, FileDescriptor fd);
  Status Write(std::string_view bytes);
  Status MakeDurable();
  Error Failed(const std::string& what) const;

  const std::string path_;
  const std::string unfinished_;
  const bool replace_;
  FileDescriptor fd_;
  BackupParser parser_;  // reads what is written: nothing else gets the name
  std::uint32_t checksum_ = 0;
  std::uint64_t bytes_ = 0;
};

struct BackupSummary {
  BackupHead head;
  std::uint64_t file_bytes = 0;
  struct Contents {
    std::size_t keys = 0;
    std::size_t sessions = 0;
  };
  std::optional<Contents> contents;  // once they were read
};

// Reads all of a file and builds its state up, which takes as much memory as a node does. Errors
// say why it is no backup, or none that this program can read.
Result<BackupSummary> CheckBackup(const std::string& path);

struct LoadedBackup {
  BackupSummary summary;
  LoadedSnapshot snapshot;
};
// The same, and what is needed to restore it.
Result<LoadedBackup> LoadBackup(const std::string& path);

}  // namespace drydock::net
