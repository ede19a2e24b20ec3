// Client sessions: what makes a retried write take effect once (Raft thesis, section 6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/base/hasher.h"
#include "core/base/strong.h"
#include "core/kv/apply_result.h"
#include "core/kv/persistent_map.h"
#include "core/protocol/client.h"

namespace drydock {

// All sessions of the store, part of the replicated state: they change by log entries only. A value
// with O(1) copy. A client may have many requests in flight that arrive in any order; a session
// keeps the answer of each from the first that the client still lacks, its watermark, on.
class Sessions {
 public:
  // What a session keeps at most of a client that never says what it has: so many answers, and so
  // many bytes of values in them (but always the newest). They are the same on all nodes.
  static constexpr std::size_t kMaxAnswers = 8192;
  static constexpr std::size_t kMaxAnswerBytes = 16 << 20;

  // Opens the session of the Register entry at `index`. Past `max_sessions` (at least one) those
  // whose last entry is the oldest are forgotten.
  SessionId Open(Index index, std::uint64_t max_sessions);

  // Runs `apply` (it gives an ApplyResult and leaves the sessions alone) for a request not yet
  // applied in its session, and keeps the answer; gives a retry the kept answer. Refused:
  // - kSessionUnknown: never opened or forgotten. Whether an earlier copy was applied is not known;
  // - kBadRequest: sequence 0, or below the watermark of the session or the request's own: the
  //   client said that it has that answer, or the session had to forget it.
  // A refused request changes nothing, not even the session's age.
  template <class Apply>
  ApplyResult ApplyOnce(Index index, const ClientRequest& request, Apply apply);

  std::size_t size() const { return sessions_.size(); }
  void AddTo(Hasher& hasher) const;

 private:
  friend class StateEncoder;
  friend class StateDecoder;

  struct Session {
    Index last_applied;
    std::uint64_t first_unanswered = 0;                 // the watermark; it never goes back
    std::uint64_t answer_bytes = 0;                     // of the values in the answers
    PersistentMap<std::uint64_t, ApplyResult> answers;  // by sequence, none below the watermark
  };

  // kOk, or why the request must not be applied.
  Outcome Admit(const ClientRequest& request) const;
  // Notes the entry at `index` of an admitted request, whose answers below the watermark go.
  Session& Touch(Index index, const ClientRequest& request);
  static void Keep(Session& session, std::uint64_t sequence, const ApplyResult& answer);
  static void ForgetOldest(Session& session);

  PersistentMap<SessionId, Session> sessions_;
  PersistentMap<Index, SessionId> by_age_;  // by last_applied, each session once
};

template <class Apply>
ApplyResult Sessions::ApplyOnce(Index index, const ClientRequest& request, Apply apply) {
  if (const Outcome outcome = Admit(request); outcome != Outcome::kOk) return Refuse(outcome);
  Session& session = Touch(index, request);
  if (const ApplyResult* kept = session.answers.Find(request.sequence)) {
    ApplyResult answer = *kept;
    answer.duplicate = true;
    return answer;
  }
  ApplyResult answer = apply();
  Keep(session, request.sequence, answer);
  return answer;
}

}  // namespace drydock
