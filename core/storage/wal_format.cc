#include "core/storage/wal_format.h"

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/crc32c.h"

namespace drydock {
namespace {

constexpr std::string_view kSegmentMagic = "drydkwal";
constexpr std::uint32_t kBatchMagic = 0xb47cd7c5;
constexpr std::size_t kSegmentDigits = 10;
constexpr std::size_t kRecordHeaderBytes = 9;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kBatchUncoveredBytes = 8;  // magic and checksum
constexpr std::size_t kEntryFixedBytes = 17;     // index, term and kind

enum class RecordType : std::uint8_t {
  kTermAndVote = 1,
  kEntry = 2,
  kTruncation = 3,
  kLogStart = 4
};

template <class T>
char* Put(char* out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) *out++ = static_cast<char>(value >> (8 * i));
  return out;
}

// Writes a record's fixed part in one go: this is done for every entry.
struct RecordBuffer {
  char bytes[kRecordHeaderBytes + kEntryFixedBytes];
  char* end = bytes + kRecordHeaderBytes;
};

RecordType FillBody(const StoreTermAndVote& state, RecordBuffer& buffer) {
  buffer.end = Put(buffer.end, state.term.value());
  buffer.end = Put(buffer.end, static_cast<std::uint8_t>(state.vote.has_value()));
  buffer.end = Put(buffer.end, state.vote.value_or(NodeId(0)).value());
  return RecordType::kTermAndVote;
}

RecordType FillBody(const StoreEntry& store, RecordBuffer& buffer) {
  buffer.end = Put(buffer.end, store.index.value());
  buffer.end = Put(buffer.end, store.entry.term.value());
  buffer.end = Put(buffer.end, static_cast<std::uint8_t>(store.entry.kind));
  return RecordType::kEntry;
}

RecordType FillBody(const StoreTruncation& truncation, RecordBuffer& buffer) {
  buffer.end = Put(buffer.end, truncation.last.value());
  return RecordType::kTruncation;
}

RecordType FillBody(const StoreLogStart& start, RecordBuffer& buffer) {
  buffer.end = Put(buffer.end, start.base.value());
  buffer.end = Put(buffer.end, start.base_term.value());
  return RecordType::kLogStart;
}

std::optional<Mutation> ReadTermAndVote(Reader body) {
  StoreTermAndVote state;
  state.term = Term(body.U64());
  const std::uint8_t voted = body.U8();
  const NodeId vote(body.U32());
  if (voted == 1) state.vote = vote;
  if (!body.AtEnd() || voted > 1) return std::nullopt;
  return state;
}

std::optional<Mutation> ReadEntry(Reader body) {
  StoreEntry store;
  store.index = Index(body.U64());
  store.entry.term = Term(body.U64());
  const std::uint8_t kind = body.U8();
  if (!body.ok() || kind > kLastEntryKind) return std::nullopt;
  store.entry.kind = static_cast<EntryKind>(kind);
  store.entry.payload = Bytes(body.rest());
  return store;
}

std::optional<Mutation> ReadTruncation(Reader body) {
  const StoreTruncation truncation{Index(body.U64()), Term(0)};
  if (!body.AtEnd()) return std::nullopt;
  return truncation;
}

std::optional<Mutation> ReadLogStart(Reader body) {
  StoreLogStart start;
  start.base = Index(body.U64());
  start.base_term = Term(body.U64());
  if (!body.AtEnd()) return std::nullopt;
  return start;
}

}  // namespace

std::string SegmentPath(std::uint64_t segment) {
  // Short enough for a string to hold without memory of its own: each batch names its file.
  std::string digits = std::to_string(segment);
  DRYDOCK_CHECK(digits.size() <= kSegmentDigits, segment);
  digits.insert(0, kSegmentDigits - digits.size(), '0');
  return std::string(kWalFolder) + "/" + digits;
}

