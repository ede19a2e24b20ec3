#include "net/disk/posix_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <optional>
#include <system_error>

namespace drydock::net {
namespace {

constexpr std::size_t kOpenFiles = 8;
constexpr std::size_t kZerosAtOnce = 1 << 20;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string Reason(int error) {
  return std::error_code(error, std::generic_category()).message();
}

// What the operator can do about it.
std::string Remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "; free some space on that disk, then start the node again";
    case EACCES:
    case EPERM:
      return "; the user that the node runs as must be able to read and write there";
    case EROFS:
      return "; mount it so that it can be written to, or use another directory";
    case EIO:
      return "; check the disk";
    case EMFILE:
    case ENFILE:
      return "; raise the limit of open files (ulimit -n)";
    default:
      return "";
  }
}

Error SystemError(const std::string& what, const std::string& path, int error) {
  return Error{"cannot " + what + " " + path + ": " + Reason(error) + Remedy(error)};
}

std::string At(std::uint64_t offset) {
  return " at byte " + std::to_string(offset);
}

bool IsName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

std::optional<std::string> FolderOf(const std::string& path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return path.substr(0, slash);
}

int OpenAt(const FileDescriptor& root, const std::string& path, int flags, mode_t mode = 0) {
  int fd = -1;
  do {
    fd = ::openat(root.get(), path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// What is left of the pieces when the first `written` bytes are done.
std::span<iovec> Behind(std::span<iovec> pieces, std::size_t written) {
  while (!pieces.empty() && written >= pieces.front().iov_len) {
    written -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (!pieces.empty()) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + written;
    pieces.front().iov_len -= written;
  }
  return pieces;
}

// Closing it closes the descriptor as well.
struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

bool IsFile(const FileDescriptor& folder, const dirent& entry) {
  if (entry.d_type == DT_REG) return true;
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return false;
  struct stat status {};
  return ::fstatat(folder.get(), entry.d_name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

// The name of a new directory must be durable before anything in it counts. If it was there before,
// it may still have been made by a start that was cut off, so it is synced each time; but then the
// parent may well be none of our business, and unreadable.
Status SyncParent(const std::string& directory, const FileDescriptor& fd, bool created) {
  const FileDescriptor parent(OpenAt(fd, "..", kFolderFlags));
  if (parent.open() && ::fsync(parent.get()) == 0) return Ok();
  if (!created) return Ok();
  return SystemError("make durable the new directory", directory, errno);
}

}  // namespace

Result<std::unique_ptr<PosixDisk>> PosixDisk::Open(const std::string& directory) {
  if (directory.empty()) return Error{"the name of the data directory is empty"};
  const bool created = ::mkdir(directory.c_str(), kFolderMode) == 0;
  if (!created && errno != EEXIST) {
    return SystemError("create the directory", directory, errno);
  }
  FileDescriptor fd(::open(directory.c_str(), kFolderFlags));
  if (!fd.open()) return SystemError("open the directory", directory, errno);
  if (const Status status = SyncParent(directory, fd, created); !status.ok()) {
    return status.error();
  }
  return std::unique_ptr<PosixDisk>(new PosixDisk(directory, std::move(fd)));
}

std::string PosixDisk::FullPath(const std::string& path) const {
  if (path.empty()) return directory_;
  return directory_.ends_with('/') ? directory_ + path : directory_ + "/" + path;
}

Error PosixDisk::Failed(const std::string& what, const std::string& path) const {
  const int error = errno;
  return SystemError(what, FullPath(path), error);
}

Status PosixDisk::CheckFolder(const std::string& folder) const {
  if (folder.empty() || IsName(folder)) return Ok();
  return Error{"'" + folder + "' is not the name of a folder in " + directory_};
}

Status PosixDisk::CheckPath(const std::string& path) const {
  const std::optional<std::string> folder = FolderOf(path);
  const bool fits = folder.has_value() ? IsName(*folder) && IsName(path.substr(folder->size() + 1))
                                       : IsName(path);
  if (fits) return Ok();
  return Error{"'" + path + "' is not a path within " + directory_};
}

Status PosixDisk::MakeFolderOf(const std::string& path) {
  const std::optional<std::string> folder = FolderOf(path);
  if (!folder.has_value()) return Ok();
  if (::mkdirat(root_.get(), folder->c_str(), kFolderMode) == 0 || errno == EEXIST) return Ok();
  return Failed("create the folder", *folder);
}

Result<std::vector<std::string>> PosixDisk::List(const std::string& folder) {
  if (const Status status = CheckFolder(folder); !status.ok()) return status.error();
  FileDescriptor fd(OpenAt(root_, folder.empty() ? "." : folder, kFolderFlags));
  std::vector<std::string> names;
  if (!fd.open() && errno == ENOENT) return names;
  if (!fd.open()) return Failed("open the folder", folder);
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(fd.get()));
  if (directory == nullptr) return Failed("list the folder", folder);
  const FileDescriptor folder_fd(::dup(fd.Release()));
  errno = 0;  // the only way to tell an error from the end
  while (const dirent* const entry = ::readdir(directory.get())) {
    if (IsFile(folder_fd, *entry)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return Failed("list the folder", folder);
  std::ranges::sort(names);
  return names;
}

Result<std::uint64_t> PosixDisk::Size(const std::string& path) {
  const auto file = Use(path);
  if (!file.ok()) return file.error();
  struct stat status {};
  if (::fstat(file.value()->fd.get(), &status) != 0) return Failed("find the size of", path);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::string> PosixDisk::Read(const std::string& path, std::uint64_t offset,
                                    std::uint64_t size) {
  const auto file = Use(path);
  if (!file.ok()) return file.error();
  // Asked first, so that no nonsense of a size takes memory.
  const auto whole = Size(path);
  if (!whole.ok()) return whole.error();
  if (offset > whole.value() || size > whole.value() - offset) {
    return Error{"cannot read " + std::to_string(size) + " bytes of " + FullPath(path) +
                 At(offset) + ": the file has " + std::to_string(whole.value())};
  }
  std::string bytes(size, '\0');
  for (std::size_t done = 0; done < size;) {
    const ssize_t count = ::pread(file.value()->fd.get(), bytes.data() + done, size - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;  // cut short while it was read
    if (count <= 0) return Failed("read" + At(offset + done) + " of", path);
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

Status PosixDisk::WriteFully(const FileDescriptor& fd, const std::string& path,
                             std::uint64_t offset, std::span<iovec> pieces) {
  while (!pieces.empty()) {
    const auto count = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
    const ssize_t result = ::pwritev(fd.get(), pieces.data(), count, static_cast<off_t>(offset));
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) return Failed("write" + At(offset) + " of", path);
    offset += static_cast<std::uint64_t>(result);
    pieces = Behind(pieces, static_cast<std::size_t>(result));
  }
  return Ok();
}

Status PosixDisk::WritePieces(const std::string& path, std::uint64_t offset,
                              std::span<iovec> pieces) {
  const auto file = Use(path);
  if (!file.ok()) return file.error();
  file.value()->unsynced = true;
  return WriteFully(file.value()->fd, path, offset, pieces);
}

Status PosixDisk::Write(const std::string& path, std::uint64_t offset, std::string_view bytes) {
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return WritePieces(path, offset, {&piece, 1});
}

Status PosixDisk::WriteAll(const std::string& path, std::uint64_t offset,
                           std::span<const Bytes> pieces) {
  std::vector<iovec> all;
  all.reserve(pieces.size());
  for (const Bytes& piece : pieces) {
    all.push_back({const_cast<char*>(piece.view().data()), piece.size()});
  }
  return WritePieces(path, offset, all);
}

Result<FileDescriptor> PosixDisk::CreateEmpty(const std::string& path) {
  // A new file, not the old one cut short: nobody's open descriptor or failed sync carries over.
  if (::unlinkat(root_.get(), path.c_str(), 0) != 0 && errno != ENOENT) {
    return Failed("replace", path);
  }
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL;
  FileDescriptor fd(OpenAt(root_, path, kFlags, kFileMode));
  if (!fd.open() && errno == ENOENT) {
    if (const Status status = MakeFolderOf(path); !status.ok()) return status.error();
    fd = FileDescriptor(OpenAt(root_, path, kFlags, kFileMode));
  }
  if (!fd.open()) return Failed("create", path);
  return fd;
}

Status PosixDisk::WriteZeros(const FileDescriptor& fd, const std::string& path,
                             std::uint64_t size) {
  std::string zeros(std::min<std::uint64_t>(size, kZerosAtOnce), '\0');
  for (std::uint64_t offset = 0; offset < size; offset += zeros.size()) {
    iovec piece{zeros.data(), std::min<std::uint64_t>(size - offset, zeros.size())};
    const Status status = WriteFully(fd, path, offset, {&piece, 1});
    if (!status.ok()) return status;
  }
  return Ok();
}

Status PosixDisk::Create(const std::string& path, std::uint64_t size) {
  if (const Status status = CheckPath(path); !status.ok()) return status;
  {
    const std::lock_guard lock(mutex_);
    ForgetLocked(path);
  }
  auto fd = CreateEmpty(path);
  if (!fd.ok()) return fd.error();
  if (const Status status = WriteZeros(fd.value(), path, size); !status.ok()) {
    // Nobody needs a part of it, and on a full disk its room is wanted.
    ::unlinkat(root_.get(), path.c_str(), 0);
    return status;
  }
  auto file = std::make_shared<OpenFile>(std::move(fd.value()));
  file->unsynced = true;
  const std::lock_guard lock(mutex_);
  open_.emplace(open_.begin(), path, std::move(file));
  CloseSomeLocked();
  return Ok();
}

Error PosixDisk::SyncFailed(const std::string& path) {
  const Error error = Failed("sync", path);
  const std::lock_guard lock(mutex_);
  ForgetLocked(path);
  distrusted_.insert(path);
  return error;
}

Status PosixDisk::Sync(const std::string& path) {
  const auto file = Use(path);
  if (!file.ok()) return file.error();
  if (::fdatasync(file.value()->fd.get()) != 0) return SyncFailed(path);
  file.value()->unsynced = false;
  return Ok();
}

Status PosixDisk::Rename(const std::string& from, const std::string& to) {
  if (const Status status = CheckPath(from); !status.ok()) return status;
  if (const Status status = CheckPath(to); !status.ok()) return status;
  if (FolderOf(to) != FolderOf(from)) {
    if (const Status status = MakeFolderOf(to); !status.ok()) return status;
  }
  const std::lock_guard lock(mutex_);
  if (::renameat(root_.get(), from.c_str(), root_.get(), to.c_str()) != 0) {
    return Failed("rename to " + to + " the file", from);
  }
  if (from == to) return Ok();
  ForgetLocked(to);
  for (auto& [path, file] : open_) {
    if (path == from) path = to;
  }
  if (distrusted_.erase(from) != 0) distrusted_.insert(to);
  return Ok();
}

Status PosixDisk::Remove(const std::string& path) {
  if (const Status status = CheckPath(path); !status.ok()) return status;
  const std::lock_guard lock(mutex_);
  if (::unlinkat(root_.get(), path.c_str(), 0) != 0) return Failed("remove", path);
  ForgetLocked(path);
  return Ok();
}

Status PosixDisk::SyncDirectory(const std::string& folder) {
  if (const Status status = CheckFolder(folder); !status.ok()) return status;
  {
    const std::lock_guard lock(mutex_);
    if (distrusted_.contains(folder)) {
      return Error{FullPath(folder) +
                   ": an earlier sync of it failed, so its names cannot be "
                   "trusted until the node is started again"};
    }
  }
  FileDescriptor fd;
  if (!folder.empty()) {
    fd = FileDescriptor(OpenAt(root_, folder, kFolderFlags));
    if (!fd.open()) return Failed("open the folder", folder);
  }
  if (::fsync(folder.empty() ? root_.get() : fd.get()) != 0) return SyncFailed(folder);
  return Ok();
}

Result<std::uint64_t> PosixDisk::SpaceLeft() {
  struct statvfs status {};
  if (::fstatvfs(root_.get(), &status) != 0) return Failed("find the free space of", "");
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

Result<std::shared_ptr<PosixDisk::OpenFile>> PosixDisk::Use(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(open_, path, &OpenFiles::value_type::first);
  if (found != open_.end()) {
    std::rotate(open_.begin(), found, found + 1);
    return open_.front().second;
  }
  if (const Status status = CheckPath(path); !status.ok()) return status.error();
  if (distrusted_.contains(path)) {
    return Error{FullPath(path) +
                 ": an earlier sync of it failed, so what it holds cannot be "
                 "trusted until the node is started again"};
  }
  FileDescriptor fd(OpenAt(root_, path, O_RDWR));
  if (!fd.open()) return Failed("open", path);
  auto file = std::make_shared<OpenFile>(std::move(fd));
  open_.emplace(open_.begin(), path, file);
  CloseSomeLocked();
  return file;
}

void PosixDisk::CloseSomeLocked() {
  for (std::size_t i = open_.size(); i > 1 && open_.size() > kOpenFiles; --i) {
    const auto at = open_.begin() + static_cast<std::ptrdiff_t>(i - 1);
    if (!at->second->unsynced) open_.erase(at);
  }
}

void PosixDisk::ForgetLocked(const std::string& path) {
  std::erase_if(open_, [&path](const auto& file) { return file.first == path; });
  distrusted_.erase(path);
}

}  // namespace drydock::net
