#include "net/http/health.h"

#include <algorithm>
#include <utility>

namespace drydock::net {

std::optional<std::string> ReasonNotAlive(const HealthView& view) {
  if (view.halt_reason.has_value()) return "the node has stopped itself: " + *view.halt_reason;
  const bool runs = view.phase == HealthView::Phase::kRunning;
  if (runs && view.since_beat > kLongestSilenceOfLoop) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(view.since_beat).count();
    return "the node's loop has not run for " + std::to_string(seconds) + " s";
  }
  return std::nullopt;
}

std::optional<std::string> ReasonNotReady(const HealthView& view) {
  if (auto reason = ReasonNotAlive(view); reason.has_value()) return reason;
  if (view.phase == HealthView::Phase::kStarting) return "starting: the node reads its log";
  if (view.phase == HealthView::Phase::kStopping) return "the node is stopping";
  if (view.suspended) return "the node is suspended";
  if (!view.has_leader) {
    return "no leader is known: an election is under way, or no quorum of the nodes is up";
  }
  if (!view.founded) {
    return "the cluster is not founded yet: one node more than a quorum must be started once";
  }
  return std::nullopt;
}

void Health::Run(Clock::time_point now) {
  Beat(now);
  phase_ = Phase::kRunning;
}

void Health::Show(bool founded, bool has_leader, bool suspended) {
  founded_ = founded;
  has_leader_ = has_leader;
  suspended_ = suspended;
}

void Health::Halt(std::string reason) {
  const std::lock_guard lock(mutex_);
  halt_reason_ = std::move(reason);
}

HealthView Health::View(Clock::time_point now) const {
  HealthView view;
  view.phase = phase_;
  // The loop may have run since `now` was asked for.
  const Clock::duration silence = now.time_since_epoch() - beat_.load();
  view.since_beat = std::max(silence, Clock::duration::zero());
  view.founded = founded_;
  view.has_leader = has_leader_;
  view.suspended = suspended_;
  const std::lock_guard lock(mutex_);
  view.halt_reason = halt_reason_;
  return view;
}

}  // namespace drydock::net
