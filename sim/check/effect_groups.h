// The pending operations that can change the register, by what they would do to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "sim/check/register_model.h"

namespace drydock::sim {

using Slot = std::uint32_t;

// Pending operations with one and the same effect, in order of their return.
struct EffectGroup {
  struct Member {
    Rank response;
    Slot slot;
  };
  Role role = Role::kWrite;
  ValueId seen = kMissing;
  ValueId made = kMissing;
  std::vector<Member> members;
};

class EffectGroups {
 public:
  void Add(Role role, ValueId seen, ValueId made, EffectGroup::Member member);
  void Remove(Role role, ValueId seen, ValueId made, Slot slot);

  // Null if no such operation is pending.
  const EffectGroup* Write(ValueId made) const;
  const std::map<ValueId, EffectGroup>& writes() const { return writes_; }
  const std::map<std::pair<ValueId, ValueId>, EffectGroup>& swaps() const { return swaps_; }
  const std::map<ValueId, EffectGroup>& appends() const { return appends_; }
  // Writes of `content` become writes of kForgotten. Gives the slots of all optional writes of
  // kForgotten, if any came to them.
  std::vector<Slot> Forget(ValueId content);

 private:
  std::map<ValueId, EffectGroup> writes_;                     // by made
  std::map<std::pair<ValueId, ValueId>, EffectGroup> swaps_;  // by seen, made
  std::map<ValueId, EffectGroup> appends_;                    // by made
};

}  // namespace drydock::sim
