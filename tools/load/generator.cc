#include "tools/load/generator.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace drydock::tools {
namespace {

// A client that was refused comes back a little later: who is refused costs next to nothing, and a
// busy circle of refusals would measure just that.
constexpr Duration kPauseAfterRefusal = Duration::Milliseconds(5);
constexpr std::uint32_t kFillsAtOnce = 64;

constexpr bool IsRefusal(AnswerKind kind) {
  return kind == AnswerKind::kNotLeader || kind == AnswerKind::kNotReady ||
         kind == AnswerKind::kBusy || kind == AnswerKind::kUnreachable ||
         kind == AnswerKind::kOther;
}

}  // namespace

LoadGenerator::LoadGenerator(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop)
    : settings_(settings),
      target_(target),
      loop_(loop),
      workload_(settings),
      slots_(std::max(MostOutstanding(settings), kFillsAtOnce)) {
  target_.Listen(this);
}

LoadGenerator::~LoadGenerator() {
  target_.Listen(nullptr);
}

// --- Keys to be read -----------------------------------------------------------------------------

Status LoadGenerator::FillKeys() {
  stage_ = Stage::kFilling;
  free_.resize(kFillsAtOnce);
  std::iota(free_.begin(), free_.end(), 0);
  to_fill_.resize(settings_.keys);
  std::iota(to_fill_.rbegin(), to_fill_.rend(), 0);
  const std::uint64_t most_failures = 1000 + settings_.keys / 10;
  while (!to_fill_.empty() || free_.size() < kFillsAtOnce) {
    StartFills(loop_.Now());
    target_.Flush();
    if (fill_failures_ > most_failures) {
      Drain();
      return Error{"the keys to be read could not be put: " + fill_text_};
    }
    const bool paused = !to_fill_.empty() && !free_.empty();
    loop_.Run(paused ? paused_until_ : TimePoint::Max());
  }
  stage_ = Stage::kIdle;
  return Ok();
}

void LoadGenerator::StartFills(TimePoint now) {
  while (!to_fill_.empty() && !free_.empty() && now >= paused_until_) {
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot].key = to_fill_.back();
    to_fill_.pop_back();
    target_.Start(slot, workload_.Fill(slots_[slot].key));
  }
}

// A put that failed is put again: it does no harm twice.
void LoadGenerator::OnFilled(const Slot& slot, AnswerKind kind, std::string_view text) {
  if (!IsFailure(kind)) return;
  ++fill_failures_;
  fill_text_ = std::string(NameOf(kind)) + (text.empty() ? "" : ": ") + std::string(text);
  to_fill_.push_back(slot.key);
}

// --- The run -------------------------------------------------------------------------------------

LoadReport LoadGenerator::Run(const LoadHooks& hooks) {
  const TimePoint now = loop_.Now();
  stage_ = Stage::kWarmUp;
  begin_ = now + settings_.warm_up;
  end_ = settings_.operations > 0 ? TimePoint::Max() : begin_ + settings_.length;
  free_.resize(MostOutstanding(settings_));
  std::iota(free_.rbegin(), free_.rend(), 0);
  if (settings_.rate > 0) {
    arrivals_.emplace(settings_.arrivals, settings_.rate, settings_.seed, now);
  }
  while (stage_ != Stage::kDraining) {
    const TimePoint at = loop_.Now();
    Advance(at, hooks);
    if (stage_ == Stage::kDraining) break;
    StartDue(at);
    target_.Flush();
    loop_.Run(NextEvent());
  }
  Drain();
  return report_;
}

// The next moment at which there is something to do without an answer.
TimePoint LoadGenerator::NextEvent() const {
  TimePoint next = stage_ == Stage::kWarmUp ? begin_ : end_;
  if (!MayStart()) return next;
  if (arrivals_.has_value()) return std::min(next, arrivals_->next());
  return std::min(next, paused_until_);
}

// A free slot, and an operation that is still wanted.
bool LoadGenerator::MayStart() const {
  return !free_.empty() && (settings_.operations == 0 || counted_ < settings_.operations);
}

