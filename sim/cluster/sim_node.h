// One simulated machine: a node while it runs, its disk, its clock, and what it owes to others.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "core/node/node.h"
#include "sim/cluster/node_clock.h"
#include "sim/disk/sim_disk.h"
#include "sim/engine/cluster.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// A call that a node has taken and neither answered nor dropped yet.
struct HeldCall {
  CallId call;
  std::int64_t since = 0;
};

struct SimNode {
  SimNode(NodeId node_id, Stream node_stream, Stream disk_stream, const DiskSettings& settings)
      : id(node_id), stream(std::move(node_stream)), disk(std::move(disk_stream), settings) {}

  bool Listens() const { return state == NodeState::kRunning; }

  NodeId id;
  Stream stream;
  SimDisk disk;
  NodeClock clock;
  NodeState state = NodeState::kCrashed;
  bool paused = false;
  std::optional<Node> node;  // of a crashed one: as it was in memory
  // Counts starts and crashes: what was meant for an earlier process finds another number.
  std::uint32_t epoch = 0;
  std::uint32_t wipes = 0;  // how often its disk was wiped
  bool new_disk = true;     // its next start draws a store
  std::int64_t wake_at = std::numeric_limits<std::int64_t>::max();
  std::uint64_t wake_number = 0;
  std::array<std::int64_t, 2> disk_free_at{};  // when the last operation of each lane ends
  std::vector<HeldCall> open_calls;
  std::vector<std::pair<Input, EventId>> inbox;  // what came while it was paused
};

}  // namespace drydock::sim
