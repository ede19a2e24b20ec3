// The safety of the whole cluster in one step of a search. What it has to remember of the past is a
// value that belongs to the state: two states are the same only if their pasts are, in this sense.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sim/explore/member.h"

namespace drydock::sim::explore {

struct CommittedMark {
  Mark mark;
  Term claimed_in;  // the term of the node that said so first
};

struct History {
  std::vector<std::optional<NodeId>> leaders;  // by term, from 0 on
  std::vector<CommittedMark> committed;        // by index, from 1 on at position 0

  std::uint64_t Digest(Permutation permutation) const;
};

// The step of one member gave these facts; `members` are as they are after it. The properties are
// those of sim/check/invariants.h, by the same names. Log matching is judged of the logs that there
// are, not of entries that no log holds any more.
std::optional<Problem> Judge(std::span<const Member* const> members, NodeId stepped,
                             const std::vector<Fact>& facts, History& history);

}  // namespace drydock::sim::explore
