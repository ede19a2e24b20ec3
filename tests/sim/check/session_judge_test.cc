// Stores that break the promise of sessions, in a few events each.
#include <doctest/doctest.h>

#include <string>

#include "core/kv/command.h"
#include "tests/sim/check/told.h"

namespace drydock::sim {
namespace {

using testing::Told;

ClientRequest Write(std::uint64_t session, std::uint64_t sequence, std::uint64_t unanswered = 0) {
  return {.session = SessionId(session),
          .sequence = sequence,
          .first_unanswered = unanswered,
          .op = PutOp{Bytes("k"), Bytes("v")}};
}
ClientRequest Register(std::uint64_t max_sessions = 10) {
  return {.op = RegisterOp{max_sessions}};
}

// A cluster of one node that applies what it is told to, with the results that it is told.
class Store {
 public:
  Store() : told_(1) { told_.Lead(0, 0, 1); }
  Store& Apply(const ClientRequest& request, Outcome outcome = Outcome::kOk,
               bool duplicate = false) {
    return Take(EncodeCommand(request), EntryKind::kCommand, outcome, duplicate);
  }
  // In pieces of so many bytes.
  Store& ApplyInParts(const ClientRequest& request, std::size_t piece, bool duplicate) {
    const std::string whole = EncodeCommand(request);
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      const bool last = at + piece >= whole.size();
      Take(whole.substr(at, piece), last ? EntryKind::kLastPart : EntryKind::kPart, Outcome::kOk,
           last && duplicate);
    }
    return *this;
  }
  std::string broken() const { return told_.broken(); }
  std::string detail() const { return told_.detail(); }

 private:
  Store& Take(const std::string& payload, EntryKind kind, Outcome outcome, bool duplicate) {
    ++last_;
    told_.Append(0, last_, 1, payload, kind);
    told_.Sync(0, last_, 1, 0);
    told_.Commit(0, last_);
    told_.Apply(0, last_, outcome, duplicate);
    return *this;
  }
  Told told_;
  std::uint64_t last_ = 0;
};

}  // namespace

TEST_CASE("sessions: a store that keeps its promise breaks nothing") {
  Store store;
  store.Apply(Register()).Apply(Write(1, 1)).Apply(Write(1, 3)).Apply(Write(1, 2));
  store.Apply(Write(1, 3), Outcome::kOk, true);
  store.Apply(Write(1, 1), Outcome::kOk, true);
  store.Apply(Write(1, 4, 4));
  store.Apply(Write(1, 3), Outcome::kBadRequest);
  store.Apply(Write(99, 1), Outcome::kSessionUnknown);
  store.ApplyInParts(Write(1, 5), 7, false).ApplyInParts(Write(1, 5), 11, true);
  store.Apply(Write(0, 1)).Apply(Write(0, 1));  // without a session
  CHECK(store.broken() == "nothing");
}

TEST_CASE("sessions: a retry that takes effect again") {
  Store store;
  store.Apply(Register()).Apply(Write(1, 1));
  SUBCASE("whole") {
    store.Apply(Write(1, 1));
  }
  SUBCASE("in pieces") {
    store.ApplyInParts(Write(1, 1), 20, false);
  }
  CHECK(store.broken() == "exactly once");
  CHECK(store.detail().find(", request 1 of session 1, is applied again: entry 2 did it") !=
        std::string::npos);
}

TEST_CASE("sessions: a write that is lost, for it is taken for a retry") {
  Store store;
  store.Apply(Register()).Apply(Write(1, 2)).Apply(Write(1, 1), Outcome::kOk, true);
  CHECK(store.broken() == "exactly once");
  CHECK(store.detail() ==
        "entry 3, request 1 of session 1, is taken for a retry: it was never applied");
}

TEST_CASE("sessions: a retry that comes to something else than the first") {
  Store store;
  store.Apply(Register()).Apply(Write(1, 1)).Apply(Write(1, 1), Outcome::kCompareFailed, true);
  CHECK(store.detail() ==
        "entry 3, request 1 of session 1, comes to something else than at entry 2");
}

TEST_CASE("sessions: a request whose answer the client has is applied again") {
  Store store;
  store.Apply(Register()).Apply(Write(1, 1)).Apply(Write(1, 2, 2)).Apply(Write(1, 1));
  CHECK(store.detail() ==
        "entry 4, request 1 of session 1, is applied: the client has said that it has that answer");
}

TEST_CASE("sessions: the log says which of them are gone") {
  Store store;
  store.Apply(Register(2)).Apply(Register(2)).Apply(Write(1, 1)).Apply(Register(2));
  SUBCASE("the one used last stays, though it was opened first") {
    store.Apply(Write(1, 2)).Apply(Write(2, 1), Outcome::kSessionUnknown).Apply(Write(4, 1));
    CHECK(store.broken() == "nothing");
  }
  SUBCASE("a retry keeps a session, too") {
    store.Apply(Write(1, 1), Outcome::kOk, true).Apply(Register(2));
    store.Apply(Write(4, 1), Outcome::kSessionUnknown).Apply(Write(1, 2));
    CHECK(store.broken() == "nothing");
  }
  SUBCASE("what is refused does not") {
    store.Apply(Write(1, 0), Outcome::kBadRequest).Apply(Register(2));
    store.Apply(Write(1, 2), Outcome::kSessionUnknown);
    CHECK(store.broken() == "nothing");
  }
  SUBCASE("one that is gone is used") {
    store.Apply(Write(2, 1));
    CHECK(store.detail() ==
          "entry 5, request 1 of session 2, is applied: by the log the session is gone");
  }
  SUBCASE("one that is there is refused") {
    store.Apply(Write(1, 1), Outcome::kSessionUnknown);
    CHECK(store.detail() ==
          "entry 5, request 1 of session 1, is refused: by the log the session is open");
  }
}

TEST_CASE("sessions: a client is answered otherwise than before") {
  Told told;
  const ClientRequest request{.sequence = 7, .op = DeleteOp{Bytes("k")}};
  const auto call = [&](std::uint64_t operation, const ClientAnswer& answer) {
    told.Call(3, operation, request);
    told.Answer(3, operation, answer);
  };
  call(1, {.outcome = Outcome::kBusy});
  call(2, {.outcome = Outcome::kUnknown});
  call(3, {.outcome = Outcome::kOk, .found = true, .term = Term(1), .index = Index(5)});
  call(4, {.outcome = Outcome::kOk, .found = true, .term = Term(2), .index = Index(9)});
  CHECK(told.broken() == "nothing");
  call(5, {.outcome = Outcome::kOk, .found = false});
  CHECK(told.broken() == "exactly once");
  CHECK(told.detail() == "client 3's request 7 is answered otherwise than before");
}

}  // namespace drydock::sim
