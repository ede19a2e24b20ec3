// Handing leadership over (thesis, section 3.10): what is asked of a leader and what it answers.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/strong.h"

namespace drydock {

// Why a leader hands over.
enum class TransferCause : std::uint8_t {
  kAsked,
  kPriority,     // a voter of higher priority is there again
  kDiskStalled,  // its own disk completes no write
};

enum class TransferOutcome : std::uint8_t {
  kDone,  // the target was seen to lead
  // Refused: nothing happened, and nothing will.
  kNotLeader,      // `leader` tells who is, if known
  kUnknownTarget,  // no member
  kNotVoter,       // a member that nobody may vote for
  kAlreadyLeader,  // the target is the leader itself
  kUnderWay,       // another transfer has not ended yet
  kNotReady,       // the leader has committed nothing in its term, or the target is not bound yet
  kNoSuccessor,    // no target was named, and no other voter answers
  // Ended without the target leading.
  kFailed,     // not within an election timeout; the old leader serves on
  kOvertaken,  // another node leads: `leader`
  kUnknown,    // leadership is lost here, and nobody was seen to lead in time
};
inline bool IsRefusal(TransferOutcome o) {
  return o >= TransferOutcome::kNotLeader && o <= TransferOutcome::kNoSuccessor;
}

struct TransferAnswer {
  TransferOutcome outcome = TransferOutcome::kUnknown;
  std::optional<NodeId> target;  // who was to lead, if it came to that
  std::optional<NodeId> leader;  // who leads, as far as this node knows
  Term term;
};

struct TransferReply {
  CallId call;
  TransferAnswer answer;
};

}  // namespace drydock
