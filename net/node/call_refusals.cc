#include "net/node/call_refusals.h"

#include <utility>

namespace drydock::net {

bool CallRefusals::TooSoon(TimePoint now) const {
  return written_.has_value() && now - *written_ < Duration::Seconds(1);
}

void CallRefusals::Note(TimePoint now, const std::string& peer, const std::string& why) {
  held_ = Held{peer, why, held_.has_value() ? held_->others + 1 : 0};
  Flush(now);
}

void CallRefusals::Flush(TimePoint now) {
  if (!held_.has_value() || TooSoon(now)) return;
  const Held refusal = *std::exchange(held_, std::nullopt);
  written_ = now;
  log_.Warning("call_refused",
               {{"peer", refusal.peer}, {"why", refusal.why}, {"left_out", refusal.others}});
}

}  // namespace drydock::net
