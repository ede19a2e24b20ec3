// A store on a MemoryDisk, written batch by batch, that remembers what each batch made of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "core/storage/wal_writer.h"
#include "tests/support/memory_disk.h"

namespace drydock {

inline const StartOptions kTestBootstrap{
    .node = NodeId(1), .bootstrap = StoreId(0x1234567890abcdef), .segment_bytes = 1 << 20};
inline const StartOptions kTestRestart{
    .node = NodeId(1), .bootstrap = std::nullopt, .segment_bytes = 1 << 20};

inline StoreEntry TestEntry(std::uint64_t index, std::uint64_t term, std::string_view payload) {
  return {Index(index), Entry{Term(term), EntryKind::kCommand, Bytes(payload)}};
}

// What recovery has to bring back.
struct StoredState {
  Term term;
  std::optional<NodeId> vote;
  Index base;  // the entries are those behind it
  std::vector<Entry> entries;

  void Apply(const StoreTermAndVote& state) { term = state.term, vote = state.vote; }
  void Apply(const StoreEntry& entry) { entries.push_back(entry.entry); }
  void Apply(const StoreTruncation& truncation) { entries.resize(truncation.last - base); }
  void Apply(const StoreLogStart& start) { base = start.base, entries.clear(); }
  friend bool operator==(const StoredState&, const StoredState&) = default;
};

inline StoredState StateOf(const Recovered& recovered) {
  StoredState state{recovered.term, recovered.vote, recovered.log.base(), {}};
  for (Index i = recovered.log.first(); i <= recovered.log.last(); i = Next(i)) {
    state.entries.push_back(recovered.log.At(i));
  }
  return state;
}

struct TestStore {
  MemoryDisk disk;
  std::optional<WalWriter> writer;
  std::vector<StoredState> states{StoredState{}};  // before the first batch, after each

  void Start(const StartOptions& options) {
    auto recovered = Recover(disk, options);
    DRYDOCK_CHECK(recovered.ok(), recovered.error().text);
    writer.emplace(recovered.value(), options.segment_bytes);
  }
  // Founds the store with a first segment that has room for two batches of a sector only.
  void StartWithSmallSegment() {
    constexpr std::uint64_t kBytes = 3 * kSectorBytes;
    Start(kTestBootstrap);
    const SegmentHeader header{.node = NodeId(1),
                               .store = *kTestBootstrap.bootstrap,
                               .segment = 1,
                               .first_batch = 1,
                               .bytes = kBytes};
    const std::string path = SegmentPath(1);
    DRYDOCK_CHECK(disk.Create(path, kBytes).ok() &&
                  disk.Write(path, 0, EncodeSegmentHeader(header)).ok() && disk.Sync(path).ok() &&
                  disk.SyncDirectory(kWalFolder).ok());
    Start(kTestRestart);
  }
  void Add(const std::vector<Mutation>& mutations) {
    states.push_back(states.back());
    for (const Mutation& mutation : mutations) {
      writer->Add(mutation);
      std::visit([this](const auto& m) { states.back().Apply(m); }, mutation);
    }
  }
  std::vector<DiskOp> Flush() {
    std::vector<DiskOp> ops;
    writer->Flush(ops);
    return ops;
  }
  // Writes everything added.
  void Finish() {
    for (std::vector<DiskOp> ops = Flush(); !ops.empty(); ops = Flush()) {
      DRYDOCK_CHECK(ops.size() == 1 && disk.CarryOut(ops[0]));
      writer->Done(ops[0].ticket);
    }
  }
  void Write(const std::vector<Mutation>& mutations) {
    Add(mutations);
    Finish();
  }
};

}  // namespace drydock
