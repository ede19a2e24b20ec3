// The write-ahead log while a node runs: gathers mutations and writes them as numbered batches.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/hasher.h"
#include "core/protocol/digest.h"
#include "core/raft/mutation.h"
#include "core/storage/disk.h"
#include "core/storage/recovery.h"

namespace drydock {

// A value: copies go on independently. Emits DiskOps of the lane kWal, one at a time: batch k+1 is
// not emitted before batch k is done, so damage in front of a sound batch is never a torn tail.
class WalWriter {
 public:
  // `segment_bytes` is the size of new segments, at least 1 MiB.
  WalWriter(const Recovered& recovered, std::uint64_t segment_bytes);

  // Numbers the mutation (Lsn 1, 2, ...) and keeps it for the next batch. It must follow from what
  // was added before: terms and votes never go back, entries leave no gap and overwrite nothing.
  Lsn Add(const Mutation& mutation);
  // Emits the next operation, if there is something to write and nothing is under way. To be called
  // after each Add and each Done: a new segment takes two operations before its first batch.
  void Flush(std::vector<DiskOp>& out);
  // One of its operations was carried out. Gives the Lsn up to which everything is now durable,
  // if that has changed.
  std::optional<Lsn> Done(Ticket ticket);
  // The oldest segments, as far as they hold no entry behind `index`, up to which a snapshot is
  // durable. They are no longer the log's: to be removed in this order, one after the other.
  std::vector<std::string> TakeObsolete(Index index);

  Lsn last() const { return last_; }                      // of the newest mutation added
  Lsn durable() const { return durable_; }                // everything up to here survives a crash
  bool busy() const { return action_ != Action::kNone; }  // an operation is under way

  // What is not durable yet, counted from what is, with node k standing as permutation[k]. Tickets,
  // batch numbers and the place in the segment are left out. A large payload counts by its record's
  // checksum.
  void AddTo(Hasher& hasher, Permutation permutation) const;

 private:
  // The records of one batch: headers and small payloads in `head`, large payloads shared.
  struct Splice {
    std::size_t at = 0;  // the payload comes in before this byte of the head
    Bytes payload;
  };
  struct Gather {
    std::string head;
    std::vector<Splice> splices;
    std::uint64_t bytes = 0;  // of all records
    std::uint32_t records = 0;
    Lsn last;
    Index last_index;                       // the largest of its entries
    StoreLogStart log_before;               // the end of the log in front of it
    std::optional<StoreTermAndVote> state;  // the newest in it

    void Clear();
  };
  enum class Action : std::uint8_t { kNone, kCreate, kHeader, kBatch };

  void CheckFollows(const StoreTermAndVote& state);
  void CheckFollows(const StoreEntry& entry);
  void CheckFollows(const StoreTruncation& truncation);
  void CheckFollows(const StoreLogStart& start);
  bool HasGathered() const { return !closed_.empty() || open_.records != 0; }
  const Gather& NextGather() const { return closed_.empty() ? open_ : closed_.front(); }
  void DropGather();
  void Emit(Action action, DiskAction disk_action, std::vector<DiskOp>& out);
  void EmitCreate(std::vector<DiskOp>& out);
  void EmitHeader(std::vector<DiskOp>& out);
  void EmitBatch(std::vector<DiskOp>& out);
  Bytes EncodeHead(const Gather& gather, std::string_view prefix,
                   std::uint32_t prefix_records) const;

  NodeId node_;
  StoreId store_;
  std::uint32_t salt_;
  std::uint64_t new_segment_bytes_;
  std::uint64_t batch_limit_;

  WalPosition at_;              // of the next batch
  std::string path_;            // of the segment in use
  bool segment_opened_ = true;  // false: created, and its header is to be written next
  bool segment_begun_ = false;  // it holds a batch that is durable

  std::vector<Gather> closed_;  // full, in order
  Gather open_;
  // The newest state added, which Recover would check just so.
  Term term_;
  std::optional<NodeId> vote_;
  Index last_index_;
  Term last_term_;
  StoreTermAndVote written_;  // the state as of the last batch emitted

  Action action_ = Action::kNone;
  std::uint64_t tickets_ = 0;  // the newest one is under way
  Bytes in_flight_;            // the head of the batch under way
  Lsn in_flight_last_;
  Lsn last_;
  Lsn durable_;
};

}  // namespace drydock
