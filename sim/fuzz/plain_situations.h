// The situations that are no product of enums.
#pragma once

#include <array>
#include <string_view>

#include "sim/fuzz/situations.h"

namespace drydock::sim {

inline constexpr auto kPlainSituations = std::to_array<std::string_view>({
    // A node starts from what its disk holds.
    "recovery/first_start",
    "recovery/restart",
    "recovery/torn_tail",
    "recovery/snapshot",
    "recovery/snapshot/log_continues",
    "recovery/log_given_up_for_snapshot",
    "recovery/entries_lost",         // that were not durable
    "recovery/uncommitted_entries",  // that are still there
    "recovery/term_forgotten",
    "recovery/vote_forgotten",
    "recovery/vote_for_itself",
    "recovery/vote_for_another",
    "recovery/configuration_lost",  // that was not durable
    "recovery/former_leader",
    "recovery/unfounded",
    "recovery/refounded",
    "refused_to_start/no_store",
    "refused_to_start/disk_fails",
    "refused_to_start/disk_full",
    "refused_to_start/log_damaged",
    "refused_to_start/snapshot_damaged",
    "refused_to_start/identity_damaged",
    // It goes.
    "halted/log/sync_fails",
    "halted/log/disk_full",
    "halted/snapshot/sync_fails",
    "halted/snapshot/disk_full",
    "halted/snapshot/damaged",
    "crash/suspended",
    "crash/entries_not_durable",
    "crash/term_or_vote_not_durable",
    "crash/uncommitted_entries",
    "crash/receiving_snapshot",
    "crash/writing_snapshot",
    "crash/transfer_target",
    "cluster/no_majority_runs",
    "cluster/nobody_runs",
    // Elections.
    "election/two_candidates",
    "election/three_candidates",
    "election/winner_inherits_entries",
    "election/winner_log_is_shorter",  // than that of another node that runs
    "election/winner_led_before",
    "election/second_leader",  // one of an older term still believes that it leads
    "election/third_leader",
    "election/unfounded_again",
    "election/term_jumps",  // by more than one
    // Logs.
    "log/truncated/own_entries",  // of a former leader
    "log/truncated/durable",
    "log/truncated/durable_on_majority",  // paper, figure 8
    "append/held",
    "append/held/several",
    "append/probe",
    "append/probe/empty",
    "append/nothing_new",
    "append/overlapping",
    "append/before_compacted",
    "parts/joined",
    "parts/run_broken",
    "commit/joint",
    "commit/own_disk_is_last",
    "peer_lost/append_response",
    "peer_lost/heartbeat_response",
    "peer_lost/snapshot_chunk_response",
    // Snapshots.
    "snapshot/saved/overtaken",  // by one that was installed meanwhile
    "snapshot/offered/again",
    "snapshot/chunk_sent_again",
    "snapshot/resumed_after_restart",
    "snapshot/resumed_from_another_leader",
    "snapshot/given_up_for_another",
    "snapshot/not_needed",
    "snapshot/installed/log_kept",
    "snapshot/installed/log_replaced",
    "snapshot/installed/entries_given_up",
    // Members.
    "member/founded",
    "member/leader_is_no_voter",
    "member/joint_left_by_another_leader",
    // Leadership is handed over.
    "transfer/call_waits",
    "transfer/bidden_again",
    "transfer/during_change",
    // Reads and clients.
    "read/confirmed",
    "read/confirmed/several",
    "read/confirmed/before_first_commit",
    "read/confirmed/after_succession",
    "read/index_learnt",
    "read/index_learnt/behind",
    "read/index_given_up",
    "read/under_lease",
    "client/old_leader_is_asked",
});

// The id of one of them, which is its place; a name that is not there does not compile.
consteval SituationId Plain(std::string_view name) {
  for (std::size_t i = 0; i < kPlainSituations.size(); ++i) {
    if (kPlainSituations[i] == name) return static_cast<SituationId>(i);
  }
  throw "there is no such situation";
}

}  // namespace drydock::sim
