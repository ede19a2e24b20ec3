// Snapshot files that hold anything: they are refused in one line, or what was read is whole, and
// its configuration is written and read back as it was.
//
//   input    flags u8, the file
//   flags    1: the file is given as frames, with sound checksums; else it is raw
//            2: it is one that is being received; else the complete one of entry 5
//   frame    kind u8, payload bytes u8, payload; no payload: what kind 1 or 3 has to say here
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/codec.h"
#include "core/base/crc32c.h"
#include "core/kv/state_codec.h"
#include "core/storage/snapshot_reader.h"
#include "tests/parsers/input.h"
#include "tests/support/memory_disk.h"

namespace drydock {
namespace {

constexpr StoreId kStore(0x1234567890abcdef);
constexpr Index kIndex(5);

std::string SoundMeta() {
  const SnapshotMeta meta{.index = kIndex,
                          .term = Term(2),
                          .configuration_index = Index(1),
                          .configuration = Configuration({NodeId(0), NodeId(1), NodeId(2)})};
  return EncodeMeta(kStore, meta);
}

std::string SoundEnd(std::string_view state) {
  std::string end;
  Writer writer(end);
  writer.U64(state.size());
  writer.U32(Crc32c(state));
  return end;
}

std::string SoundFile(Input& input) {
  std::string file;
  std::string state;
  while (!input.AtEnd()) {
    const auto kind = static_cast<FrameKind>(input.Byte());
    std::string payload(input.Take(input.Byte()));
    if (payload.empty() && kind == FrameKind::kMeta) payload = SoundMeta();
    if (payload.empty() && kind == FrameKind::kEnd) payload = SoundEnd(state);
    if (kind == FrameKind::kState) state += payload;
    file += EncodeFrameHeader(kind, payload) + payload;
  }
  return file;
}

void Judge(const LoadedSnapshot& loaded) {
  std::uint64_t bytes = 0;
  StateDecoder decoder;
  for (const Bytes& piece : loaded.pieces) {
    bytes += piece.size();
    decoder.Feed(piece.view());
  }
  DRYDOCK_CHECK(bytes == loaded.stored.state_bytes(), bytes, loaded.stored.state_bytes());
  DRYDOCK_CHECK(loaded.pieces.size() == loaded.stored.frames.size());
  const Configuration& configuration = loaded.stored.meta.configuration;
  const auto again = Configuration::Decode(configuration.Encode());
  DRYDOCK_CHECK(again.has_value() && *again == configuration);
}

void Try(const std::string& path, const std::string& file) {
  MemoryDisk disk;
  DRYDOCK_CHECK(disk.Create(path, file.size()).ok() && disk.Write(path, 0, file).ok() &&
                disk.Sync(path).ok() && disk.SyncDirectory(kSnapshotFolder).ok());
  const Result<SnapshotsFound> found = FindSnapshots(disk, kStore);
  if (!found.ok()) return ExpectOneLine(found.error());
  const SnapshotsFound& snapshots = found.value();
  if (snapshots.newest.has_value()) {
    DRYDOCK_CHECK(snapshots.newest->stored.meta.index == kIndex);
    Judge(*snapshots.newest);
  }
  if (snapshots.incoming.has_value()) Judge(*snapshots.incoming);
}

}  // namespace
}  // namespace drydock

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;  // NOLINT(google-build-using-namespace): of one function
  Input input(ViewOf(data, size));
  const std::uint8_t flags = input.Byte();
  const std::string path = (flags & 2) != 0 ? kIncomingPath : SnapshotPath(kIndex);
  const std::string file = (flags & 1) != 0 ? SoundFile(input) : std::string(input.rest());
  Try(path, file);
  return 0;
}
