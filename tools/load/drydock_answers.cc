#include "tools/load/drydock_answers.h"

namespace drydock::tools {

void WriteOperation(const LoadOperation& operation, bool stale, v1::Operation& out) {
  if (operation.read) {
    v1::GetOperation& get = *out.mutable_get();
    get.set_key(operation.key.data(), operation.key.size());
    get.set_mode(stale ? v1::READ_MODE_STALE : v1::READ_MODE_LINEARIZABLE);
    return;
  }
  v1::PutOperation& put = *out.mutable_put();
  put.set_key(operation.key.data(), operation.key.size());
  put.set_value(operation.value.data(), operation.value.size());
}

AnswerKind KindOf(const v1::Answer& answer) {
  switch (answer.outcome()) {
    case v1::OUTCOME_OK:
      return AnswerKind::kDone;
    case v1::OUTCOME_NOT_FOUND:
      return AnswerKind::kMissing;
    case v1::OUTCOME_NOT_LEADER:
      return AnswerKind::kNotLeader;
    case v1::OUTCOME_NOT_READY:
      return AnswerKind::kNotReady;
    case v1::OUTCOME_BUSY:
      return AnswerKind::kBusy;
    case v1::OUTCOME_TOO_LARGE:
      return AnswerKind::kTooLarge;
    case v1::OUTCOME_BAD_REQUEST:
      return AnswerKind::kBadRequest;
    case v1::OUTCOME_UNKNOWN:
      return AnswerKind::kOutcomeUnknown;
    default:
      return AnswerKind::kOther;
  }
}

// Many answers of a node that has lost its place come at once: only the first one moves on.
bool EndpointCursor::Follow(const std::string& asked, AnswerKind kind, const std::string& hint) {
  if (asked != current_) return false;
  if (kind == AnswerKind::kNotLeader && !hint.empty()) {
    current_ = hint;
    return true;
  }
  const bool gone = kind == AnswerKind::kUnreachable || kind == AnswerKind::kNotLeader;
  if (!gone || endpoints_.empty()) return false;
  current_ = endpoints_[next_++ % endpoints_.size()];
  return current_ != asked;
}

}  // namespace drydock::tools
