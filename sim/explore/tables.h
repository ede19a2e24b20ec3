// What states are made of, each kept once: members, messages and pasts by number, and what becomes
// of a member in a step. The cluster has many more states than its members have, so a true node is
// stepped far less often than a state is followed by another.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "sim/explore/id_table.h"
#include "sim/explore/judge.h"
#include "sim/explore/member.h"
#include "sim/explore/start.h"

namespace drydock::sim::explore {

using MemberId = std::uint32_t;
using MessageId = std::uint32_t;
using HistoryId = std::uint32_t;

// Two of one kind are the same if their digests are.
class Tables {
 public:
  Tables(const Bounds& bounds, MemberSettings settings);

  struct Step {
    MemberId after = 0;
    std::vector<MessageId> sent;
    std::vector<Fact> facts;
    std::optional<Problem> problem;
  };

  MemberId Add(Member&& member);
  MessageId Add(const Message& message);
  HistoryId Add(const History& history);
  // What becomes of the member. `what` is the message that is delivered, or the number of the
  // write.
  const Step& StepOf(MemberId member, StepKind kind, std::uint32_t what);

  const Member& member(MemberId id) const { return members_[id]; }
  const Message& message(MessageId id) const { return messages_[id]; }
  const History& history(HistoryId id) const { return histories_[id]; }
  // One for each permutation of the nodes, the first is the identity.
  std::span<const std::uint64_t> DigestsOf(MemberId id) const { return Row(member_digests_, id); }
  std::span<const std::uint64_t> DigestsOfMessage(MessageId id) const {
    return Row(message_digests_, id);
  }
  std::span<const std::uint64_t> DigestsOfHistory(HistoryId id) const {
    return Row(history_digests_, id);
  }
  std::size_t permutations() const { return permutations_.size(); }
  std::size_t members() const { return members_.size(); }
  std::size_t messages() const { return messages_.size(); }
  std::size_t steps() const { return steps_.size(); }

 private:
  std::span<const std::uint64_t> Row(const std::vector<std::uint64_t>& digests,
                                     std::uint32_t id) const {
    return std::span(digests).subspan(id * permutations_.size(), permutations_.size());
  }
  // Adds the digests under all permutations but the first.
  template <class Value>
  void AddDigests(const Value& value, std::uint64_t first, std::vector<std::uint64_t>& digests);
  TimePoint TimeOf(const Member& member, StepKind kind) const;

  MemberSettings settings_;
  std::vector<std::vector<NodeId>> permutations_;
  IdTable member_ids_, message_ids_, history_ids_, step_ids_;
  std::deque<Member> members_;
  std::deque<Message> messages_;
  std::deque<History> histories_;
  std::deque<Step> steps_;
  std::vector<std::uint64_t> member_digests_, message_digests_, history_digests_;
};

}  // namespace drydock::sim::explore
