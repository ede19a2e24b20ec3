// At most one line a second for each reason of refusal: a stranger that knocks all day must not
// fill a disk.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/protocol/trace_event.h"

namespace drydock::net {

class RefusalLimit {
 public:
  static constexpr std::int64_t kInterval = 1'000'000'000;  // nanoseconds

  struct Line {
    trace::Refused event;
    std::uint64_t left_out = 0;  // refusals for the same reason since the line before this one
  };

  // The line to write for this refusal, or nothing if it comes too soon after another. `now` is
  // in nanoseconds of any clock; one that steps back begins a new second.
  std::optional<Line> Take(std::int64_t now, const trace::Refused& event);

  enum class Due : std::uint8_t { kOverdue, kAll };
  // A line for a reason whose last refusals were held back: the newest of them stands for the
  // others. Of those whose second is over, or of all. To be called until it gives nothing.
  std::optional<Line> TakeHeld(std::int64_t now, Due due);

  // True if anything is held back.
  bool holds() const { return held_reasons_ > 0; }

 private:
  struct State {
    std::int64_t written_at = 0;
    bool written = false;
    std::uint64_t held = 0;  // since then
    NodeId newest;           // the peer of the last of these
  };
  static bool TooSoon(const State& state, std::int64_t now) {
    return state.written && now >= state.written_at && now - state.written_at < kInterval;
  }
  Line Release(State& state, std::int64_t now, const trace::Refused& event, std::uint64_t left_out);

  std::array<State, static_cast<std::size_t>(RefusalReason::kNoReadIndex) + 1> states_;
  std::size_t held_reasons_ = 0;
};

}  // namespace drydock::net
