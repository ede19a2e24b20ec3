// How the enums of the core are spelled, in traces, scenarios and logs alike: each once, in the
// order of its enum.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/protocol/client.h"
#include "core/protocol/entry.h"
#include "core/protocol/membership.h"
#include "core/protocol/message.h"
#include "core/protocol/trace_event.h"

namespace drydock {

inline constexpr std::array<std::string_view, 4> kRoleNames = {"follower", "pre_candidate",
                                                               "candidate", "leader"};
inline constexpr std::array<std::string_view, 14> kRoleCauseNames = {
    "election_timeout", "pre_vote_won",    "election_won",      "election_lost", "no_votes_in_time",
    "higher_term",      "leader_appeared", "voted_for_another", "quorum_lost",   "suspended",
    "resumed",          "transfer",        "disk_stalled",      "removed"};
inline constexpr std::array<std::string_view, kTimerCount> kTimerNames = {
    "election",   "stickiness", "heartbeat", "check_quorum", "resume",     "transfer",
    "preference", "disk",       "catch_up",  "snapshot",     "read_index", "lease"};
inline constexpr std::array<std::string_view, 18> kRefusalReasonNames = {
    "unknown_sender",  "wrong_addressee",   "wrong_store",  "malformed",    "old_term",
    "leader_is_alive", "already_voted",     "log_behind",   "log_mismatch", "sequence_ahead",
    "stale_response",  "other_incarnation", "duplicate",    "suspended",    "halted",
    "not_voter",       "not_caught_up",     "no_read_index"};
inline constexpr std::array<std::string_view, 10> kOutcomeNames = {
    "ok",   "not_found", "compare_failed", "not_leader",      "not_ready",
    "busy", "too_large", "bad_request",    "session_unknown", "unknown"};
inline constexpr std::array<std::string_view, 7> kChangeOutcomeNames = {
    "done", "not_leader", "not_ready", "busy", "bad_request", "not_caught_up", "unknown"};
inline constexpr std::array<std::string_view, kLastEntryKind + 1> kEntryKindNames = {
    "noop", "command", "part", "last_part", "configuration"};
// In the order of MessageBody.
inline constexpr std::array<std::string_view, std::variant_size_v<MessageBody>> kMessageTypeNames =
    {"pre_vote_request", "pre_vote_response",       "vote_request",       "vote_response",
     "append_request",   "append_response",         "heartbeat",          "heartbeat_response",
     "commit_notice",    "commit_notice_response",  "timeout_now",        "timeout_now_response",
     "snapshot_chunk",   "snapshot_chunk_response", "read_index_request", "read_index_response"};
inline constexpr std::array<std::string_view, 3> kTransferCauseNames = {"asked", "priority",
                                                                        "disk_stalled"};
inline constexpr std::array<std::string_view, 11> kTransferOutcomeNames = {
    "done",      "not_leader",   "unknown_target", "not_voter", "already_leader", "under_way",
    "not_ready", "no_successor", "failed",         "overtaken", "unknown"};
// In the order of ClientOp.
inline constexpr std::array<std::string_view, std::variant_size_v<ClientOp>> kOperationNames = {
    "put", "get", "delete", "cas", "register"};

inline constexpr std::array<std::string_view, 3> kReadModeNames = {"linearizable", "stale",
                                                                   "lease"};

// The last name of each must be that of the last value.
static_assert(static_cast<std::size_t>(Role::kLeader) + 1 == kRoleNames.size());
static_assert(static_cast<std::size_t>(ReadMode::kLease) + 1 == kReadModeNames.size());
static_assert(static_cast<std::size_t>(RefusalReason::kNoReadIndex) + 1 ==
              kRefusalReasonNames.size());
static_assert(static_cast<std::size_t>(Outcome::kUnknown) + 1 == kOutcomeNames.size());
static_assert(static_cast<std::size_t>(TransferCause::kDiskStalled) + 1 ==
              kTransferCauseNames.size());
static_assert(static_cast<std::size_t>(TransferOutcome::kUnknown) + 1 ==
              kTransferOutcomeNames.size());
static_assert(static_cast<std::size_t>(RoleCause::kRemoved) + 1 == kRoleCauseNames.size());
static_assert(static_cast<std::size_t>(TimerId::kLease) + 1 == kTimerNames.size());
static_assert(static_cast<std::size_t>(ChangeOutcome::kUnknown) + 1 == kChangeOutcomeNames.size());

inline std::string_view NameOf(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}
inline std::string_view NameOf(RoleCause cause) {
  return kRoleCauseNames[static_cast<std::size_t>(cause)];
}
inline std::string_view NameOf(TimerId timer) {
  return kTimerNames[static_cast<std::size_t>(timer)];
}
inline std::string_view NameOf(RefusalReason reason) {
  return kRefusalReasonNames[static_cast<std::size_t>(reason)];
}
inline std::string_view NameOf(Outcome outcome) {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}
inline std::string_view NameOf(ReadMode mode) {
  return kReadModeNames[static_cast<std::size_t>(mode)];
}
inline std::string_view NameOf(TransferCause cause) {
  return kTransferCauseNames[static_cast<std::size_t>(cause)];
}
inline std::string_view NameOf(TransferOutcome outcome) {
  return kTransferOutcomeNames[static_cast<std::size_t>(outcome)];
}

inline std::string_view NameOf(ChangeOutcome outcome) {
  return kChangeOutcomeNames[static_cast<std::size_t>(outcome)];
}
inline std::string_view NameOf(EntryKind kind) {
  return kEntryKindNames[static_cast<std::size_t>(kind)];
}
inline std::string_view NameOf(const MessageBody& body) {
  return kMessageTypeNames[body.index()];
}
inline std::string_view NameOf(const ClientOp& op) {
  return kOperationNames[op.index()];
}
// "n3"
inline std::string NameOf(NodeId node) {
  return "n" + std::to_string(node.value());
}
// The other way; nothing if it is no such name.
inline std::optional<NodeId> NodeNamed(std::string_view name) {
  if (name.size() < 2 || name.size() > 6 || name[0] != 'n') return std::nullopt;
  if (name[1] == '0' && name.size() > 2) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : name.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return NodeId(number);
}

}  // namespace drydock
