#include "core/storage/snapshot_writer.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {

SnapshotWriter::SnapshotWriter(std::string path, StoreId store, const SnapshotMeta& meta)
    : path_(std::move(path)), stored_{.meta = meta, .frames = {}}, meta_(EncodeMeta(store, meta)) {}

SnapshotWriter::SnapshotWriter(std::string path, StoredSnapshot begun, std::uint32_t checksum)
    : path_(std::move(path)), stored_(std::move(begun)), checksum_(checksum) {}

void SnapshotWriter::Frame(FrameKind kind, const Bytes& payload, WriteAndSync& out) {
  out.pieces.push_back(Bytes(EncodeFrameHeader(kind, payload.view())));
  if (!payload.empty()) out.pieces.push_back(payload);
  stored_.file_bytes += kFrameHeaderBytes + payload.size();
}

WriteAndSync SnapshotWriter::Append(const Bytes& bytes, bool last) {
  WriteAndSync write{path_, stored_.file_bytes, {}};
  if (!meta_.empty()) Frame(FrameKind::kMeta, Bytes(std::exchange(meta_, {})), write);
  if (!bytes.empty()) {
    const std::uint64_t offset = stored_.state_bytes();
    Frame(FrameKind::kState, bytes, write);
    stored_.frames.push_back({.file_offset = stored_.file_bytes - bytes.size(),
                              .offset = offset,
                              .bytes = static_cast<std::uint32_t>(bytes.size()),
                              .checksum = Crc32c(bytes.view())});
    checksum_ = Crc32c(bytes.view(), checksum_);
  }
  if (last) {
    std::string end;
    Writer writer(end);
    writer.U64(stored_.state_bytes());
    writer.U32(checksum_);
    Frame(FrameKind::kEnd, Bytes(end), write);
  }
  return write;
}

StoredSnapshot SnapshotWriter::Finish() const {
  StoredSnapshot whole = stored_;
  whole.meta.bytes = stored_.state_bytes();
  whole.meta.checksum = checksum_;
  return whole;
}

}  // namespace drydock
