// Starting from a write-ahead log that holds anything: it is refused in one line, or what was
// recovered is durable, is recovered again, and can be written on.
//
//   input    flags u8, and one byte each: the batch that the log reached at the start before, the
//            snapshot's index and term, the first batch of the first segment, and how many bytes at
//            the end a crash tore off; then the log
//   flags    1: the log is given as batches, with sound checksums; else it is the raw first segment
//            2: there is a snapshot
//            4: the segments are numbered from 2 on
//   batch    number u8 (0: the right one), records too many u8, records
//   record   type u8 (0: the batch ends; 255: and the segment), body bytes u8, body
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/storage/identity.h"
#include "core/storage/snapshot_format.h"
#include "tests/parsers/input.h"
#include "tests/support/wal_fixture.h"

namespace drydock {
namespace {

constexpr StoreId kStore(0x1234567890abcdef);

// A segment as it will stand in a file, without its header.
struct Segment {
  std::uint64_t first_batch = 1;
  std::string content;
};

std::string SoundRecord(std::uint8_t type, std::string_view body) {
  std::string record;
  Writer writer(record);
  writer.U8(type);
  writer.U32(static_cast<std::uint32_t>(body.size()));
  writer.U32(Crc32c(body, Crc32c(record)));
  return record.append(body);
}

std::string SoundBatch(std::uint64_t number, std::uint32_t records, const std::string& payload) {
  std::string batch(kBatchHeaderBytes, '\0');
  const BatchHeader header{.number = number,
                           .payload_bytes = static_cast<std::uint32_t>(payload.size()),
                           .records = records,
                           .payload_checksum = Crc32c(payload)};
  EncodeBatchHeader(header, BatchSalt(kStore), batch.data());
  batch += payload;
  batch.resize(RoundUpToSector(batch.size()));
  return batch;
}

std::vector<Segment> SoundSegments(Input& input, std::uint64_t first_batch) {
  std::vector<Segment> segments{{first_batch, {}}};
  std::uint64_t next = first_batch;
  while (!input.AtEnd()) {
    const std::uint8_t number = input.Byte();
    std::uint32_t records = input.Byte();
    std::string payload;
    std::uint8_t type = input.Byte();
    for (; type != 0 && type != 255; type = input.Byte()) {
      payload += SoundRecord(type, input.Take(input.Byte()));
      ++records;
    }
    segments.back().content += SoundBatch(number == 0 ? next : number, records, payload);
    ++next;
    if (type == 255) segments.push_back({next, {}});
  }
  return segments;
}

void Put(MemoryDisk& disk, const std::string& path, const std::string& bytes) {
  DRYDOCK_CHECK(disk.Create(path, bytes.size()).ok() && disk.Write(path, 0, bytes).ok() &&
                disk.Sync(path).ok());
}

void PutSegment(MemoryDisk& disk, std::uint64_t number, Segment segment, std::size_t torn) {
  std::string& content = segment.content;
  content.replace(content.size() - std::min(torn, content.size()), content.size(),
                  std::string(std::min(torn, content.size()), '\0'));
  // Room for one more batch.
  content.resize(RoundUpToSector(content.size()) + kSectorBytes);
  const SegmentHeader header{.node = NodeId(1),
                             .store = kStore,
                             .segment = number,
                             .first_batch = segment.first_batch,
                             .bytes = kSectorBytes + content.size()};
  Put(disk, SegmentPath(number), EncodeSegmentHeader(header) + content);
}

void PutSnapshot(MemoryDisk& disk, Index index, Term term) {
  const SnapshotMeta meta{.index = index,
                          .term = term,
                          .configuration_index = Index(0),
                          .configuration = Configuration({NodeId(1)})};
  std::string end;
  Writer writer(end);
  writer.U64(0);
  writer.U32(Crc32c(""));
  const std::string first = EncodeMeta(kStore, meta);
  Put(disk, SnapshotPath(index),
      EncodeFrameHeader(FrameKind::kMeta, first) + first + EncodeFrameHeader(FrameKind::kEnd, end) +
          end);
}

MemoryDisk DiskOf(Input& input) {
  MemoryDisk disk;
  const std::uint8_t flags = input.Byte();
  const std::uint64_t reached = input.Byte();
  const Index snapshot_index(input.Byte());
  const Term snapshot_term(input.Byte());
  const std::uint64_t first_batch = input.Byte();
  const std::size_t torn = input.Byte();
  if ((flags & 2) != 0) PutSnapshot(disk, snapshot_index, snapshot_term);
  std::uint64_t number = (flags & 4) != 0 ? 2 : 1;
  const std::uint64_t first = number == 1 ? 1 : first_batch;
  std::vector<Segment> segments{{first, std::string(input.rest())}};
  if ((flags & 1) != 0) segments = SoundSegments(input, first);
  for (Segment& segment : segments) {
    const bool last = &segment == &segments.back();
    PutSegment(disk, number++, std::move(segment), last ? torn : 0);
  }
  DRYDOCK_CHECK(disk.SyncDirectory(kWalFolder).ok() && disk.SyncDirectory(kSnapshotFolder).ok());
  const Identity identity{.node = NodeId(1),
                          .store = kStore,
                          .incarnation = Incarnation(3),
                          .next_batch = reached,
                          .vote_promise = Duration()};
  DRYDOCK_CHECK(WriteIdentity(disk, identity).ok());
  return disk;
}

// As a node does that starts, votes and takes an entry.
void WriteOn(TestStore& store, const Recovered& recovered) {
  const Term term = Next(recovered.term);
  store.states = {StateOf(recovered)};
  store.writer.emplace(recovered, kTestRestart.segment_bytes);
  if (recovered.log_restarted) {
    store.Write({StoreTermAndVote{recovered.term, recovered.vote},
                 StoreLogStart{recovered.log.base(), recovered.log.base_term()}});
  }
  store.Write({StoreTermAndVote{term, NodeId(1)}});
  store.Write({TestEntry(Next(recovered.log.last()).value(), term.value(), "more")});
}

void Try(MemoryDisk disk) {
  const Result<Recovered> first = Recover(disk, kTestRestart);
  if (!first.ok()) return ExpectOneLine(first.error());
  const StoredState state = StateOf(first.value());
  disk.LoseUnsynced();
  TestStore store{.disk = std::move(disk)};
  const Result<Recovered> second = Recover(store.disk, kTestRestart);
  DRYDOCK_CHECK(second.ok(), second.error().text);
  DRYDOCK_CHECK(StateOf(second.value()) == state);
  DRYDOCK_CHECK(!second.value().torn.has_value());
  if (state.term == Term(std::numeric_limits<std::uint64_t>::max())) return;
  WriteOn(store, second.value());
  store.disk.LoseUnsynced();
  const Result<Recovered> third = Recover(store.disk, kTestRestart);
  DRYDOCK_CHECK(third.ok(), third.error().text);
  DRYDOCK_CHECK(StateOf(third.value()) == store.states.back());
}

}  // namespace
}  // namespace drydock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  drydock::Input input(drydock::ViewOf(data, size));
  drydock::Try(drydock::DiskOf(input));
  return 0;
}
