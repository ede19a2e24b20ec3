#include "core/storage/snapshot_format.h"

#include <utility>

#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr std::uint32_t kFrameMagic = 0x70616e73;  // "snap"
constexpr std::size_t kUncovered = 8;              // magic and checksum
constexpr std::size_t kIndexDigits = 20;

}  // namespace

std::string SnapshotPath(Index index) {
  const std::string digits = std::to_string(index.value());
  return std::string(kSnapshotFolder) + "/" + std::string(kIndexDigits - digits.size(), '0') +
         digits;
}

std::optional<Index> SnapshotIndex(std::string_view name) {
  if (name.size() != kIndexDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return Index(number);
}

std::string EncodeFrameHeader(FrameKind kind, std::string_view payload) {
  std::string covered;
  Writer writer(covered);
  writer.U32(static_cast<std::uint32_t>(kind));
  writer.U32(static_cast<std::uint32_t>(payload.size()));
  writer.U32(Crc32c(payload));
  std::string header;
  Writer whole(header);
  whole.U32(kFrameMagic);
  whole.U32(Crc32c(covered));
  return header + covered;
}

std::optional<FrameHeader> DecodeFrameHeader(std::string_view bytes) {
  if (bytes.size() < kFrameHeaderBytes) return std::nullopt;
  Reader reader(bytes.substr(0, kFrameHeaderBytes));
  if (reader.U32() != kFrameMagic) return std::nullopt;
  if (reader.U32() != Crc32c(bytes.substr(kUncovered, kFrameHeaderBytes - kUncovered))) {
    return std::nullopt;
  }
  FrameHeader header;
  header.kind = static_cast<FrameKind>(reader.U32());
  header.bytes = reader.U32();
  header.checksum = reader.U32();
  if (header.kind < FrameKind::kMeta || header.kind > FrameKind::kEnd) return std::nullopt;
  return header;
}

std::string EncodeMeta(StoreId store, const SnapshotMeta& meta) {
  std::string out;
  Writer writer(out);
  writer.U32(kSnapshotVersion);
  writer.U64(store.value());
  writer.U64(meta.index.value());
  writer.U64(meta.term.value());
  writer.U64(meta.configuration_index.value());
  writer.Blob(meta.configuration.Encode());
  writer.U64(meta.bytes);
  writer.U32(meta.checksum);
  return out;
}

std::optional<MetaFrame> DecodeMeta(std::string_view payload) {
  Reader reader(payload);
  MetaFrame frame;
  frame.version = reader.U32();
  if (reader.ok() && frame.version != kSnapshotVersion) return frame;
  frame.store = StoreId(reader.U64());
  frame.meta.index = Index(reader.U64());
  frame.meta.term = Term(reader.U64());
  frame.meta.configuration_index = Index(reader.U64());
  auto configuration = Configuration::Decode(reader.Blob());
  frame.meta.bytes = reader.U64();
  frame.meta.checksum = reader.U32();
  if (!reader.AtEnd() || !configuration.has_value()) return std::nullopt;
  frame.meta.configuration = std::move(*configuration);
  return frame;
}

}  // namespace drydock
