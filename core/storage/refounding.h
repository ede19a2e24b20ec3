// The way back from the loss of a quorum: what one node still holds becomes the beginning of a
// cluster that has it as its only member. No part of Raft: it gives up what a lost majority may
// have acknowledged, so it is for people to decide (docs/operations.md).
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "core/base/strong.h"
#include "core/protocol/configuration.h"
#include "core/storage/disk.h"
#include "core/storage/snapshot_reader.h"
#include "core/storage/store_content.h"

namespace drydock {

// What stands in a survivor's store. Of several survivors the one with the last entry of the
// greatest term, and of those the longest log, holds whatever any of them does (paper, 5.4.1).
struct Survivor {
  NodeId node;
  StoreId store;
  Term term;
  Index last;
  Term last_term;
  // Everything up to here was committed. Of later entries the store cannot tell.
  Index snapshot;
  // The newest in the log; empty when the node was never told of a cluster.
  Configuration configuration;
  Index configuration_index;
};
Survivor SurvivorOf(const StoreContent& content);

// Writes a new store into a disk that holds none: all that `content` has, and behind it a
// configuration with this node alone, in a term of its own. All entries count as committed by it.
//
// The new store has another id, which must not be 0: members of the old cluster that come back
// refuse it and are refused, and can be added only with an empty directory. It becomes valid last;
// after a crash before, the disk has to be emptied.
Status Refound(const StoreContent& content, StoreId store, std::uint64_t segment_bytes, Disk& into);

// The same with the state of a backup: `node`, which need not have been a member there, begins a
// cluster of its own with it. It is where the cluster's file says, as founding members are. Its log
// goes on kRestoreLeap entries behind the backup's, where the old cluster surely never was.
inline constexpr std::uint64_t kRestoreLeap = 1'000'000'000'000;
Status Restore(LoadedSnapshot snapshot, NodeId node, StoreId store, std::uint64_t segment_bytes,
               Disk& into);

}  // namespace drydock
