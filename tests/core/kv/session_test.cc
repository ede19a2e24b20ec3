#include "core/kv/session.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "tests/core/kv/draws.h"
#include "tests/core/kv/kv_fixture.h"

namespace drydock {
namespace {

TEST_CASE("session: its id is the index of its entry, the last one if it came in parts") {
  KvFixture kv;
  kv.Apply(EntryKind::kNoop, "");
  CHECK(kv.Register() == SessionId(2));
  const std::string command = EncodeCommand(Sessionless(RegisterOp{100}));
  kv.Apply(EntryKind::kPart, command.substr(0, 3));
  CHECK(kv.Apply(EntryKind::kLastPart, command.substr(3)).session == SessionId(4));
  CHECK(kv.store.session_count() == 2);
}

TEST_CASE("session: a retried write is applied once and gets the first answer") {
  KvFixture kv;
  const SessionId session = kv.Register();
  const auto cas = InSession(session, 1, 1, CasOf("a", std::nullopt, "1"));
  const ApplyResult first = kv.Do(cas);
  CHECK(first.outcome == Outcome::kOk);
  CHECK_FALSE(first.duplicate);
  kv.Do(PutOf("a", "2"));
  const ApplyResult retry = kv.Do(cas);
  CHECK(retry.outcome == Outcome::kOk);
  CHECK(retry.duplicate);
  CHECK(kv.Get("a") == "2");
}

TEST_CASE("session: failed compares and deletes are remembered as they were answered") {
  KvFixture kv;
  const SessionId session = kv.Register();
  kv.Do(PutOf("a", "1"));
  const auto cas = InSession(session, 1, 1, CasOf("a", "0", "9"));
  const auto del = InSession(session, 2, 1, DeleteOf("a"));
  kv.Do(cas);
  CHECK(kv.Do(del).found);
  const ApplyResult cas_retry = kv.Do(cas);
  CHECK(cas_retry.duplicate);
  CHECK(cas_retry.outcome == Outcome::kCompareFailed);
  CHECK(cas_retry.found);
  CHECK(cas_retry.value.view() == "1");
  CHECK(kv.Do(del).found);
}

TEST_CASE("session: without one, every copy of a write is applied") {
  KvFixture kv;
  CHECK(kv.Do(CasOf("a", std::nullopt, "1")).outcome == Outcome::kOk);
  CHECK(kv.Do(CasOf("a", std::nullopt, "1")).outcome == Outcome::kCompareFailed);
}

TEST_CASE("session: requests in flight may arrive in any order") {
  KvFixture kv;
  const SessionId session = kv.Register();
  for (const std::uint64_t sequence : {5, 2, 4, 1, 3}) {
    const auto put = InSession(session, sequence, 1, PutOf(std::to_string(sequence), "x"));
    CHECK_FALSE(kv.Do(put).duplicate);
    CHECK(kv.Do(put).duplicate);
  }
  CHECK(kv.store.size() == 5);
}

TEST_CASE("session: what the client says it has is dropped and never applied again") {
  KvFixture kv;
  const SessionId session = kv.Register();
  const auto put = [session](std::uint64_t sequence, std::uint64_t first) {
    return InSession(session, sequence, first, PutOf(std::to_string(sequence), "x"));
  };
  for (const std::uint64_t sequence : {1, 2, 4}) kv.Do(put(sequence, 1));
  kv.Do(put(6, 4));
  kv.Do(DeleteOf("2"));
  const std::uint64_t before = kv.Hash();
  CHECK(kv.Do(put(2, 1)).outcome == Outcome::kBadRequest);  // applied, answer dropped
  CHECK(kv.Do(put(3, 1)).outcome == Outcome::kBadRequest);  // never applied, and too late now
  CHECK(kv.Hash() == before);
  CHECK(kv.Do(put(4, 1)).duplicate);  // at the watermark, which an old request does not lower
  CHECK(kv.Do(put(3, 1)).outcome == Outcome::kBadRequest);
  CHECK(kv.Do(put(5, 1)).outcome == Outcome::kOk);
  CHECK_FALSE(kv.Get("2"));
  CHECK_FALSE(kv.Get("3"));
}

TEST_CASE("session: a retry moves the watermark, too") {
  KvFixture kv;
  const SessionId session = kv.Register();
  kv.Do(InSession(session, 1, 1, PutOf("a", "1")));
  kv.Do(InSession(session, 2, 1, PutOf("a", "2")));
  CHECK(kv.Do(InSession(session, 2, 2, PutOf("a", "2"))).duplicate);
  CHECK(kv.Do(InSession(session, 1, 1, PutOf("a", "1"))).outcome == Outcome::kBadRequest);
  CHECK(kv.Get("a") == "2");
}

TEST_CASE("session: requests that make no sense are refused and change nothing") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  KvFixture kv;
  const SessionId session = kv.Register();
  kv.Do(InSession(session, 1, 1, PutOf("a", "1")));
  const std::uint64_t before = kv.Hash();
  const auto outcome = [&kv](const ClientRequest& request) { return kv.Do(request).outcome; };
  CHECK(outcome(InSession(session, 0, 0, PutOf("a", "2"))) == Outcome::kBadRequest);
  // Asks for what it says it has; believing it would shut out all its other requests.
  CHECK(outcome(InSession(session, 2, kMost, PutOf("a", "2"))) == Outcome::kBadRequest);
  CHECK(outcome(InSession(SessionId(999), 1, 1, PutOf("a", "2"))) == Outcome::kSessionUnknown);
  CHECK(outcome(InSession(session, 2, 1, RegisterOp{100})) == Outcome::kBadRequest);
  CHECK(kv.Hash() == before);
  CHECK(outcome(InSession(session, kMost, kMost, PutOf("a", "3"))) == Outcome::kOk);
}

TEST_CASE("session: the one least recently applied goes, by log order") {
  KvFixture kv(3);
  const SessionId a = kv.Register();
  const SessionId b = kv.Register();
  const SessionId c = kv.Register();
  const auto use = [&kv](SessionId session, std::uint64_t sequence) {
    return kv.Do(InSession(session, sequence, 1, PutOf("k", "v"))).outcome;
  };
  use(a, 1);
  use(b, 1);
  use(c, 1);
  use(b, 0);  // refused: does not make it younger
  use(a, 1);  // a retry does
  const SessionId d = kv.Register();
  CHECK(kv.store.session_count() == 3);
  CHECK(use(b, 2) == Outcome::kSessionUnknown);
  CHECK(use(b, 1) == Outcome::kSessionUnknown);
  const SessionId e = kv.Register();
  CHECK(use(c, 2) == Outcome::kSessionUnknown);
  for (const SessionId session : {a, d, e}) CHECK(use(session, 2) == Outcome::kOk);
}

TEST_CASE("session: how many are kept is what the entry says, whatever was said before") {
  KvFixture kv(5);
  std::vector<SessionId> sessions;
  for (int i = 0; i < 5; ++i) sessions.push_back(kv.Register());
  kv.max_sessions = 2;
  sessions.push_back(kv.Register());
  CHECK(kv.store.session_count() == 2);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const Outcome wanted = i < 4 ? Outcome::kSessionUnknown : Outcome::kOk;
    CHECK(kv.Do(InSession(sessions[i], 1, 1, PutOf("k", "v"))).outcome == wanted);
  }
}

