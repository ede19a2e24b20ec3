#include "core/kv/session.h"

#include <algorithm>

#include "core/base/check.h"

namespace drydock {

SessionId Sessions::Open(Index index, std::uint64_t max_sessions) {
  DRYDOCK_CHECK(max_sessions > 0);
  const SessionId id(index.value());
  Session session;
  session.last_applied = index;
  DRYDOCK_CHECK(sessions_.Assign(id, std::move(session)), id);
  by_age_.Assign(index, id);
  while (sessions_.size() > max_sessions) {
    const auto oldest = *by_age_.First();
    sessions_.Erase(oldest.value);
    by_age_.Erase(oldest.key);
  }
  return id;
}

Outcome Sessions::Admit(const ClientRequest& request) const {
  const Session* session = sessions_.Find(request.session);
  if (session == nullptr) return Outcome::kSessionUnknown;
  const std::uint64_t watermark = std::max(session->first_unanswered, request.first_unanswered);
  // Its answer is gone, so nobody could tell any more whether it was applied.
  if (request.sequence == 0 || request.sequence < watermark) return Outcome::kBadRequest;
  return Outcome::kOk;
}

Sessions::Session& Sessions::Touch(Index index, const ClientRequest& request) {
  Session& session = *sessions_.FindMutable(request.session);
  by_age_.Erase(session.last_applied);
  by_age_.Assign(index, request.session);
  session.last_applied = index;
  // A request may have been overtaken by one that knows of more answers.
  session.first_unanswered = std::max(session.first_unanswered, request.first_unanswered);
  while (!session.answers.empty() && session.answers.First()->key < session.first_unanswered) {
    ForgetOldest(session);
  }
  return session;
}

void Sessions::Keep(Session& session, std::uint64_t sequence, const ApplyResult& answer) {
  session.answers.Assign(sequence, answer);
  session.answer_bytes += answer.value.size();
  while (session.answers.size() > kMaxAnswers ||
         (session.answer_bytes > kMaxAnswerBytes && session.answers.size() > 1)) {
    session.first_unanswered = session.answers.First()->key + 1;
    ForgetOldest(session);
  }
}

void Sessions::ForgetOldest(Session& session) {
  const auto* oldest = session.answers.First();
  session.answer_bytes -= oldest->value.value.size();
  const std::uint64_t sequence = oldest->key;  // the node goes with it
  session.answers.Erase(sequence);
}

void Sessions::AddTo(Hasher& hasher) const {
  hasher.Add(std::uint64_t{sessions_.size()});
  sessions_.ForEach([&hasher](SessionId id, const Session& session) {
    hasher.Add(id);
    hasher.Add(session.last_applied);
    hasher.Add(session.first_unanswered);
    hasher.Add(std::uint64_t{session.answers.size()});
    session.answers.ForEach([&hasher](std::uint64_t sequence, const ApplyResult& answer) {
      hasher.Add(sequence);
      hasher.Add(static_cast<std::uint64_t>(answer.outcome));
      hasher.Add(std::uint64_t{answer.found});
      hasher.Add(answer.value.view());
    });
  });
}

}  // namespace drydock
