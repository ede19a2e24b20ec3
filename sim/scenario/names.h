// How scenario files spell things: shared by the parser and the writer.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "core/text/names.h"  // kMessageTypeNames, kRoleNames
#include "sim/scenario/scenario.h"

namespace drydock::sim {

static_assert(kMessageTypeNames.size() == kMessageTypes);

// Each in the order of its enum.
inline constexpr std::array<std::string_view, 3> kLoseNames = {"nothing", "unsynced", "everything"};
// From ScriptedCall::Expect::kOk to kSessionUnknown.
inline constexpr std::array<std::string_view, 8> kAnswerNames = {
    "ok",          "not_found", "compare_failed", "not_leader",
    "unavailable", "busy",      "too_large",      "session_unknown"};
inline constexpr std::array<std::string_view, 18> kThatNames = {
    "one_leader", "no_leader",    "role",          "new_leader", "logs_equal",
    "value",      "linearizable", "exactly_once",  "progress",   "elections",
    "halted",     "out",          "lawful_loss",   "members",    "not_linearizable",
    "busy",       "uncommitted",  "calls_answered"};

// Targets that are neither a number nor a bound name; the first two stand for one node.
struct TargetName {
  std::string_view name;
  Target::Kind kind;
};
inline constexpr std::size_t kSingleTargets = 2;
inline constexpr std::array<TargetName, 8> kTargetNames = {{
    {"leader", Target::Kind::kLeader},
    {"follower", Target::Kind::kFollower},
    {"all", Target::Kind::kAll},
    {"alive", Target::Kind::kAlive},
    {"followers", Target::Kind::kFollowers},
    {"minority", Target::Kind::kMinority},
    {"majority", Target::Kind::kMajority},
    {"members", Target::Kind::kMembers},
}};

// What the value of a pinned decision is in a file.
enum class PinValue : std::uint8_t { kTime, kYesNo, kInteger };
PinValue PinValueOf(Decision decision);

}  // namespace drydock::sim