void LoadGenerator::Advance(TimePoint now, const LoadHooks& hooks) {
  if (stage_ == Stage::kWarmUp && now >= begin_) {
    stage_ = Stage::kMeasuring;
    begin_ = now;  // what the hook reads is of now
    if (end_ != TimePoint::Max()) end_ = now + settings_.length;
    hooks.begin();
  }
  if (stage_ != Stage::kMeasuring) return;
  const bool all_answered = settings_.operations > 0 && answered_ == settings_.operations;
  if (all_answered) return EndWindow(last_answer_, hooks);
  if (now >= end_) EndWindow(now, hooks);
}

void LoadGenerator::EndWindow(TimePoint at, const LoadHooks& hooks) {
  stage_ = Stage::kDraining;
  end_ = std::min(end_, at);
  report_.window = at - begin_;
  hooks.end();
}

void LoadGenerator::StartDue(TimePoint now) {
  if (arrivals_.has_value()) return StartOpen(now);
  StartClosed(now);
}

void LoadGenerator::StartClosed(TimePoint now) {
  if (now < paused_until_) return;
  while (MayStart()) StartOne(loop_.Now());
}

void LoadGenerator::StartOpen(TimePoint now) {
  while (MayStart() && arrivals_->next() <= now) {
    const TimePoint intended = arrivals_->next();
    arrivals_->Pop();
    StartOne(intended);
  }
}

void LoadGenerator::StartOne(TimePoint intended) {
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  const LoadOperation operation = workload_.At(ordinal_++);
  const bool counts = stage_ != Stage::kWarmUp && intended >= begin_;
  slots_[slot] = {.intended = intended, .read = operation.read, .counts = counts};
  if (counts) ++counted_;
  target_.Start(slot, operation);
}

void LoadGenerator::OnAnswer(std::uint32_t slot, AnswerKind kind, std::string_view text) {
  const TimePoint now = loop_.Now();
  free_.push_back(slot);
  PauseAfter(kind, now);
  if (stage_ == Stage::kFilling) return OnFilled(slots_[slot], kind, text);
  Record(slots_[slot], kind, text, now);
}

void LoadGenerator::PauseAfter(AnswerKind kind, TimePoint now) {
  if (IsRefusal(kind)) paused_until_ = now + kPauseAfterRefusal;
}

// The rate counts what is done within the time, whenever it began: as many operations are under
// way at its begin as at its end. (A number of operations has its own end, and counts just them.)
void LoadGenerator::Record(const Slot& slot, AnswerKind kind, std::string_view text,
                           TimePoint now) {
  const bool by_time = settings_.operations == 0;
  const bool within = stage_ == Stage::kMeasuring && (by_time ? now < end_ : slot.counts);
  if (within && !IsFailure(kind)) ++report_.done_within;
  if (!slot.counts) return;
  ++answered_;
  last_answer_ = now;
  ++report_.answers[static_cast<std::size_t>(kind)];
  if (IsFailure(kind)) {
    if (!text.empty()) report_.texts.try_emplace(kind, text);
    return;
  }
  (slot.read ? report_.reads : report_.writes).Record((now - slot.intended).nanoseconds());
}

// --- The end -------------------------------------------------------------------------------------

// Operations of the open loop that were due within the time and could not be sent yet.
bool LoadGenerator::Backlog() const {
  return stage_ == Stage::kDraining && arrivals_.has_value() && settings_.operations == 0 &&
         arrivals_->next() < end_;
}

void LoadGenerator::Drain() {
  const TimePoint limit = loop_.Now() + settings_.patience;
  const std::size_t all = stage_ == Stage::kFilling ? kFillsAtOnce : MostOutstanding(settings_);
  while ((free_.size() < all || Backlog()) && loop_.Now() < limit) {
    while (Backlog() && MayStart()) {
      const TimePoint intended = arrivals_->next();
      arrivals_->Pop();
      StartOne(intended);
    }
    target_.Flush();
    loop_.Run(limit);
  }
  CountNeverStarted();
  if (free_.size() < all) target_.Cancel();
  while (free_.size() < all) loop_.Run(TimePoint::Max());
}

void LoadGenerator::CountNeverStarted() {
  for (; Backlog(); arrivals_->Pop()) {
    if (arrivals_->next() < begin_) continue;
    ++report_.answers[static_cast<std::size_t>(AnswerKind::kNeverStarted)];
  }
}

}  // namespace drydock::tools
