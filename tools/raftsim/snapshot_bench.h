// How long a step takes at most while there is a large snapshot to take, send or install.
#pragma once

#include <cstdint>

namespace drydock::tools {

struct SnapshotFigures {
  std::uint64_t keys = 0;
  std::uint64_t snapshot_bytes = 0;
  // The longest step of any node, in milliseconds of wall time, and how many steps there were.
  double load_ms = 0;     // while the keys are written, snapshots being taken every 64 MiB
  double take_ms = 0;     // while a snapshot of all keys is taken and the log cut, writes going on
  double install_ms = 0;  // while a follower with an old state of the same size gets it
  std::uint64_t behind = 0;
  double behind_ms = 0;              // while a follower so many entries behind catches up
  std::uint64_t behind_appends = 0;  // the appends that this took
  std::uint64_t largest_append = 0;  // in bytes of entries
};

// Three nodes in memory, disks done at once: keys of 16 bytes, values of 100.
SnapshotFigures MeasureSnapshots(std::uint64_t keys);

}  // namespace drydock::tools
