#include "sim/check/effect_groups.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

bool ReturnsFirst(const EffectGroup::Member& a, const EffectGroup::Member& b) {
  return a.response != b.response ? a.response < b.response : a.slot < b.slot;
}

void Insert(EffectGroup& group, EffectGroup::Member member) {
  const auto at =
      std::lower_bound(group.members.begin(), group.members.end(), member, ReturnsFirst);
  group.members.insert(at, member);
}

template <class Map, class Key>
void Erase(Map& groups, const Key& key, Slot slot) {
  const auto group = groups.find(key);
  DRYDOCK_CHECK(group != groups.end(), slot);
  std::erase_if(group->second.members, [slot](const auto& m) { return m.slot == slot; });
  if (group->second.members.empty()) groups.erase(group);
}

}  // namespace

void EffectGroups::Add(Role role, ValueId seen, ValueId made, EffectGroup::Member member) {
  EffectGroup& group = role == Role::kWrite    ? writes_[made]
                       : role == Role::kAppend ? appends_[made]
                                               : swaps_[{seen, made}];
  group.role = role;
  group.seen = seen;
  group.made = made;
  Insert(group, member);
}

void EffectGroups::Remove(Role role, ValueId seen, ValueId made, Slot slot) {
  if (role == Role::kWrite) return Erase(writes_, made, slot);
  if (role == Role::kAppend) return Erase(appends_, made, slot);
  Erase(swaps_, std::pair(seen, made), slot);
}

const EffectGroup* EffectGroups::Write(ValueId made) const {
  const auto group = writes_.find(made);
  return group == writes_.end() ? nullptr : &group->second;
}

std::vector<Slot> EffectGroups::Forget(ValueId content) {
  std::vector<Slot> optional;
  const auto old = writes_.find(content);
  if (old == writes_.end()) return optional;
  const EffectGroup moved = std::move(old->second);
  writes_.erase(old);
  for (const EffectGroup::Member& member : moved.members) {
    Add(Role::kWrite, kMissing, kForgotten, member);
  }
  for (const EffectGroup::Member& member : writes_[kForgotten].members) {
    if (member.response == kNeverRank) optional.push_back(member.slot);
  }
  return optional;
}

}  // namespace drydock::sim
