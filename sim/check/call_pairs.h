// Builds a history from events, each the call of an operation or the end of one, for the readers of
// foreign formats. The position of an event is its time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "sim/check/history.h"

namespace drydock::sim {

class CallPairs {
 public:
  // A new operation of process `op.client`. An error if its last one has not ended.
  Status Call(Operation op);
  // The operation that `client` has pending; null if there is none.
  const Operation* Pending(std::uint32_t client) const;
  // It ended as `op` says, which replaces what Call was given, times apart. Of unknown outcome it
  // stays open to the end.
  void End(Operation op);
  History TakeHistory() { return std::move(history_); }

 private:
  History history_;
  std::map<std::uint32_t, std::size_t> pending_;  // by process: position in history_.ops
  std::int64_t now_ = 0;
};

// "line 17: text".
inline Error LineError(std::size_t line, std::string text) {
  return Error{"line " + std::to_string(line) + ": " + std::move(text)};
}

}  // namespace drydock::sim
