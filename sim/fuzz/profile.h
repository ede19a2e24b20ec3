// What a fuzz run may draw: a profile is data (scenarios/fuzz/, scenarios/schema/fuzz.schema.json),
// and says for a kind of failures which faults, settings and loads there are, and how much of each.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {

enum class FaultKind : std::uint8_t {
  kCrash,         // of one node, which comes back
  kPowerFailure,  // of several nodes, or all, at once
  kSuspend,
  kPause,
  kIsolate,      // one node is cut off
  kPartition,    // two or three groups
  kOneWay,       // a group is not heard by the others
  kBridge,       // two groups that share a node
  kFlapping,     // a cut that comes and goes
  kLoss,         // with duplicates and reordering, each or all
  kSlowNetwork,  // other latencies
  kFilter,       // messages of one type are lost or late
  kStale,        // messages outlive a restart of either end
  kClockRate,
  kClockJump,
  kDiskStall,
  kDiskFails,   // a sync fails, so that the node stops; it comes back
  kDiskFull,    // the same for lack of room
  kTornWrites,  // crashes tear writes and lose names, at any time from then on
  kTransfer,    // leadership is handed over
  kSnapshot,    // one is asked for
  kAdd,         // of nodes that are no members
  kRemove,
  kPromote,       // with demotions
  kReplace,       // one for another
  kWipe,          // a disk is lost, and its node removed and added again: once in a run
  kCorrupt,       // a bit of a disk flips, and the disk is replaced like one that is lost
  kRead,          // a get at a node picked at random, in any mode that the profile has
  kLateSnapshot,  // is still on its way into place when the others lose power
  kCount,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kCount);
inline constexpr std::array<std::string_view, kFaultKinds> kFaultKindNames = {
    "crash",       "power_failure", "suspend",    "pause",      "isolate",      "partition",
    "one_way",     "bridge",        "flapping",   "loss",       "slow_network", "filter",
    "stale",       "clock_rate",    "clock_jump", "disk_stall", "disk_fails",   "disk_full",
    "torn_writes", "transfer",      "snapshot",   "add",        "remove",       "promote",
    "replace",     "wipe",          "corrupt",    "read",       "late_snapshot"};

// Settings that a run may draw away from their defaults.
enum class Variation : std::uint8_t {
  kTimeouts,     // election timeouts and heartbeats
  kPreVote,      // off
  kCheckQuorum,  // off
  kPriorities,
  kSnapshots,    // often, with small chunks and margins
  kWindows,      // few and small appends in flight
  kLargeValues,  // so large that the log has several files
  kPieces,       // commands are cut into small parts
  kSessions,     // so few that some expire
  kNoSessions,   // a lost answer is not retried
  kBounds,       // on memory, so low that they are met
  kOpenLoop,     // clients that do not wait for answers
  kLeases,       // clocks then keep to the bound, which is drawn, too
  kSlowDisks,
  kFarApart,  // latencies of several milliseconds
  kUptime,    // clocks do not begin at 0 but anywhere up to ten years
  kDrift,     // each clock runs at a rate of its own all the time
  kUneven,    // nodes with other timeouts, or without the leases of the others
  kCount,
};
inline constexpr std::size_t kVariations = static_cast<std::size_t>(Variation::kCount);
inline constexpr std::array<std::string_view, kVariations> kVariationNames = {
    "timeouts",     "pre_vote",   "check_quorum", "priorities",  "snapshots", "windows",
    "large_values", "pieces",     "sessions",     "no_sessions", "bounds",    "open_loop",
    "leases",       "slow_disks", "far_apart",    "uptime",      "drift",     "uneven"};

// What a recovered cluster is put to (sim/fuzz/trials.h).
enum class Trial : std::uint8_t {
  kAbsence,          // a minority is away, and returns
  kTransfer,         // leadership is handed over
  kPartialCut,       // the leader does not reach a minority that reaches all others, to the end
  kBridge,           // two groups that share a node, to the end
  kStalledDisk,      // the leader's, to the end
  kStaleLeader,      // is cut off, and read from while others write
  kCatchUp,          // a member was away, and the log goes on and is cut without end
  kReturningLeader,  // wrote what nobody else has; then the next leader fails, too
  kCount,
};
inline constexpr std::size_t kTrials = static_cast<std::size_t>(Trial::kCount);
inline constexpr std::array<std::string_view, kTrials> kTrialNames = {
    "absence",      "transfer",     "partial_cut", "bridge",
    "stalled_disk", "stale_leader", "catch_up",    "returning_leader"};

template <class T>
using Range = std::pair<T, T>;  // both ends are drawn, too

struct Profile {
  std::string name;
  std::string description;
  Range<std::uint64_t> nodes{3, 5};
  bool spare_nodes = false;     // some of them may not be founders
  Range<Duration> fault_phase;  // how long faults go on; at least 10 ms
  // Then everything is healed, and must converge. At least 3 seconds; clients stop halfway.
  Duration quiet_phase = Duration::Seconds(4);
  Range<std::uint64_t> faults{1, 20};  // how many in a run; few as often as many
  std::vector<FaultKind> kinds;        // each run has its own part of them
  std::vector<Variation> variations;   // likewise
  std::vector<Trial> trials;           // one of them in half of the runs
  Range<std::uint64_t> clients{1, 2};
  Range<Duration> think_time{Duration::Milliseconds(10), Duration::Milliseconds(100)};
  Range<std::uint64_t> keys{1, 5};
  Range<std::uint64_t> value_bytes{1, 64};
  std::vector<ReadMode> reads{ReadMode::kLinearizable};
  bool any_node = false;  // reads may be asked of followers
};

// Errors as those of ParseScenario.
Result<Profile> ParseProfile(std::string_view text, const std::string& file_name);

// For the test that compares the parser with the schema.
std::vector<AcceptedKeys> ProfileKeys();

}  // namespace drydock::sim
