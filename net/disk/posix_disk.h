// The disk of a real node: files of one directory of the operating system.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/storage/disk.h"
#include "net/disk/file_descriptor.h"

namespace drydock::net {

// Disk's contract, and on top of it:
// - Paths are one name, or a folder's name and a name. Anything else ('..', absolute, deeper) is
//   refused, so nothing outside the directory is ever touched. Symbolic links are followed: an
//   operator may put `wal` on another disk.
// - A file whose sync failed is never believed again: the error is given once, its descriptor is
//   closed, and each later call on that path fails, until Create or Remove replaces the file. The
//   same holds for the sync of a directory. (The system may drop the pages that it could not write
//   and say yes to the next sync.)
// - Errors tell what was tried, the full path, the system's reason and, where there is one, a
//   remedy.
//
// Safe to use from several threads; one file is for one thread at a time. Files are made with mode
// 0600, folders with 0700. Keeps a few files open.
class PosixDisk : public Disk {
 public:
  // Creates the directory, though not its parents, if it is missing.
  static Result<std::unique_ptr<PosixDisk>> Open(const std::string& directory);

  const std::string& directory() const { return directory_; }  // as it was given

  Result<std::vector<std::string>> List(const std::string& folder) override;
  Result<std::uint64_t> Size(const std::string& path) override;
  Result<std::string> Read(const std::string& path, std::uint64_t offset,
                           std::uint64_t size) override;
  // The zeros are really written, so that a later write only overwrites. Leaves no file behind when
  // it fails.
  Status Create(const std::string& path, std::uint64_t size) override;
  Status Write(const std::string& path, std::uint64_t offset, std::string_view bytes) override;
  // The pieces one after another from `offset` on, without copying them together.
  Status WriteAll(const std::string& path, std::uint64_t offset, std::span<const Bytes> pieces);
  Status Sync(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  // Of a folder that does not exist: an error.
  Status SyncDirectory(const std::string& folder) override;
  Result<std::uint64_t> SpaceLeft() override;

 private:
  struct OpenFile {
    explicit OpenFile(FileDescriptor descriptor) : fd(std::move(descriptor)) {}
    FileDescriptor fd;
    std::atomic<bool> unsynced = false;
  };
  using OpenFiles = std::vector<std::pair<std::string, std::shared_ptr<OpenFile>>>;

  PosixDisk(std::string directory, FileDescriptor fd)
      : directory_(std::move(directory)), root_(std::move(fd)) {}

  std::string FullPath(const std::string& path) const;
  // What `errno` says about a call that failed.
  Error Failed(const std::string& what, const std::string& path) const;
  Status CheckPath(const std::string& path) const;
  Status CheckFolder(const std::string& folder) const;
  Status MakeFolderOf(const std::string& path);
  Result<FileDescriptor> CreateEmpty(const std::string& path);
  Status WriteZeros(const FileDescriptor& fd, const std::string& path, std::uint64_t size);
  // `pieces` are used up.
  Status WriteFully(const FileDescriptor& fd, const std::string& path, std::uint64_t offset,
                    std::span<iovec> pieces);
  Status WritePieces(const std::string& path, std::uint64_t offset, std::span<iovec> pieces);
  Error SyncFailed(const std::string& path);

  // The file, opened if it is not open yet.
  Result<std::shared_ptr<OpenFile>> Use(const std::string& path);
  // Closes those used longest ago; an unsynced one stays, for the system tells a failed write of
  // its pages to those who have the file open.
  void CloseSomeLocked();
  void ForgetLocked(const std::string& path);  // the file of that name is another one from now on

  const std::string directory_;
  const FileDescriptor root_;
  std::mutex mutex_;                  // of what follows
  OpenFiles open_;                    // the one used last comes first
  std::set<std::string> distrusted_;  // files and folders whose sync failed; "" is the root
};

}  // namespace drydock::net
