#include "core/storage/snapshot_reader.h"

#include <algorithm>
#include <utility>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr std::uint32_t kLargestFrame = 64 << 20;

Error SnapshotDamaged(const std::string& path, std::uint64_t offset, const std::string& what) {
  return Error{path + " at byte " + std::to_string(offset) + ": " + what +
               "; the entries before this snapshot may be gone, so this node does not start: check "
               "the disk, then remove the node from the cluster and add it again with an empty "
               "directory"};
}

// Reads one file frame by frame, up to its end or to what is not sound.
class SnapshotFile {
 public:
  SnapshotFile(Disk& disk, std::string path, StoreId store)
      : disk_(disk), path_(std::move(path)), store_(store) {}

  Status Read();
  bool complete() const { return complete_; }
  bool begun() const { return begun_; }
  std::uint64_t offset() const { return offset_; }  // behind what was sound
  const std::string& trouble() const { return trouble_; }
  LoadedSnapshot Take() && { return std::move(loaded_); }

 private:
  bool Trouble(std::string what) {
    trouble_ = std::move(what);
    return false;
  }
  Result<bool> ReadFrame();
  bool TakeFrame(const FrameHeader& header, const std::string& payload);
  bool TakeMeta(const std::string& payload);
  bool TakeState(const FrameHeader& header, const std::string& payload);
  bool TakeEnd(const std::string& payload);

  Disk& disk_;
  std::string path_;
  StoreId store_;
  LoadedSnapshot loaded_;
  std::uint64_t size_ = 0;
  std::uint64_t offset_ = 0;
  std::uint32_t checksum_ = 0;
  bool begun_ = false;
  bool complete_ = false;
  std::string trouble_ = "the snapshot ends too early";
};

Status SnapshotFile::Read() {
  const auto size = disk_.Size(path_);
  if (!size.ok()) return size.error();
  size_ = size.value();
  while (!complete_) {
    const auto sound = ReadFrame();
    if (!sound.ok()) return sound.error();
    if (!sound.value()) break;
  }
  return Ok();
}

Result<bool> SnapshotFile::ReadFrame() {
  if (size_ - offset_ < kFrameHeaderBytes) return false;
  const auto bytes = disk_.Read(path_, offset_, kFrameHeaderBytes);
  if (!bytes.ok()) return bytes.error();
  const auto header = DecodeFrameHeader(bytes.value());
  if (!header.has_value()) return Trouble("the header of what follows is damaged");
  if (header->bytes > kLargestFrame) return Trouble("what follows is too large");
  if (size_ - offset_ - kFrameHeaderBytes < header->bytes) return false;
  auto payload = disk_.Read(path_, offset_ + kFrameHeaderBytes, header->bytes);
  if (!payload.ok()) return payload.error();
  if (Crc32c(payload.value()) != header->checksum) return Trouble("the checksum does not fit");
  return TakeFrame(*header, payload.value());
}

bool SnapshotFile::TakeFrame(const FrameHeader& header, const std::string& payload) {
  bool sound = false;
  if ((header.kind == FrameKind::kMeta) == begun_) return Trouble("a piece in the wrong place");
  if (header.kind == FrameKind::kMeta) sound = TakeMeta(payload);
  if (header.kind == FrameKind::kState) sound = TakeState(header, payload);
  if (header.kind == FrameKind::kEnd) sound = TakeEnd(payload);
  if (!sound) return false;
  offset_ += kFrameHeaderBytes + header.bytes;
  loaded_.stored.file_bytes = offset_;
  return true;
}

bool SnapshotFile::TakeMeta(const std::string& payload) {
  auto frame = DecodeMeta(payload);
  if (!frame.has_value()) return Trouble("what the snapshot is of cannot be read");
  if (frame->version != kSnapshotVersion) {
    return Trouble("format version " + std::to_string(frame->version) +
                   ", and this program reads version " + std::to_string(kSnapshotVersion));
  }
  if (frame->store != store_) return Trouble("the snapshot belongs to another store");
  loaded_.stored.meta = std::move(frame->meta);
  begun_ = true;
  return true;
}