TEST_CASE("session: a client that never says what it has costs a bounded amount") {
  KvFixture kv;
  const SessionId session = kv.Register();
  const std::uint64_t most = Sessions::kMaxAnswers;
  const auto put = [session](std::uint64_t sequence) {
    return InSession(session, sequence, 1, PutOf("k", std::to_string(sequence)));
  };
  for (std::uint64_t sequence = 1; sequence <= most + 1; ++sequence) kv.Do(put(sequence));
  CHECK(kv.Do(put(1)).outcome == Outcome::kBadRequest);  // forgotten, and not applied again
  CHECK(kv.Do(put(2)).duplicate);
  CHECK(kv.Get("k") == std::to_string(most + 1));
}

TEST_CASE("session: large answers are forgotten by their size, but for the newest") {
  KvFixture kv;
  const SessionId session = kv.Register();
  kv.Do(PutOf("k", std::string(Sessions::kMaxAnswerBytes / 2 + 1, 'v')));
  const auto compare = [session](std::uint64_t sequence) {
    return InSession(session, sequence, 1, CasOf("k", std::nullopt, "w"));
  };
  kv.Do(compare(1));
  CHECK(kv.Do(compare(1)).duplicate);
  kv.Do(compare(2));
  CHECK(kv.Do(compare(1)).outcome == Outcome::kBadRequest);
  CHECK(kv.Do(compare(2)).duplicate);
  kv.Do(PutOf("k", std::string(Sessions::kMaxAnswerBytes + 1, 'v')));
  kv.Do(compare(3));
  CHECK(kv.Do(compare(3)).duplicate);
}

