#include "net/log/refusal_limit.h"

namespace drydock::net {

std::optional<RefusalLimit::Line> RefusalLimit::Take(std::int64_t now,
                                                     const trace::Refused& event) {
  State& state = states_[static_cast<std::size_t>(event.reason)];
  if (!TooSoon(state, now)) return Release(state, now, event, state.held);
  if (state.held++ == 0) ++held_reasons_;
  state.newest = event.peer;
  return std::nullopt;
}

std::optional<RefusalLimit::Line> RefusalLimit::TakeHeld(std::int64_t now, Due due) {
  if (held_reasons_ == 0) return std::nullopt;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    if (state.held == 0 || (due == Due::kOverdue && TooSoon(state, now))) continue;
    const trace::Refused newest{static_cast<RefusalReason>(i), state.newest};
    return Release(state, now, newest, state.held - 1);
  }
  return std::nullopt;
}

RefusalLimit::Line RefusalLimit::Release(State& state, std::int64_t now,
                                         const trace::Refused& event, std::uint64_t left_out) {
  if (state.held > 0) --held_reasons_;
  state = State{.written_at = now, .written = true, .held = 0, .newest = event.peer};
  return {event, left_out};
}

}  // namespace drydock::net