std::optional<std::uint64_t> SegmentNumber(std::string_view name) {
  if (name.size() != kSegmentDigits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string sector(kSegmentMagic);
  Writer writer(sector);
  writer.U32(header.version);
  writer.U32(header.node.value());
  writer.U64(header.store.value());
  writer.U64(header.segment);
  writer.U64(header.first_batch);
  writer.U64(header.bytes);
  sector.resize(kSectorBytes - kChecksumBytes);
  writer.U32(Crc32c(sector));
  return sector;
}

std::optional<SegmentHeader> DecodeSegmentHeader(std::string_view sector) {
  if (sector.size() != kSectorBytes || !sector.starts_with(kSegmentMagic)) return std::nullopt;
  const std::string_view body = sector.substr(0, kSectorBytes - kChecksumBytes);
  if (Reader(sector.substr(body.size())).U32() != Crc32c(body)) return std::nullopt;
  Reader reader(body.substr(kSegmentMagic.size()));
  SegmentHeader header;
  header.version = reader.U32();
  header.node = NodeId(reader.U32());
  header.store = StoreId(reader.U64());
  header.segment = reader.U64();
  header.first_batch = reader.U64();
  header.bytes = reader.U64();
  return header;
}

std::uint32_t BatchSalt(StoreId store) {
  char bytes[8];
  Put(bytes, store.value());
  return Crc32c({bytes, sizeof(bytes)});
}

void EncodeBatchHeader(const BatchHeader& header, std::uint32_t salt, char* out) {
  char* const covered = out + kBatchUncoveredBytes;
  char* end = Put(covered, header.number);
  end = Put(end, header.payload_bytes);
  end = Put(end, header.records);
  end = Put(end, header.payload_checksum);
  Put(Put(out, kBatchMagic), Crc32c({covered, static_cast<std::size_t>(end - covered)}, salt));
}

std::optional<BatchHeader> DecodeBatchHeader(std::string_view bytes, std::uint32_t salt) {
  if (bytes.size() < kBatchHeaderBytes) return std::nullopt;
  Reader reader(bytes.substr(0, kBatchHeaderBytes));
  if (reader.U32() != kBatchMagic) return std::nullopt;
  const std::uint32_t checksum = reader.U32();
  if (Crc32c(reader.rest(), salt) != checksum) return std::nullopt;
  BatchHeader header;
  header.number = reader.U64();
  header.payload_bytes = reader.U32();
  header.records = reader.U32();
  header.payload_checksum = reader.U32();
  return header;
}

void AppendRecord(const Mutation& mutation, bool payload_apart, std::string& out) {
  RecordBuffer buffer;
  const RecordType type =
      std::visit([&buffer](const auto& m) { return FillBody(m, buffer); }, mutation);
  const StoreEntry* const store = std::get_if<StoreEntry>(&mutation);
  const std::string_view payload =
      store != nullptr ? store->entry.payload.view() : std::string_view();
  const std::string_view fixed(
      buffer.bytes + kRecordHeaderBytes,
      static_cast<std::size_t>(buffer.end - buffer.bytes) - kRecordHeaderBytes);
  char* at = Put(buffer.bytes, static_cast<std::uint8_t>(type));
  at = Put(at, static_cast<std::uint32_t>(fixed.size() + payload.size()));
  std::uint32_t checksum = Crc32c({buffer.bytes, static_cast<std::size_t>(at - buffer.bytes)});
  checksum = Crc32c(payload, Crc32c(fixed, checksum));
  Put(at, checksum);
  out.append(buffer.bytes, buffer.end);
  if (!payload_apart) out.append(payload);
}

std::optional<Mutation> TakeRecord(std::string_view& bytes) {
  if (bytes.size() < kRecordHeaderBytes) return std::nullopt;
  Reader reader(bytes);
  const std::uint8_t type = reader.U8();
  const std::uint32_t length = reader.U32();
  const std::uint32_t checksum = reader.U32();
  const std::string_view body = reader.Take(length);
  if (!reader.ok()) return std::nullopt;
  const std::string_view head = bytes.substr(0, kRecordHeaderBytes - kChecksumBytes);
  if (Crc32c(body, Crc32c(head)) != checksum) return std::nullopt;
  bytes = reader.rest();
  switch (static_cast<RecordType>(type)) {
    case RecordType::kTermAndVote:
      return ReadTermAndVote(Reader(body));
    case RecordType::kEntry:
      return ReadEntry(Reader(body));
    case RecordType::kTruncation:
      return ReadTruncation(Reader(body));
    case RecordType::kLogStart:
      return ReadLogStart(Reader(body));
  }
  return std::nullopt;
}

}  // namespace drydock
