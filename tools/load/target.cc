#include "tools/load/target.h"

namespace drydock::tools {

const char* NameOf(AnswerKind kind) {
  constexpr const char* kNames[] = {
      "done",      "missing",     "not_leader",      "not_ready",   "busy",
      "too_large", "bad_request", "outcome_unknown", "unreachable", "deadline",
      "other",     "unanswered",  "never_started",
  };
  static_assert(std::size(kNames) == kAnswerKinds);
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace drydock::tools
