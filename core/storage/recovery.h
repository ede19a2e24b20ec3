// Starting a node from what its directory holds: the only code of core that calls a Disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/raft/log.h"
#include "core/storage/disk.h"
#include "core/storage/snapshot_reader.h"

namespace drydock {

struct StartOptions {
  NodeId node;
  // Set to found a new store in an empty directory, with a store id drawn by the driver (not 0).
  // Without it an empty directory is refused: a wiped node must not vote away what it once stored.
  // With it a directory that already holds a store is simply started.
  std::optional<StoreId> bootstrap;
  std::uint64_t segment_bytes = 64 << 20;  // of new segments; at least 1 MiB
  // Settings::VotePromise() of what is being started. It is remembered: a node that starts again
  // does not know to whom it promised what (thesis, section 6.4.1).
  Duration vote_promise;
};

// A segment and the largest index among its entries, those that were cut off later included: it can
// go once the log is compacted up to there.
struct WalSegment {
  std::uint64_t segment = 0;
  Index last;
};

// Where the write-ahead log goes on; the default is a log that holds nothing yet.
struct WalPosition {
  std::uint64_t segment = 1;            // number of the segment in use
  std::uint64_t offset = kSectorBytes;  // in bytes, a multiple of the sector size
  std::uint64_t next_batch = 1;         // number of the batch to be written next
  std::uint64_t segment_bytes = 0;      // size of that segment; 0: that of new ones
  Index last;                           // as in WalSegment
  std::vector<WalSegment> older;        // the segments before it
};

// A tail that a crash left half written. Nothing in it had been acknowledged.
struct TornTail {
  std::string path;
  std::uint64_t offset = 0;
};

struct Recovered {
  NodeId node;
  StoreId store;
  Incarnation incarnation;  // already counted up, and durable
  Term term;
  std::optional<NodeId> vote;
  Log log;
  WalPosition position;
  std::optional<TornTail> torn;            // it was cut off
  std::optional<LoadedSnapshot> snapshot;  // the log begins behind it or before
  std::optional<LoadedSnapshot> incoming;  // what was received of a newer one
  // The log on disk does not fit the snapshot, or ends before it, and was given up: the first
  // things to write are the term and vote, which it may not know yet, and where it starts now.
  bool log_restarted = false;
  // The longest promise that this start or one before it could give, to vote for nobody else. From
  // the second start on, no vote may be given for so long.
  Duration vote_promise;
  // The data format that the store had until now, if it was raised (core/storage/data_format.h).
  std::optional<std::uint32_t> raised_from;
};

// Reads the directory, raises its data format to that of this program, cuts off a torn tail, counts
// up the incarnation, and leaves everything durable. An error tells the file, the offset and what
// to do, and then nothing was started; calling it again after a crash at any point within is safe.
//
// The one limit: damage to the very last batch cannot be told from a write that a crash tore, so it
// is cut off as one, unless the store was started since that batch was written (the identity file
// remembers how far the log went then).
Result<Recovered> Recover(Disk& disk, const StartOptions& options);

}  // namespace drydock
