// The log of a raftd that runs: what it has written since the last look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/strong.h"
#include "core/protocol/trace_event.h"

namespace drydock::tools {

struct LogLine {
  std::int64_t unix_ns = 0;
  std::string level;    // "" of a line that is not one of raftd's log
  std::string event;    // "listening", "role_changed", ...
  std::string message;  // in words; the whole line if it is not one of raftd's log
  std::string why;      // of an error
  Term term;            // 0: not told
  std::optional<trace::RoleChanged> role;  // of role_changed
};

// Lines that are no JSON are not lost: people may need them.
LogLine ParseLogLine(const std::string& text);

class NodeLog {
 public:
  explicit NodeLog(std::string path) : path_(std::move(path)) {}
  // Whole lines only; what is behind the last line break is for the next time.
  std::vector<LogLine> ReadNew();

 private:
  std::string path_;
  std::uint64_t read_ = 0;  // bytes
  std::string rest_;
};

}  // namespace drydock::tools
