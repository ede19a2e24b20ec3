// What can be set about a node: the same names in a scenario's config and in a real cluster's file.
#pragma once

#include <cstdint>
#include <map>

#include "core/base/strong.h"
#include "core/base/time.h"

namespace drydock {

struct Settings {
  // A follower that hears nothing for a time drawn from [min, max] starts an election.
  Duration election_timeout_min = Duration::Milliseconds(150);
  Duration election_timeout_max = Duration::Milliseconds(300);
  Duration heartbeat_interval = Duration::Milliseconds(50);
  bool pre_vote = true;      // thesis, section 9.6
  bool check_quorum = true;  // thesis, section 6.2; switches leader stickiness, too

  // Leases (thesis, section 6.4.1): a follower promises to vote for nobody else for
  // election_timeout_min after it heard the leader, and a leader that a quorum gave such promises
  // may answer reads of the mode kLease. Both need check_quorum. No clock of a member may run
  // faster than another one by more than so many millionths, or such reads may be stale.
  bool leases = false;
  std::uint64_t clock_drift_ppm = 100000;
  Duration VotePromise() const {
    return leases && check_quorum ? election_timeout_min : Duration();
  }

  // Pipelining: what may be on its way to one follower without an acknowledgement.
  std::uint64_t max_entries_per_append = 128;
  std::uint64_t max_append_bytes = 512 << 10;
  std::uint64_t max_inflight_appends = 4;
  std::uint64_t max_inflight_bytes = 4 << 20;

  std::uint64_t max_uncommitted_bytes = 256 << 20;  // beyond it a write is refused as busy
  std::uint64_t max_pending_reads = 100000;         // beyond it a read is refused as busy
  std::uint64_t max_value_bytes = 64 << 20;
  std::uint64_t max_key_bytes = 64 << 10;
  std::uint64_t max_piece_bytes = 256 << 10;  // a command above it becomes part entries
  std::uint64_t max_sessions = 10000;
  std::uint64_t max_apply_per_step = 4096;  // entries; the rest waits for the next step
  std::uint64_t segment_bytes = 64 << 20;   // of the write-ahead log

  // Who should lead if it can: the highest. A node that is not named has 0 (docs/decisions/0010).
  std::map<NodeId, std::uint64_t> priorities;
  std::uint64_t PriorityOf(NodeId node) const {
    const auto found = priorities.find(node);
    return found == priorities.end() ? 0 : found->second;
  }

  // A snapshot is taken once so many entries were applied since the last one (0: their number does
  // not matter), or so many bytes of them, at least as many as the last snapshot has.
  std::uint64_t snapshot_every = 0;
  std::uint64_t snapshot_log_bytes = 64 << 20;
  // How much of the log stays behind a snapshot, for followers that are a little behind.
  std::uint64_t snapshot_margin_bytes = 16 << 20;
  std::uint64_t snapshot_chunk_bytes = 256 << 10;  // written, and sent, at a time

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace drydock
