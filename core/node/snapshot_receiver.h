// Takes in a snapshot of the leader, a chunk at a time (paper, figure 13). What is received is on
// disk before it is acknowledged, so a transfer goes on after a restart, and with another leader.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/hasher.h"
#include "core/kv/kv_store.h"
#include "core/kv/state_codec.h"
#include "core/node/bulk_lane.h"
#include "core/raft/raft.h"
#include "core/storage/snapshot_reader.h"
#include "core/storage/snapshot_writer.h"

namespace drydock {

// A value.
class SnapshotReceiver {
 public:
  // Goes on with what an earlier start received.
  SnapshotReceiver(StoreId store, const std::optional<LoadedSnapshot>& begun);

  enum class Verdict : std::uint8_t {
    kWaits,      // it is being written, or was; the answer comes when that is done
    kAnswerNow,  // with durable_of()
    kMalformed,  // not what the snapshot says of itself: all of it is given up
    kTooNew,     // the state has a form that only a newer program knows
  };
  Verdict Offer(const ChunkOffered& offered, BulkLane& lane, std::vector<DiskOp>& out,
                std::vector<CallId>& drops);
  // How much of this snapshot is durable here.
  std::uint64_t durable_of(const SnapshotMeta& meta) const;

  bool Owns(Ticket ticket) const { return work_.has_value() && work_->ticket == ticket; }
  struct Call {
    CallId call;
    NodeId leader;
  };
  struct Whole {
    StoredSnapshot stored;
    KvStore state;
  };
  struct Progress {
    SnapshotMeta meta;
    std::uint64_t durable = 0;
    std::vector<Call> answered;  // these wait no longer
    std::optional<Whole> whole;  // durable under its name
  };
  // Its operation was carried out.
  Progress Done(BulkLane& lane, std::vector<DiskOp>& out);

  std::uint64_t open_calls() const { return work_.has_value() ? work_->waiting.size() : 0; }
  void DropCalls(std::vector<CallId>& drops);
  void AddTo(Hasher& hasher) const;

 private:
  struct Work {
    SnapshotMeta meta;
    StateDecoder decoder;
    SnapshotWriter writer;
    std::uint64_t durable = 0;  // bytes of the state
    std::optional<Ticket> ticket;
    bool renaming = false;
    std::vector<Call> waiting;
  };

  void Begin(const SnapshotMeta& meta, BulkLane& lane, std::vector<DiskOp>& out,
             std::vector<CallId>& drops);
  bool Write(const Bytes& bytes, BulkLane& lane, std::vector<DiskOp>& out);

  StoreId store_;
  std::optional<Work> work_;
};

}  // namespace drydock
