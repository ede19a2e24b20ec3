// How situations are numbered: first those that stand alone (plain_situations.h), then families,
// the products of enums, of which only the possible combinations are in the list.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/protocol/client.h"
#include "core/protocol/entry.h"
#include "core/protocol/membership.h"
#include "core/protocol/trace_event.h"
#include "core/protocol/transfer.h"
#include "sim/fuzz/situations.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

// What a node is by the configuration that it uses.
enum class Standing : std::uint8_t {
  kWaiting,   // it has no configuration: it waits to be added
  kNone,      // no member
  kLearner,   // also within a change, unless it votes in the old configuration
  kVoter,     // outside a change
  kJointOld,  // a voter of the old configuration only
  kJointNew,  // of the new one only
  kJointBoth,
};
inline constexpr std::array<std::string_view, 7> kStandingNames = {
    "waiting", "no_member", "learner", "voter", "joint_old", "joint_new", "joint_both"};

// What a client asked, as far as nodes treat it differently.
enum class Asked : std::uint8_t {
  kWrite,
  kCas,
  kRegister,
  kRead,
  kReadAnywhere,
  kReadStale,
  kReadLease,
};
inline constexpr std::array<std::string_view, 7> kAskedNames = {
    "write", "cas", "register", "read", "read_anywhere", "read_stale", "read_lease"};

// How a leader stops leading: by a cause of its own, or by a crash or a halt, which tell none.
enum class Loss : std::uint8_t {
  kHigherTerm,
  kQuorumLost,
  kSuspended,
  kDiskStalled,
  kRemoved,
  kCrashed,
  kHalted,
};
inline constexpr std::array<std::string_view, 7> kLossNames = {
    "higher_term", "quorum_lost", "suspended", "disk_stalled", "removed", "crashed", "halted"};

// What it leaves unfinished.
enum class Burden : std::uint8_t {
  kWrites,           // of clients, in its log and not committed
  kOwnTerm,          // nothing of its term is committed
  kChange,           // a configuration that is not committed
  kJoint,            // a configuration with two majorities
  kTransfer,         // it was handing over
  kSnapshot,         // it was sending one
  kFounding,         // the cluster is not founded
  kOthersCommitted,  // somebody leads already
};
inline constexpr std::array<std::string_view, 8> kBurdenNames = {
    "writes_pending", "nothing_committed", "change_pending", "joint",
    "handing_over",   "sending_snapshot",  "unfounded",      "succeeded"};

// How a node comes to another configuration.
enum class Way : std::uint8_t { kAppended, kTruncated, kSnapshot };
inline constexpr std::array<std::string_view, 3> kWayNames = {"appended", "rolled_back",
                                                              "by_snapshot"};

// In the order of Crash::Lose.
inline constexpr std::array<std::string_view, 3> kLoseNames = {"nothing", "unsynced", "everything"};

inline constexpr std::size_t kRoles = 4;
inline constexpr std::size_t kRoleCauses = 14;
inline constexpr std::size_t kRefusals = 18;
inline constexpr std::size_t kOutcomes = 10;
inline constexpr std::size_t kChangeOutcomes = 7;
inline constexpr std::size_t kTransferCauses = 3;
inline constexpr std::size_t kTransferOutcomes = 11;
inline constexpr std::size_t kEntryKinds = kLastEntryKind + 1;
inline constexpr std::size_t kStandings = 7;

// The ids of the possible combinations of some enums.
template <std::size_t... kSizes>
class Family {
 public:
  static constexpr SituationId kImpossible = SituationSet::kCapacity;

  Family() { ids_.fill(kImpossible); }
  template <class... Enums>
  SituationId& At(Enums... values) {
    return ids_[Place(values...)];
  }
  template <class... Enums>
  SituationId At(Enums... values) const {
    return ids_[Place(values...)];
  }

 private:
  template <class... Enums>
  static std::size_t Place(Enums... values) {
    static_assert(sizeof...(values) == sizeof...(kSizes));
    std::size_t place = 0;
    ((place = place * kSizes + static_cast<std::size_t>(values)), ...);
    return place;
  }

  std::array<SituationId, (kSizes * ...)> ids_;
};

struct SituationTable {
  std::vector<std::string> names;  // by id

  Family<kRoles, kRoles, kRoleCauses> roles;  // from, to
  Family<kMessageTypes> terms_learnt;         // a higher term
  Family<kRefusals, kRoles, kMessageTypes> refusals;
  Family<kMessageTypes, kRoles> received_by_role;
  Family<kMessageTypes, kStandings> received_by_standing;
  Family<kMessageTypes> lost, duplicated, from_before_restart;
  Family<kTimerCount, kRoles> timers;
  Family<kStandings> campaigns, elected, votes;
  Family<7, 8> losses;  // of leadership: Loss, Burden
  Family<3, kRoles> crashes_by_role;
  Family<kStandings> crashes_by_standing;
  Family<kRoles> halted;
  Family<3, kStandings, kStandings> moves;  // Way, from, to
  Family<kStandings> recovered;
  Family<kEntryKinds> truncated, inherited;
  Family<kMessageTypes> committed_by;
  Family<kOutcomes, 2> applied;     // the second: as a duplicate
  Family<7, kOutcomes, 2> replies;  // Asked; the third: by the leader
  Family<kOutcomes, 2> answers;     // the second: after more than one attempt
  Family<kRoles> snapshots_saved, compacted;
  Family<kStandings> snapshots_offered, snapshots_installed;
  Family<kChangeOutcomes> changes;
  Family<kTransferCauses, kTransferOutcomes> transfers;
  Family<kTransferOutcomes> transfers_refused;
};

const SituationTable& TheSituations();

}  // namespace drydock::sim
