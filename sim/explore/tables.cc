#include "sim/explore/tables.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim::explore {
namespace {

constexpr std::uint32_t kWhatBits = 28;

std::vector<std::vector<NodeId>> PermutationsOf(std::uint32_t nodes) {
  std::vector<NodeId> order;
  for (std::uint32_t i = 0; i < nodes; ++i) order.emplace_back(i);
  std::vector<std::vector<NodeId>> all;
  do {
    all.push_back(order);
  } while (std::next_permutation(order.begin(), order.end()));
  return all;
}

std::uint64_t DigestOfOne(const Member& member, Permutation permutation) {
  return member.Digest(permutation);
}
std::uint64_t DigestOfOne(const History& history, Permutation permutation) {
  return history.Digest(permutation);
}
std::uint64_t DigestOfOne(const Message& message, Permutation permutation) {
  return DigestOf(message, permutation);
}

}  // namespace

Tables::Tables(const Bounds& bounds, MemberSettings settings)
    : settings_(std::move(settings)), permutations_(PermutationsOf(bounds.nodes)) {}

template <class Value>
void Tables::AddDigests(const Value& value, std::uint64_t first,
                        std::vector<std::uint64_t>& digests) {
  digests.push_back(first);
  for (std::size_t i = 1; i < permutations_.size(); ++i) {
    digests.push_back(DigestOfOne(value, permutations_[i]));
  }
}

MemberId Tables::Add(Member&& member) {
  const std::uint64_t digest = member.Digest(permutations_.front());
  const auto [id, is_new] = member_ids_.Add(digest);
  if (!is_new) return id;
  AddDigests(member, digest, member_digests_);
  members_.push_back(std::move(member));
  return id;
}

MessageId Tables::Add(const Message& message) {
  const std::uint64_t digest = DigestOf(message, permutations_.front());
  const auto [id, is_new] = message_ids_.Add(digest);
  if (!is_new) return id;
  AddDigests(message, digest, message_digests_);
  messages_.push_back(message);
  return id;
}

HistoryId Tables::Add(const History& history) {
  const std::uint64_t digest = history.Digest(permutations_.front());
  const auto [id, is_new] = history_ids_.Add(digest);
  if (!is_new) return id;
  AddDigests(history, digest, history_digests_);
  histories_.push_back(history);
  return id;
}

TimePoint Tables::TimeOf(const Member& member, StepKind kind) const {
  const TimePoint soon = member.clock + kTick;
  return kind == StepKind::kTimeout ? std::max(soon, member.node->NextDeadline()) : soon;
}

const Tables::Step& Tables::StepOf(MemberId id, StepKind kind, std::uint32_t what) {
  DRYDOCK_CHECK(what < (1u << kWhatBits), what);
  // A message delivered is the same step whether a copy stays or not.
  const StepKind counted = kind == StepKind::kDeliverTwice ? StepKind::kDeliver : kind;
  const auto [step, is_new] = step_ids_.Add(
      (std::uint64_t{id} << 32) | (static_cast<std::uint64_t>(counted) << kWhatBits) | what);
  if (!is_new) return steps_[step];
  const Member& member = members_[id];
  const Message* message = counted == StepKind::kDeliver ? &messages_[what] : nullptr;
  MemberStep taken = StepMember(member, settings_, counted, TimeOf(member, counted), message, what);
  Step kept{.facts = std::move(taken.facts), .problem = std::move(taken.problem)};
  if (!kept.problem.has_value()) {
    for (const Sent& sent : taken.sent) kept.sent.push_back(Add(sent.message));
    kept.after = Add(std::move(taken.after));
  }
  steps_.push_back(std::move(kept));
  return steps_.back();
}

}  // namespace drydock::sim::explore
