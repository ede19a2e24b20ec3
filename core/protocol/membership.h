// Asking a leader to change the members, and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/strong.h"
#include "core/protocol/configuration_change.h"

namespace drydock {

enum class ChangeOutcome : std::uint8_t {
  kDone,  // the wanted configuration is committed
  // Refused: nothing happened, and nothing will.
  kNotLeader,   // `leader` tells who is, if known
  kNotReady,    // the cluster is not founded yet, or the leader is too new to know its own log
  kBusy,        // another change is under way
  kBadRequest,  // `reason` tells what makes no sense
  // The nodes that were to vote are members now, as learners, and nothing else was changed: they
  // did not catch up. They can be promoted later, or removed.
  kNotCaughtUp,
  // Leadership was lost before: the change may be done, or done by the next leader, or not.
  kUnknown,
};

struct ChangeAnswer {
  ChangeOutcome outcome = ChangeOutcome::kUnknown;
  std::string reason;  // for a person; empty when done
  std::optional<NodeId> leader;
  Term term;
  Index index;  // of the entry with the wanted configuration, when done
};

struct ChangeReply {
  CallId call;
  ChangeAnswer answer;
};

}  // namespace drydock
