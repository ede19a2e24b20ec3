// Calls that the gatekeeper refuses, as lines of the log: strangers may knock all day, so a second
// has one line, and the newest call stands for those that had none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/time.h"
#include "net/log/event_log.h"

namespace drydock::net {

class CallRefusals {
 public:
  explicit CallRefusals(EventLog& log) : log_(log) {}

  // Who called, and why it was refused.
  void Note(TimePoint now, const std::string& peer, const std::string& why);
  // Writes what is held back, once its second is over. To be called now and then.
  void Flush(TimePoint now);

 private:
  struct Held {
    std::string peer;
    std::string why;
    std::uint64_t others = 0;  // held back before it
  };
  bool TooSoon(TimePoint now) const;

  EventLog& log_;
  std::optional<TimePoint> written_;
  std::optional<Held> held_;
};

}  // namespace drydock::net
