// One walk through the calls and returns of a key with the set of configurations that could be
// true. register_search.h tells the idea; a walk may be cut short or made generous, and it can be
// copied in the middle and go on from there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "sim/check/configurations.h"
#include "sim/check/effect_groups.h"
#include "sim/check/register_model.h"
#include "sim/check/register_search.h"

namespace drydock::sim {

class Walk {
 public:
  // Both must outlive the walk and its copies.
  Walk(KeyProblem& problem, const SearchLimits& limits);

  enum class State : std::uint8_t { kGoing, kEnd, kStuck, kOverLimit };
  // Goes on to the event at `end`, or less far.
  State RunUntil(std::size_t end);
  std::size_t at() const { return at_; }
  std::uint64_t steps() const { return steps_; }

  // Keep only so many configurations after a return from now on; 0: all.
  void SetBeam(std::size_t beam) { beam_ = beam; }
  // What optional writes made can be seen by everybody at any time after their call. Before the
  // first event, and not with appends: what is appended to such a content would have to be seen,
  // too.
  void SetGenerous() { generous_ = true; }
  // Whether nothing was left out and nothing granted so far.
  bool exact() const { return !cut_ && !generous_; }
  // Where it is stuck: the step that returns, and what the register could hold before.
  std::uint32_t StuckAt() const { return problem_->events[at_].step; }
  std::vector<ValueId> Possible() const;

 private:
  using Word = std::uint64_t;
  // How many slots the definite operations need at once, and all optional ones together.
  struct SlotCount {
    Slot definite = 0;
    Slot optional = 0;
  };
  static SlotCount CountSlots(const KeyProblem& problem);
  struct Pending {
    Role role = Role::kRead;
    ValueId seen = kMissing;
    ValueId made = kMissing;  // as the groups know it
  };

  Walk(KeyProblem& problem, const SearchLimits& limits, SlotCount slots);

  // The parts of a configuration.
  static ValueId Content(const Word* c) { return static_cast<ValueId>(c[0]); }
  static Word Bit(Slot slot) { return Word{1} << (slot % 64); }
  static Slot LowestSlot(std::size_t word, Word bits) {
    return static_cast<Slot>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits)));
  }
  bool Done(const Word* c, Slot slot) const { return (c[1 + slot / 64] & Bit(slot)) != 0; }
  bool Usable(const Word* c, Slot slot) const {
    return (c[1 + half_ + slot / 64] & Bit(slot)) != 0;
  }
  void SetDone(Word* c, Slot slot) const { c[1 + slot / 64] |= Bit(slot); }
  void SetUsable(Word* c, Slot slot) const { c[1 + half_ + slot / 64] |= Bit(slot); }
  void ClearDone(Word* c, Slot slot) const { c[1 + slot / 64] &= ~Bit(slot); }
  void ClearUsable(Word* c, Slot slot) const { c[1 + half_ + slot / 64] &= ~Bit(slot); }

  // The content as far as anything that returns at `rank` or later can tell.
  ValueId AsSeenFrom(ValueId content, Rank rank) const {
    const bool told = limits_->keep_contents || problem_->values.told_until(content) >= rank;
    return told ? content : kForgotten;
  }

  // Whether any return after this one can tell this content from what was there before.
  bool MattersLater(ValueId content) const {
    return AsSeenFrom(content, rank_ + 1) != kForgotten || last_differs_ > rank_;
  }

  bool OverLimit() const {
    return steps_ > limits_->steps ||
           now_.words() + next_.words() + nodes_.words() > limits_->words;
  }

  void Call(std::uint32_t step_number);
  void Grant(ValueId content);
  template <class Wanting>
  bool Granted(const Wanting& op) const;
  void Return(std::uint32_t step_number);
  void AddPending(const Step& step, Slot slot);
  void RemovePending(const Step& step, Slot slot);
  void ForgetContent(ValueId content);

  void Keep(const Word* c);
  void AddNode(const Word* c);
  void Expand(const Word* from);
  void TrySwaps(const Word* from);
  void TryAppends(const Word* from);
  void TryWrites(const Word* from);
  void TryFirst(const Word* from, const EffectGroup* group);
  void Try(const Word* from, Slot slot);
  bool TickOff(Word* c) const;
  bool AnyAppendUsable(const Word* c) const;
  bool SwapUsable(const Word* c, ValueId content) const;
  bool WantsDifference(const Word* c) const;
  std::optional<Slot> FirstUsable(const Word* c, const EffectGroup& group) const;

  KeyProblem* problem_;
  const SearchLimits* limits_;
  std::size_t at_ = 0;  // the next event
  std::size_t beam_ = 0;
  bool generous_ = false;
  Slot first_optional_;
  std::set<ValueId> granted_;  // contents that a generous search lets everybody see
  bool cut_ = false;           // the beam was too narrow for all
  ConfigurationList now_;      // what could be true before the event
  ConfigurationList next_;     // and after it
  ConfigurationList nodes_;    // reached while expanding for one return
  SeenSet seen_;
  std::size_t half_;
  std::vector<Pending> pending_;  // by slot
  std::vector<Slot> slot_of_;     // by step
  std::vector<Slot> free_;
  Slot next_optional_;  // optional operations keep their slot to the end, in order of their call
  std::vector<Word> observers_;  // slots of pending operations that only see
  std::vector<Word> changers_;   // slots of pending writes and appends
  EffectGroups groups_;
  std::uint64_t steps_ = 0;
  Rank rank_ = 0;          // of the return being worked on
  Slot target_ = 0;        // the slot that returns
  Rank last_differs_ = 0;  // the last return of a step that sees a difference
  std::vector<Word> scratch_;
};

}  // namespace drydock::sim
