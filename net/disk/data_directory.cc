#include "net/disk/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/storage/data_format.h"
#include "core/storage/identity.h"
#include "core/storage/snapshot_format.h"
#include "core/storage/wal_format.h"

namespace drydock::net {
namespace {

constexpr const char* kTemporaryPath = "cluster.tmp";
constexpr const char* kTrialPath = "trial.tmp";
constexpr std::string_view kJoins = "waits to be added to a cluster\n";
constexpr std::string_view kUnfinished = "a store is being written here\n";
constexpr std::uint64_t kTrialBytes = 4096;  // more than any small file of the store needs
constexpr std::string_view kMagic = "drydockc";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMaxNameBytes = 255;
constexpr std::size_t kMaxBytes = 4096;  // a newer version may be longer than this one

std::string Encode(const std::string& name) {
  std::string bytes(kMagic);
  Writer writer(bytes);
  writer.U32(kVersion);
  writer.Blob(name);
  writer.U32(Crc32c(bytes));
  return bytes;
}

Error Damaged(const std::string& path, const std::string& what) {
  return Error{path + ": " + what +
               "; nothing else tells which cluster this store belongs to: check the disk, then "
               "copy the file from another node of the cluster (it is the same on all of them)"};
}

Result<std::string> Decode(const std::string& path, std::string_view bytes) {
  if (bytes.size() < kMagic.size() + kChecksumBytes || !bytes.starts_with(kMagic)) {
    return Damaged(path, "this does not hold a cluster's name, or is damaged");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (Reader(bytes.substr(body.size())).U32() != Crc32c(body)) {
    return Damaged(path, "the checksum does not fit the content");
  }
  Reader reader(body.substr(kMagic.size()));
  const std::uint32_t version = reader.U32();
  if (version != kVersion) {
    return Error{path + ": format version " + std::to_string(version) +
                 ", and this program reads version " + std::to_string(kVersion) +
                 ": start the node with the program that wrote it, or a newer one"};
  }
  const std::string_view name = reader.Blob();
  if (!reader.AtEnd() || name.empty()) return Damaged(path, "the content makes no sense");
  return std::string(name);
}

std::string FullPath(const PosixDisk& disk, const char* path) {
  return disk.directory() + "/" + path;
}

Result<std::string> ReadCluster(PosixDisk& disk) {
  const auto size = disk.Size(kClusterPath);
  if (!size.ok()) return size.error();
  const auto bytes = disk.Read(kClusterPath, 0, std::min<std::uint64_t>(size.value(), kMaxBytes));
  if (!bytes.ok()) return bytes.error();
  return Decode(FullPath(disk, kClusterPath), bytes.value());
}

Status WriteCluster(PosixDisk& disk, const std::string& name) {
  const std::string bytes = Encode(name);
  Status status = disk.Create(kTemporaryPath, bytes.size());
  if (status.ok()) status = disk.Write(kTemporaryPath, 0, bytes);
  // The content must be durable before the name is, or a crash could leave the name without it.
  if (status.ok()) status = disk.Sync(kTemporaryPath);
  if (status.ok()) status = disk.Rename(kTemporaryPath, kClusterPath);
  if (status.ok()) status = disk.SyncDirectory("");
  return status;
}

// Recover's own leftovers of a founding that was cut off count as well: the name of the cluster was
// durable before they came, so where they are without it, it was lost.
Result<bool> HoldsStore(PosixDisk& disk, const std::vector<std::string>& names) {
  if (std::ranges::find(names, kIdentityPath) != names.end()) return true;
  const auto segments = disk.List(kWalFolder);
  if (!segments.ok()) return segments.error();
  return std::ranges::any_of(
      segments.value(), [](const std::string& name) { return SegmentNumber(name).has_value(); });
}

Status CheckName(const std::string& found, const DataDirectoryOptions& options) {
  if (found == options.cluster) return Ok();
  return Error{options.directory + " belongs to cluster \"" + found + "\", not \"" +
               options.cluster +
               "\": give this node a directory of its own, or name the cluster "
               "that it belongs to"};
}

// A file that says something by being there.
Status WriteMark(PosixDisk& disk, const char* path, std::string_view text) {
  Status status = disk.Create(path, text.size());
  if (status.ok()) status = disk.Write(path, 0, text);
  if (status.ok()) status = disk.Sync(path);
  if (status.ok()) status = disk.SyncDirectory("");
  return status;
}

// As long as there is no store, each start says anew what it is made for.
Status WriteJoins(PosixDisk& disk, bool is_there, bool join) {
  if (is_there == join) return Ok();
  return join ? WriteMark(disk, kJoinsPath, kJoins) : disk.Remove(kJoinsPath);
}

// --- Filling ------------------------------------------------------------------------------------

// What has the name of a store, or of a part of one.
Result<std::vector<std::string>> PartsOfStore(PosixDisk& disk) {
  std::vector<std::string> parts;
  for (const char* folder : {kWalFolder, kSnapshotFolder}) {
    const auto names = disk.List(folder);
    if (!names.ok()) return names.error();
    for (const std::string& name : names.value()) {
      parts.push_back(std::string(folder) + "/" + name);
    }
  }
  return parts;
}

// Durably, or a power cut could bring a part back beside the new ones.
Status RemoveParts(PosixDisk& disk, const std::vector<std::string>& parts) {
  Status status = Ok();
  for (const std::string& part : parts) {
    if (status.ok()) status = disk.Remove(part);
    if (status.ok()) status = disk.SyncDirectory(part.substr(0, part.find('/')));
  }
  return status;
}

Status BeginFilling(PosixDisk& disk, const DataDirectoryOptions& options, bool identity,
                    bool unfinished) {
  const auto parts = PartsOfStore(disk);
  if (!parts.ok()) return parts.error();
  if (identity || (!unfinished && !parts.value().empty())) {
    return Error{options.directory + " holds a store, or the beginning of one: give an empty one"};
  }
  const Status status = unfinished ? Ok() : WriteMark(disk, kUnfinishedPath, kUnfinished);
  return status.ok() ? RemoveParts(disk, parts.value()) : status;
}

// The identity makes the store valid, so with it the filling had come to its end.
Status CheckFilled(PosixDisk& disk, const DataDirectoryOptions& options,
                   const std::vector<std::string>& names) {
  const auto has = [&names](const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  const bool unfinished = has(kUnfinishedPath);
  if (options.fill) return BeginFilling(disk, options, has(kIdentityPath), unfinished);
  if (!unfinished) return Ok();
  if (has(kIdentityPath)) return disk.Remove(kUnfinishedPath);
  return Error{options.directory +
               " holds the beginning of a store that was being restored: run the same command "
               "again, which begins anew, or empty the directory"};
}

Status CheckCluster(PosixDisk& disk, const DataDirectoryOptions& options,
                    const std::vector<std::string>& names, bool store) {
  if (std::ranges::find(names, kClusterPath) != names.end()) {
    const auto found = ReadCluster(disk);
    return found.ok() ? CheckName(found.value(), options) : found.error();
  }
  if (store) {
    return Damaged(FullPath(disk, kClusterPath), "the file is missing, though there is a store");
  }
  // Without it Recover refuses the directory, and knows the words for it.
  return options.bootstrap ? WriteCluster(disk, options.cluster) : Ok();
}

// Gives whether the store is one that waits to be added. What it is made for is durable before it
// is founded.
Result<bool> CheckStore(PosixDisk& disk, const DataDirectoryOptions& options) {
  const auto names = disk.List("");
  if (!names.ok()) return names.error();
  if (const auto format = ReadDataFormat(disk); !format.ok()) {
    return Error{options.directory + "/" + format.error().text};
  }
  if (const Status filled = CheckFilled(disk, options, names.value()); !filled.ok()) {
    return filled.error();
  }
  const auto store = HoldsStore(disk, names.value());
  if (!store.ok()) return store.error();
  Status status = CheckCluster(disk, options, names.value(), store.value());
  const bool joins = std::ranges::find(names.value(), kJoinsPath) != names.value().end();
  const bool founds = options.bootstrap && !store.value();
  if (status.ok() && founds) status = WriteJoins(disk, joins, options.join);
  if (!status.ok()) return status.error();
  return founds ? options.join : joins;
}

// A node that cannot write has nothing to say to its cluster, and better hears so now.
Status TryWriting(PosixDisk& disk) {
  Status status = disk.Create(kTrialPath, kTrialBytes);
  if (status.ok()) status = disk.Sync(kTrialPath);
  if (status.ok()) status = disk.Remove(kTrialPath);
  return status;
}

Error LockError(const std::string& path, int error) {
  return Error{"cannot lock " + path + ": " +
               std::error_code(error, std::generic_category()).message() +
               "; the data directory must be one that this node can write to"};
}

Error InUse(const std::string& directory, int fd) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  std::string_view process(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  process = process.substr(0, process.find_first_not_of("0123456789"));
  return Error{directory + " is in use by another raftd" +
               (process.empty() ? "" : ", process " + std::string(process)) +
               ": each node needs a directory of its own; to start this one again, stop that "
               "process first"};
}

Result<FileDescriptor> Lock(const std::string& directory) {
  const std::string path = directory + "/" + kLockPath;
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.open()) return LockError(path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? InUse(directory, fd.get()) : LockError(path, errno);
  }
  const std::string process = std::to_string(::getpid()) + "\n";
  const bool written =
      ::ftruncate(fd.get(), 0) == 0 &&
      ::pwrite(fd.get(), process.data(), process.size(), 0) == static_cast<ssize_t>(process.size());
  if (!written) return LockError(path, errno);
  return fd;
}

Status CheckOptions(const DataDirectoryOptions& options) {
  if (options.directory.empty()) return Error{"the name of the data directory is empty"};
  if (options.cluster.empty() || options.cluster.size() > kMaxNameBytes) {
    return Error{"the name of the cluster has " + std::to_string(options.cluster.size()) +
                 " bytes, and must have 1 to " + std::to_string(kMaxNameBytes)};
  }
  struct stat status {};
  if (!options.bootstrap && ::stat(options.directory.c_str(), &status) != 0 && errno == ENOENT) {
    return Error{"there is no directory " + options.directory +
                 ": if this node is new, start it with --bootstrap; if not, is its disk mounted?"};
  }
  return Ok();
}

}  // namespace

DataDirectory::DataDirectory(FileDescriptor lock, std::unique_ptr<PosixDisk> disk)
    : lock_(std::move(lock)), disk_(std::move(disk)) {}

// The file stays: were it removed, a process that waits to open it and one that comes later could
// lock two different files.
DataDirectory::~DataDirectory() {
  disk_.reset();
  [[maybe_unused]] const int nobody = ::ftruncate(lock_.get(), 0);
}

Status DataDirectory::FinishFilling() {
  const Status status = disk_->Remove(kUnfinishedPath);
  return status.ok() ? disk_->SyncDirectory("") : status;
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(const DataDirectoryOptions& options) {
  if (const Status status = CheckOptions(options); !status.ok()) return status.error();
  auto disk = PosixDisk::Open(options.directory);
  if (!disk.ok()) return disk.error();
  auto lock = Lock(options.directory);
  if (!lock.ok()) return lock.error();
  // From here on it leaves the lock as it was when it is refused.
  std::unique_ptr<DataDirectory> directory(
      new DataDirectory(std::move(lock.value()), std::move(disk.value())));
  const Status status = TryWriting(directory->disk());
  if (!status.ok()) return status.error();
  const Result<bool> joins = CheckStore(directory->disk(), options);
  if (!joins.ok()) return joins.error();
  directory->joins_ = joins.value();
  return directory;
}

}  // namespace drydock::net
