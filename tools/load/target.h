// The seam between the load generator and the stores that it loads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/time.h"

namespace drydock::tools {

struct LoadOperation {
  bool read = false;
  std::string_view key;
  std::string_view value;  // of a write
};

enum class AnswerKind : std::uint8_t {
  kDone,
  kMissing,  // a read of a key that is not there: no failure
  kNotLeader,
  kNotReady,
  kBusy,
  kTooLarge,
  kBadRequest,
  kOutcomeUnknown,
  kUnreachable,   // the connection failed, or could not be made
  kDeadline,      // no answer in the time that one operation has
  kOther,         // another error; the text tells
  kUnanswered,    // given up at the end of the run
  kNeverStarted,  // open loop: due, but the run was over before it could be sent
};
inline constexpr std::size_t kAnswerKinds = 13;
const char* NameOf(AnswerKind kind);
constexpr bool IsFailure(AnswerKind kind) {
  return kind != AnswerKind::kDone && kind != AnswerKind::kMissing;
}
using AnswerCounts = std::array<std::uint64_t, kAnswerKinds>;

class AnswerSink {
 public:
  virtual ~AnswerSink() = default;
  // `text` tells more of a failure; may be empty.
  virtual void OnAnswer(std::uint32_t slot, AnswerKind kind, std::string_view text) = 0;
};

// A store. All calls on one thread, that of the loop.
class LoadTarget {
 public:
  // Ends what is under way, without telling the sink.
  virtual ~LoadTarget() = default;
  // Where answers go from now on; null: nowhere. A sink may not call Start from OnAnswer.
  virtual void Listen(AnswerSink* sink) = 0;
  // Exactly one answer for each Start, from within LoadLoop::Run. A slot is free again with its
  // answer. `operation` need not outlive the call.
  virtual void Start(std::uint32_t slot, const LoadOperation& operation) = 0;
  // Nothing more is started for now: what was gathered may leave.
  virtual void Flush() {}
  // What is under way is answered soon, as a failure (kUnanswered) if there is no answer yet.
  virtual void Cancel() = 0;
};

// Time, and the thread that everything happens on.
class LoadLoop {
 public:
  virtual ~LoadLoop() = default;
  virtual TimePoint Now() = 0;
  // Waits until something has come, or until `latest`, then hands out all that is there. May
  // return early.
  virtual void Run(TimePoint latest) = 0;
};

}  // namespace drydock::tools