TEST_CASE("session: one session at most works, none is refused") {
  KvFixture kv(1);
  const SessionId a = kv.Register();
  const SessionId b = kv.Register();
  CHECK(kv.Do(InSession(a, 1, 1, PutOf("k", "a"))).outcome == Outcome::kSessionUnknown);
  CHECK(kv.Do(InSession(b, 1, 1, PutOf("k", "b"))).outcome == Outcome::kOk);
  CHECK(kv.Get("k") == "b");
  kv.max_sessions = 0;
  CHECK(kv.Do(RegisterOp{0}).outcome == Outcome::kBadRequest);
  CHECK(kv.store.session_count() == 1);
}

// A second implementation of the rules, as plainly as they are stated.
struct SessionModel {
  struct Session {
    std::uint64_t last_applied = 0;
    std::uint64_t watermark = 0;
    std::set<std::uint64_t> applied;
  };
  std::map<std::uint64_t, Session> sessions;

  void Open(std::uint64_t index, std::size_t most) {
    sessions[index].last_applied = index;
    if (sessions.size() <= most) return;
    sessions.erase(std::min_element(sessions.begin(), sessions.end(), [](auto& a, auto& b) {
      return a.second.last_applied < b.second.last_applied;
    }));
  }
  std::pair<Outcome, bool> Request(std::uint64_t index, const ClientRequest& request) {
    const auto found = sessions.find(request.session.value());
    if (found == sessions.end()) return {Outcome::kSessionUnknown, false};
    Session& session = found->second;
    if (request.sequence == 0 || request.sequence < session.watermark ||
        request.sequence < request.first_unanswered) {
      return {Outcome::kBadRequest, false};
    }
    session.last_applied = index;
    session.watermark = std::max(session.watermark, request.first_unanswered);
    return {Outcome::kOk, !session.applied.insert(request.sequence).second};
  }
};

TEST_CASE("session: random use agrees with a plain model, and copies stay independent") {
  struct Pair {
    KvFixture kv{5};
    SessionModel model;
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Draws draws(seed);
    std::vector<Pair> pairs(3);
    std::vector<SessionId> known = {SessionId(12345)};
    for (int step = 0; step < 3000; ++step) {
      Pair& pair = pairs[draws.Below(pairs.size())];
      const std::uint64_t index = pair.kv.next.value();
      const std::uint64_t what = draws.Below(40);
      if (what == 0) {
        known.push_back(pair.kv.Register());
        CHECK(known.back() == SessionId(index));
        pair.model.Open(index, 5);
      } else if (what == 1) {
        pair = Pair(pairs[draws.Below(pairs.size())]);
      } else {
        const std::uint64_t age = draws.Below(std::min<std::uint64_t>(known.size(), 12));
        const std::uint64_t base = static_cast<std::uint64_t>(step) / 100;
        const auto request = InSession(known[known.size() - 1 - age], base + draws.Below(12),
                                       base + draws.Below(4), CasOf("n", std::nullopt, "x"));
        const ApplyResult result = pair.kv.Do(request);
        const auto [outcome, duplicate] = pair.model.Request(index, request);
        CHECK(result.duplicate == duplicate);
        if (outcome == Outcome::kOk) {
          CHECK_FALSE(IsRefusal(result.outcome));
        } else {
          CHECK(result.outcome == outcome);
        }
      }
      CHECK(pair.kv.store.session_count() == pair.model.sessions.size());
    }
  }
}

}  // namespace
}  // namespace drydock
