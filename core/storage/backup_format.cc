#include "core/storage/backup_format.h"

#include <algorithm>
#include <utility>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr std::string_view kMagic = "drydbkup";
constexpr std::size_t kFixedBytes = 16;  // magic, version, bytes of the head
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint32_t kLargestHead = 1 << 20;

std::string EncodeBody(const BackupHead& head) {
  std::string body;
  Writer writer(body);
  writer.Blob(head.cluster);
  writer.U32(head.node.value());
  writer.U64(head.time);
  writer.U32(head.data_format);
  writer.U64(head.meta.index.value());
  writer.U64(head.meta.term.value());
  writer.U64(head.meta.configuration_index.value());
  writer.Blob(head.meta.configuration.Encode());
  writer.U64(head.meta.bytes);
  writer.U32(head.meta.checksum);
  return body;
}

std::optional<BackupHead> DecodeBody(std::string_view body) {
  Reader reader(body);
  BackupHead head;
  head.cluster = std::string(reader.Blob());
  head.node = NodeId(reader.U32());
  head.time = reader.U64();
  head.data_format = reader.U32();
  head.meta.index = Index(reader.U64());
  head.meta.term = Term(reader.U64());
  head.meta.configuration_index = Index(reader.U64());
  auto configuration = Configuration::Decode(reader.Blob());
  head.meta.bytes = reader.U64();
  head.meta.checksum = reader.U32();
  if (!reader.AtEnd() || !configuration.has_value()) return std::nullopt;
  head.meta.configuration = std::move(*configuration);
  const SnapshotMeta& meta = head.meta;
  const bool possible = meta.index > Index(0) && meta.term > Term(0) && meta.bytes > 0 &&
                        meta.configuration_index <= meta.index && !head.cluster.empty();
  if (!possible) return std::nullopt;
  return head;
}

Error Damaged(const std::string& what) {
  return Error{"damaged: " + what + "; take another backup"};
}

Error CutShort() {
  return Error{"cut short: this is only the beginning of a backup; take another one"};
}

}  // namespace

std::string EncodeBackupHead(const BackupHead& head) {
  const std::string body = EncodeBody(head);
  std::string out(kMagic);
  Writer writer(out);
  writer.U32(kBackupVersion);
  writer.Blob(body);
  writer.U32(Crc32c(out));
  return out;
}

std::string EncodeBackupEnd(std::uint32_t checksum) {
  std::string out;
  Writer(out).U32(checksum);
  return out;
}

Result<std::string_view> BackupParser::Feed(std::string_view bytes) {
  if (head_.has_value()) return TakeState(bytes);
  buffer_.append(bytes);
  const Status status = TakeHead();
  if (!status.ok()) return status.error();
  return head_.has_value() ? TakeState(buffer_) : std::string_view();
}

// Leaves what stands behind the head in the buffer, once the head is whole.
Status BackupParser::TakeHead() {
  const std::string_view known = std::string_view(buffer_).substr(0, kMagic.size());
  if (known != kMagic.substr(0, known.size())) return Error{"no backup of Drydock"};
  if (buffer_.size() < kFixedBytes) return Ok();
  Reader reader(std::string_view(buffer_).substr(kMagic.size()));
  const std::uint32_t version = reader.U32();
  const std::uint32_t size = reader.U32();
  if (size > kLargestHead) return Damaged("what it is of cannot be so long");
  const std::string_view body = reader.Take(size);
  const std::uint32_t checksum = reader.U32();
  if (!reader.ok()) return Ok();
  const std::string_view covered = std::string_view(buffer_).substr(0, kFixedBytes + size);
  if (Crc32c(covered) != checksum) return Damaged("the checksum of its beginning does not fit");
  if (version != kBackupVersion) {
    return Error{"a backup in format version " + std::to_string(version) +
                 ", and this program reads version " + std::to_string(kBackupVersion) +
                 ": use the program that wrote it, or a newer one"};
  }
  head_ = DecodeBody(body);
  if (!head_.has_value()) return Damaged("what it is of makes no sense");
  const std::size_t taken = covered.size() + kChecksumBytes;
  checksum_ = Crc32c(std::string_view(buffer_).substr(0, taken));
  state_left_ = head_->meta.bytes;
  buffer_.erase(0, taken);
  return Ok();
}

Result<std::string_view> BackupParser::TakeState(std::string_view bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(state_left_, bytes.size()));
  const std::string_view state = bytes.substr(0, size);
  state_left_ -= size;
  checksum_ = Crc32c(state, checksum_);
  state_checksum_ = Crc32c(state, state_checksum_);
  end_.append(bytes.substr(size, kChecksumBytes + 1 - end_.size()));
  if (end_.size() > kChecksumBytes) return Damaged("there is something behind its end");
  return state;
}

Status BackupParser::Finish() const {
  if (end_.size() < kChecksumBytes) return CutShort();
  if (Reader(end_).U32() != checksum_) return Damaged("the checksum does not fit");
  if (state_checksum_ != head_->meta.checksum) {
    return Damaged("this is not the state that the node had");
  }
  return Ok();
}

}  // namespace drydock