bool SnapshotFile::TakeState(const FrameHeader& header, const std::string& payload) {
  loaded_.stored.frames.push_back({.file_offset = offset_ + kFrameHeaderBytes,
                                   .offset = loaded_.stored.state_bytes(),
                                   .bytes = header.bytes,
                                   .checksum = header.checksum});
  checksum_ = Crc32c(payload, checksum_);
  loaded_.pieces.emplace_back(payload);
  return true;
}

bool SnapshotFile::TakeEnd(const std::string& payload) {
  Reader reader(payload);
  const std::uint64_t bytes = reader.U64();
  const std::uint32_t checksum = reader.U32();
  if (!reader.AtEnd() || bytes != loaded_.stored.state_bytes() || checksum != checksum_) {
    return Trouble("the state is not the one that was written");
  }
  loaded_.stored.meta.bytes = bytes;
  loaded_.stored.meta.checksum = checksum;
  complete_ = true;
  return true;
}

Result<LoadedSnapshot> LoadComplete(Disk& disk, Index index, StoreId store) {
  const std::string path = SnapshotPath(index);
  SnapshotFile file(disk, path, store);
  if (const Status status = file.Read(); !status.ok()) return status.error();
  if (!file.complete()) return SnapshotDamaged(path, file.offset(), file.trouble());
  LoadedSnapshot loaded = std::move(file).Take();
  if (loaded.stored.meta.index == index) return loaded;
  return SnapshotDamaged(
      path, 0, "this is the snapshot of entry " + std::to_string(loaded.stored.meta.index.value()));
}

// The last frame is given up: its sync may have failed, and then what a read sees now may still
// not be on the disk, whatever the next sync says.
Result<std::optional<LoadedSnapshot>> LoadIncoming(Disk& disk, StoreId store) {
  SnapshotFile file(disk, kIncomingPath, store);
  if (const Status status = file.Read(); !status.ok()) return status.error();
  if (!file.begun()) return std::optional<LoadedSnapshot>();
  LoadedSnapshot loaded = std::move(file).Take();
  StoredSnapshot& stored = loaded.stored;
  if (stored.frames.size() < 2) return std::optional<LoadedSnapshot>();
  stored.file_bytes = stored.frames.back().file_offset - kFrameHeaderBytes;
  stored.frames.pop_back();
  loaded.pieces.pop_back();
  return std::optional(std::move(loaded));
}

}  // namespace

Result<SnapshotsFound> FindSnapshots(Disk& disk, StoreId store) {
  const auto names = disk.List(kSnapshotFolder);
  if (!names.ok()) return names.error();
  SnapshotsFound found;
  std::optional<Index> newest;
  bool incoming = false;
  for (const std::string& name : names.value()) {
    const std::string path = std::string(kSnapshotFolder) + "/" + name;
    const std::optional<Index> index = SnapshotIndex(name);
    if (index.has_value() && newest.has_value()) found.leftovers.push_back(SnapshotPath(*newest));
    if (index.has_value()) newest = index;  // names come in ascending order
    if (path == kWritingPath) found.leftovers.push_back(path);
    incoming = incoming || path == kIncomingPath;
  }
  if (newest.has_value()) {
    auto loaded = LoadComplete(disk, *newest, store);
    if (!loaded.ok()) return loaded.error();
    found.newest = std::move(loaded.value());
  }
  if (!incoming) return found;
  auto begun = LoadIncoming(disk, store);
  if (!begun.ok()) return begun.error();
  const bool useful = begun.value().has_value() &&
                      (!newest.has_value() || *newest < begun.value()->stored.meta.index);
  if (useful) found.incoming = std::move(begun.value());
  if (!useful) found.leftovers.emplace_back(kIncomingPath);
  return found;
}

}  // namespace drydock
