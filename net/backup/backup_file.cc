#include "net/backup/backup_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/kv/kv_store.h"
#include "core/kv/state_codec.h"
#include "core/storage/data_format.h"

namespace drydock::net {
namespace {

constexpr std::size_t kReadAtOnce = 256 << 10;

std::string Reason(int error) {
  return std::error_code(error, std::generic_category()).message();
}

bool Exists(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

Error IsThere(const std::string& path) {
  return Error{path + " is there already: give another name, or --overwrite"};
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

// --- Writing ------------------------------------------------------------------------------------

BackupWriter::BackupWriter(std::string path, bool replace, FileDescriptor fd)
    : path_(std::move(path)),
      unfinished_(path_ + ".unfinished"),
      replace_(replace),
      fd_(std::move(fd)) {}

BackupWriter::~BackupWriter() {
  if (fd_.open()) ::unlink(unfinished_.c_str());
}

Result<std::unique_ptr<BackupWriter>> BackupWriter::Create(const std::string& path, bool replace) {
  if (!replace && Exists(path)) return IsThere(path);
  const std::string unfinished = path + ".unfinished";
  FileDescriptor fd(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!fd.open()) return Error{"cannot write " + unfinished + ": " + Reason(errno)};
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{unfinished + " is being written by another process: wait for it"};
  }
  // What a process left that was killed.
  if (::ftruncate(fd.get(), 0) != 0) {
    return Error{"cannot write " + unfinished + ": " + Reason(errno)};
  }
  return std::unique_ptr<BackupWriter>(new BackupWriter(path, replace, std::move(fd)));
}

Error BackupWriter::Failed(const std::string& what) const {
  return Error{"cannot " + what + ": " + Reason(errno) + "; there is no backup"};
}

Status BackupWriter::Write(std::string_view bytes) {
  checksum_ = Crc32c(bytes, checksum_);
  bytes_ += bytes.size();
  if (const auto taken = parser_.Feed(bytes); !taken.ok()) return taken.error();
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write " + unfinished_);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok();
}

Status BackupWriter::Begin(const BackupHead& head) {
  DRYDOCK_CHECK(!begun(), path_);
  return Write(EncodeBackupHead(head));
}

Status BackupWriter::Append(std::string_view state) {
  DRYDOCK_CHECK(begun(), path_);
  return Write(state);
}

Result<std::uint64_t> BackupWriter::Finish() {
  if (!begun()) return Error{"the node ended the backup before it began"};
  Status status = Write(EncodeBackupEnd(checksum_));
  if (status.ok()) status = parser_.Finish();
  if (status.ok()) status = MakeDurable();
  if (!status.ok()) return status.error();
  fd_ = FileDescriptor();
  return bytes_;
}

Status BackupWriter::MakeDurable() {
  if (::fsync(fd_.get()) != 0) return Failed("make " + unfinished_ + " durable");
  if (!replace_ && Exists(path_)) return IsThere(path_);
  if (::rename(unfinished_.c_str(), path_.c_str()) != 0) {
    return Failed("rename " + unfinished_ + " to " + path_);
  }
  const std::string folder = FolderOf(path_);
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.open() && ::fsync(fd.get()) == 0) return Ok();
  return Error{"cannot make the name " + path_ + " durable: " + Reason(errno) +
               "; a power cut may take the file"};
}

// --- Reading ------------------------------------------------------------------------------------

namespace {

// Feeds a whole file to a parser and a decoder.
class BackupReader {
 public:
  explicit BackupReader(std::string path) : path_(std::move(path)) {}

  // With the pieces of the state, if they are wanted.
  Result<BackupSummary> Read(std::vector<Bytes>* pieces);

 private:
  Status ReadAll(std::vector<Bytes>* pieces);
  Status Take(std::string_view bytes, std::vector<Bytes>* pieces);
  Status CheckDataFormat() const;
  Error Failed(const std::string& why) const { return Error{path_ + ": " + why}; }

  const std::string path_;
  BackupParser parser_;
  StateDecoder decoder_;
  std::uint64_t bytes_ = 0;
};

// The state is not looked at before its form is known to be one that we read.
Status BackupReader::CheckDataFormat() const {
  const std::uint32_t format = parser_.head()->data_format;
  if (format <= DataFormat()) return Ok();
  return Failed("a backup of data format " + std::to_string(format) +
                ", and this program reads formats up to " + std::to_string(DataFormat()) +
                ": use the version that wrote it, or a newer one");
}

Status BackupReader::Take(std::string_view bytes, std::vector<Bytes>* pieces) {
  bytes_ += bytes.size();
  const bool begun = parser_.head() != nullptr;
  const auto state = parser_.Feed(bytes);
  if (!state.ok()) return Failed(state.error().text);
  if (!begun && parser_.head() != nullptr) {
    if (const Status status = CheckDataFormat(); !status.ok()) return status;
  }
  if (state.value().empty()) return Ok();
  if (pieces != nullptr) pieces->emplace_back(state.value());
  if (decoder_.Feed(state.value())) return Ok();
  return Failed("damaged: the state in it cannot be read; take another backup");
}

Status BackupReader::ReadAll(std::vector<Bytes>* pieces) {
  const FileDescriptor fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.open()) return Failed("cannot be opened: " + Reason(errno));
  std::string buffer(kReadAtOnce, '\0');
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("cannot be read: " + Reason(errno));
    if (got == 0) return Ok();
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    if (const Status status = Take(bytes, pieces); !status.ok()) return status;
  }
}

Result<BackupSummary> BackupReader::Read(std::vector<Bytes>* pieces) {
  if (const Status status = ReadAll(pieces); !status.ok()) return status.error();
  if (const Status status = parser_.Finish(); !status.ok()) return Failed(status.error().text);
  if (!decoder_.complete()) {
    return Failed("damaged: the state in it is not whole; take another backup");
  }
  const KvStore state = decoder_.Take(parser_.head()->meta.index);
  return BackupSummary{
      .head = *parser_.head(),
      .file_bytes = bytes_,
      .contents = BackupSummary::Contents{.keys = state.size(), .sessions = state.session_count()}};
}

}  // namespace

Result<BackupSummary> CheckBackup(const std::string& path) {
  return BackupReader(path).Read(nullptr);
}

Result<LoadedBackup> LoadBackup(const std::string& path) {
  LoadedBackup loaded;
  auto summary = BackupReader(path).Read(&loaded.snapshot.pieces);
  if (!summary.ok()) return summary.error();
  loaded.summary = std::move(summary.value());
  loaded.snapshot.stored.meta = loaded.summary.head.meta;
  return loaded;
}

}  // namespace drydock::net
