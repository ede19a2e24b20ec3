#include "sim/check/walk.h"

#include <algorithm>
#include <limits>

namespace drydock::sim {
namespace {

// Set in the first word of a configuration that is about to waste its last move: what it wrote was
// not seen yet, so nothing may overwrite it.
constexpr std::uint64_t kUnseen = std::uint64_t{1} << 32;

bool IsObserver(Role role) {
  return role == Role::kRead || role == Role::kDiffers || role == Role::kNothing;
}

// How many configurations a narrow search expands for each that it may keep.
constexpr std::size_t kMovesPerKept = 4;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

}  // namespace

Walk::SlotCount Walk::CountSlots(const KeyProblem& problem) {
  SlotCount count;
  Slot pending = 0;
  for (const StepEvent& event : problem.events) {
    if (problem.steps[event.step].optional) {
      ++count.optional;
    } else if (event.is_return) {
      --pending;
    } else {
      count.definite = std::max(count.definite, ++pending);
    }
  }
  return count;
}

Walk::Walk(KeyProblem& problem, const SearchLimits& limits)
    : Walk(problem, limits, CountSlots(problem)) {}

Walk::Walk(KeyProblem& problem, const SearchLimits& limits, SlotCount slots)
    : problem_(&problem),
      limits_(&limits),
      first_optional_(slots.definite),
      now_(slots.definite + slots.optional),
      next_(slots.definite + slots.optional),
      nodes_(slots.definite + slots.optional),
      half_(now_.half()),
      pending_(slots.definite + slots.optional),
      slot_of_(problem.steps.size()),
      next_optional_(slots.definite),
      observers_(half_),
      changers_(half_) {
  for (const Step& step : problem.steps) {
    if (step.role == Role::kDiffers) last_differs_ = std::max(last_differs_, step.response);
  }
  for (Slot slot = slots.definite; slot > 0; --slot) free_.push_back(slot - 1);
  scratch_.assign(now_.width(), 0);
  scratch_[0] = problem.initial;
  now_.Add(scratch_.data());
}

Walk::State Walk::RunUntil(std::size_t end) {
  for (; at_ < std::min(end, problem_->events.size()); ++at_) {
    const StepEvent& event = problem_->events[at_];
    if (!event.is_return) {
      Call(event.step);
      continue;
    }
    Return(event.step);
    if (OverLimit()) return State::kOverLimit;
    if (next_.empty()) return State::kStuck;
    now_.Swap(next_);
  }
  return at_ == problem_->events.size() ? State::kEnd : State::kGoing;
}

void Walk::AddPending(const Step& step, Slot slot) {
  slot_of_[&step - problem_->steps.data()] = slot;
  Pending& pending = pending_[slot];
  pending = {step.role, step.seen, step.made};
  if (IsObserver(step.role)) {
    observers_[slot / 64] |= Bit(slot);
    return;
  }
  if (step.role == Role::kWrite) pending.made = AsSeenFrom(step.made, step.invoke);
  if (step.role != Role::kSwap) changers_[slot / 64] |= Bit(slot);
  groups_.Add(step.role, step.seen, pending.made, {step.response, slot});
}

void Walk::RemovePending(const Step& step, Slot slot) {
  observers_[slot / 64] &= ~Bit(slot);
  changers_[slot / 64] &= ~Bit(slot);
  if (!IsObserver(step.role)) groups_.Remove(step.role, step.seen, pending_[slot].made, slot);
  free_.push_back(slot);
}

void Walk::Call(std::uint32_t step_number) {
  const Step& step = problem_->steps[step_number];
  Slot slot = next_optional_;
  if (step.optional) {
    ++next_optional_;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  AddPending(step, slot);
  if (generous_ && step.optional && step.role == Role::kWrite) return Grant(step.made);
  const bool granted = Granted(step);
  for (std::size_t i = 0; i < now_.size(); ++i) {
    Word* c = now_.At(i);
    if (!IsObserver(step.role)) SetUsable(c, slot);
    const bool fits = (step.role == Role::kRead && Content(c) == step.seen) ||
                      (step.role == Role::kDiffers && Content(c) != step.seen);
    if (step.optional || fits || granted) SetDone(c, slot);
  }
}

// From now on everybody may see `content` whatever the register holds, and every pending write may
// have been overwritten. That is more than one lost write can do, and so simple that it has no
// choices.
void Walk::Grant(ValueId content) {
  granted_.insert(content);
  for (Slot slot = 0; slot < first_optional_; ++slot) {
    const Word bit = Bit(slot);
    const bool sees = (observers_[slot / 64] & bit) != 0 && Granted(pending_[slot]);
    if (!sees && (changers_[slot / 64] & bit) == 0) continue;
    for (std::size_t i = 0; i < now_.size(); ++i) now_.At(i)[1 + slot / 64] |= bit;
  }
}

// Whether a write that was granted is enough for this operation to be done.
template <class Wanting>
bool Walk::Granted(const Wanting& op) const {
  if (granted_.empty()) return false;
  if (op.role == Role::kWrite || op.role == Role::kAppend) return true;
  if (op.role == Role::kRead) return granted_.contains(op.seen);
  return op.role == Role::kDiffers && (granted_.size() > 1 || !granted_.contains(op.seen));
}

void Walk::Return(std::uint32_t step_number) {
  const Step& step = problem_->steps[step_number];
  target_ = slot_of_[step_number];
  rank_ = step.response;
  next_.Clear();
  nodes_.Clear();
  seen_.Clear();
  for (std::size_t i = 0; i < now_.size(); ++i) {
    const Word* c = now_.At(i);
    const bool done = Done(c, target_);
    if (done) Keep(c);
    // What is covered may still have come last, for those to see who have not called yet.
    if (!done || Usable(c, target_)) AddNode(c);
  }
  std::vector<Word> from(now_.width());
  // First come those that took few moves to reach, which wasted the least.
  const std::size_t most = beam_ == 0 ? kNoLimit : beam_ * kMovesPerKept;
  for (std::size_t i = 0; i < nodes_.size() && !OverLimit(); ++i) {
    if (i == most) {
      cut_ = true;
      break;
    }
    from.assign(nodes_.At(i), nodes_.At(i) + nodes_.width());
    Expand(from.data());
  }
  RemovePending(step, target_);
  const bool saw = IsObserver(step.role) || step.role == Role::kSwap;
  if (saw && AsSeenFrom(step.seen, rank_ + 1) == kForgotten) ForgetContent(step.seen);
  next_.KeepBest();
  if (beam_ != 0 && next_.size() > beam_) {
    next_.KeepRichest(beam_);
    cut_ = true;
  }
}

// Optional writes of forgotten contents became interchangeable: how many are left is all that
// matters, so let it be the later ones.
void Walk::ForgetContent(ValueId content) {
  const std::vector<Slot> optional = groups_.Forget(content);
  for (Slot slot = 0; slot < pending_.size(); ++slot) {
    if (pending_[slot].role == Role::kWrite && pending_[slot].made == content) {
      pending_[slot].made = kForgotten;
    }
  }
  for (std::size_t i = 0; i < next_.size() && !optional.empty(); ++i) {
    Word* c = next_.At(i);
    std::size_t left = 0;
    for (const Slot slot : optional) left += Usable(c, slot) ? 1 : 0;
    for (std::size_t k = 0; k < optional.size(); ++k) {
      ClearUsable(c, optional[k]);
      if (k + left >= optional.size()) SetUsable(c, optional[k]);
    }
  }
}

void Walk::Keep(const Word* c) {
  ++steps_;
  next_.Add(c);
  Word* kept = next_.At(next_.size() - 1);
  ClearDone(kept, target_);
  ClearUsable(kept, target_);
  kept[0] = AsSeenFrom(Content(c), rank_ + 1);
}

void Walk::AddNode(const Word* c) {
  ++steps_;
  nodes_.Add(c);
  if (!seen_.AddLast(nodes_)) nodes_.DropLast();
}

void Walk::Expand(const Word* from) {
  TrySwaps(from);
  TryAppends(from);
  if ((from[0] & kUnseen) == 0) TryWrites(from);
}

std::optional<Slot> Walk::FirstUsable(const Word* c, const EffectGroup& group) const {
  for (const EffectGroup::Member& member : group.members) {
    if (Usable(c, member.slot)) return member.slot;
  }
  return std::nullopt;
}

void Walk::TryFirst(const Word* from, const EffectGroup* group) {
  if (group == nullptr) return;
  const std::optional<Slot> slot = FirstUsable(from, *group);
  if (slot.has_value()) Try(from, *slot);
}

void Walk::TrySwaps(const Word* from) {
  const ValueId content = Content(from);
  if (!granted_.empty()) {
    for (const auto& [key, group] : groups_.swaps()) {
      if (key.first == content || granted_.contains(key.first)) TryFirst(from, &group);
    }
    return;
  }
  auto at = groups_.swaps().lower_bound({content, 0});
  for (; at != groups_.swaps().end() && at->first.first == content; ++at) {
    TryFirst(from, &at->second);
  }
}

// Among equal appends a covered one and one that is not differ in what they still owe.
void Walk::TryAppends(const Word* from) {
  for (const auto& [suffix, group] : groups_.appends()) {
    bool tried_covered = false;
    bool tried_owing = false;
    for (const EffectGroup::Member& member : group.members) {
      bool& tried = Done(from, member.slot) ? tried_covered : tried_owing;
      if (tried || !Usable(from, member.slot)) continue;
      tried = true;
      Try(from, member.slot);
    }
  }
}

bool Walk::AnyAppendUsable(const Word* c) const {
  for (const auto& [suffix, group] : groups_.appends()) {
    if (FirstUsable(c, group).has_value()) return true;
  }
  return false;
}

bool Walk::SwapUsable(const Word* c, ValueId content) const {
  auto at = groups_.swaps().lower_bound({content, 0});
  for (; at != groups_.swaps().end() && at->first.first == content; ++at) {
    if (FirstUsable(c, at->second).has_value()) return true;
  }
  return false;
}

bool Walk::WantsDifference(const Word* c) const {
  for (std::size_t w = 0; w < half_; ++w) {
    for (Word open = observers_[w] & ~c[1 + w]; open != 0; open &= open - 1) {
      const auto slot = LowestSlot(w, open);
      if (pending_[slot].role == Role::kDiffers) return true;
    }
  }
  return false;
}

// Only writes that something waits for; Try drops those that turn out to serve nothing.
void Walk::TryWrites(const Word* from) {
  if (pending_[target_].role == Role::kWrite) Try(from, target_);
  if (WantsDifference(from) || AnyAppendUsable(from)) {
    for (const auto& [made, group] : groups_.writes()) TryFirst(from, &group);
    return;
  }
  for (std::size_t w = 0; w < half_; ++w) {
    for (Word open = observers_[w] & ~from[1 + w]; open != 0; open &= open - 1) {
      const auto slot = LowestSlot(w, open);
      if (pending_[slot].role == Role::kRead) TryFirst(from, groups_.Write(pending_[slot].seen));
    }
  }
  for (const auto& [key, group] : groups_.swaps()) {
    if (FirstUsable(from, group).has_value()) TryFirst(from, groups_.Write(key.first));
  }
}

// Ticks off all pending answers that fit the content; says whether there was any.
bool Walk::TickOff(Word* c) const {
  bool any = false;
  const ValueId content = Content(c);
  for (std::size_t w = 0; w < half_; ++w) {
    for (Word open = observers_[w] & ~c[1 + w]; open != 0; open &= open - 1) {
      const auto slot = LowestSlot(w, open);
      const Pending& pending = pending_[slot];
      const bool fits = (pending.role == Role::kRead && pending.seen == content) ||
                        (pending.role == Role::kDiffers && pending.seen != content);
      if (!fits) continue;
      c[1 + w] |= Bit(slot);
      any = true;
    }
  }
  return any;
}

// Lets the operation of `slot` take effect in a copy of `from`.
void Walk::Try(const Word* from, Slot slot) {
  const Pending& move = pending_[slot];
  scratch_.assign(from, from + now_.width());
  Word* c = scratch_.data();
  const bool owed = !Done(c, slot);
  SetDone(c, slot);
  if (!generous_ || slot < first_optional_) ClearUsable(c, slot);
  const ValueId made =
      move.role == Role::kAppend ? problem_->values.Append(Content(from), move.made) : move.made;
  c[0] = AsSeenFrom(made, rank_);
  if (move.role == Role::kWrite) {
    for (std::size_t w = 0; w < half_; ++w) c[1 + w] |= changers_[w];
  }
  const bool seen = TickOff(c) || (owed && move.role == Role::kSwap);
  if (slot == target_ && !owed && !MattersLater(made)) return;
  const bool writes =
      pending_[target_].role == Role::kWrite || pending_[target_].role == Role::kAppend;
  if (writes ? slot == target_ : Done(c, target_)) return Keep(c);
  if (!seen) {
    // It serves only what builds on it, and on a forgotten content nothing does.
    const bool built_on =
        Content(c) != kForgotten && (SwapUsable(c, Content(c)) || AnyAppendUsable(c));
    if (!built_on) return;
    c[0] |= kUnseen;
  }
  AddNode(c);
}

std::vector<ValueId> Walk::Possible() const {
  std::vector<ValueId> possible;
  for (std::size_t i = 0; i < now_.size(); ++i) possible.push_back(Content(now_.At(i)));
  std::sort(possible.begin(), possible.end());
  possible.erase(std::unique(possible.begin(), possible.end()), possible.end());
  return possible;
}

}  // namespace drydock::sim
