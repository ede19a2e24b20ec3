#include "sim/check/log_order.h"

#include <doctest/doctest.h>

#include <string>

#include "core/kv/command.h"

namespace drydock::sim {
namespace {

// A committed log, entry by entry.
class Log {
 public:
  Log& Noop() { return Add(EntryKind::kNoop, Bytes(), Outcome::kOk, false); }
  Log& Command(const ClientRequest& request, Outcome outcome = Outcome::kOk,
               bool duplicate = false) {
    return Add(EntryKind::kCommand, Bytes(EncodeCommand(request)), outcome, duplicate);
  }
  Log& Add(EntryKind kind, Bytes payload, Outcome outcome, bool duplicate) {
    CommittedEntry entry{.term = Term(1), .claimed_in = Term(1), .entry = {}};
    entry.entry = {Term(1), kind, std::move(payload)};
    entry.applied = true;
    entry.outcome = outcome;
    entry.duplicate = duplicate;
    entries_.push_back(std::move(entry));
    return *this;
  }
  const std::vector<CommittedEntry>& entries() const { return entries_; }

 private:
  std::vector<CommittedEntry> entries_;
};

ClientRequest Request(ClientOp op, std::uint64_t session = 0, std::uint64_t sequence = 0) {
  return {SessionId(session), sequence, 0, std::move(op)};
}
ClientRequest Put(std::string_view key, std::string_view value, std::uint64_t session = 0,
                  std::uint64_t sequence = 0) {
  return Request(PutOp{Bytes(key), Bytes(value)}, session, sequence);
}
ClientRequest Cas(std::string_view expected, std::string_view value) {
  return Request(CompareAndSetOp{Bytes("k"), Bytes(expected), Bytes(value)});
}

std::optional<Bytes> Text(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<Bytes>(Bytes(text));
}

// Operations are called at `invoke` and answered one later, unless a test says otherwise.
Operation Did(OperationKind kind, std::int64_t invoke, std::uint64_t index) {
  Operation op;
  op.kind = kind;
  op.outcome = OperationOutcome::kOk;
  op.key = Bytes("k");
  op.invoke = invoke;
  op.response = invoke + 1;
  op.term = 1;
  op.index = index;
  return op;
}
Operation DidPut(std::int64_t invoke, std::uint64_t index, std::string_view value) {
  Operation op = Did(OperationKind::kPut, invoke, index);
  op.value = Bytes(value);
  return op;
}
Operation DidGet(std::int64_t invoke, std::uint64_t index, const char* result) {
  Operation op = Did(OperationKind::kGet, invoke, index);
  op.result_known = true;
  op.result = Text(result);
  return op;
}
Operation DidCas(std::int64_t invoke, std::uint64_t index, const char* expected,
                 std::string_view value) {
  Operation op = Did(OperationKind::kCompareAndSet, invoke, index);
  op.expected = Text(expected);
  op.value = Bytes(value);
  return op;
}
Operation CasFound(std::int64_t invoke, std::uint64_t index, const char* expected,
                   std::string_view value, const char* found) {
  Operation op = DidCas(invoke, index, expected, value);
  op.outcome = OperationOutcome::kCompareFailed;
  op.result_known = true;
  op.result = Text(found);
  return op;
}

std::string Broken(std::vector<Operation> ops, const Log& log) {
  const History history{std::move(ops), std::nullopt};
  const auto problem = CheckLogOrder(history, log.entries());
  return problem.has_value() ? problem->property : "nothing";
}

TEST_CASE("log order: a right history is accepted") {
  Log log;
  log.Noop()
      .Command(Put("k", "a"))
      .Command(Cas("a", "b"))
      .Command(Cas("a", "c"), Outcome::kCompareFailed)
      .Command(Request(DeleteOp{Bytes("k")}));
  CHECK(Broken({DidGet(0, 0, nullptr), DidGet(2, 1, nullptr), DidPut(4, 2, "a"), DidGet(6, 2, "a"),
                DidCas(8, 3, "a", "b"), CasFound(10, 4, "a", "c", "b"), DidGet(12, 4, "b"),
                Did(OperationKind::kDelete, 14, 5), DidGet(16, 5, nullptr)},
               log) == "nothing");
}

TEST_CASE("log order: calls that overlap may take either order") {
  Log log;
  log.Command(Put("k", "a")).Command(Put("k", "b"));
  Operation late = DidPut(0, 2, "b");
  late.response = 10;
  CHECK(Broken({late, DidPut(3, 1, "a"), DidGet(5, 1, "a")}, log) == "nothing");
}

TEST_CASE("log order: what failed or has no known outcome is not judged") {
  Log log;
  log.Command(Put("k", "a"));
  Operation failed = DidPut(0, 0, "never");
  failed.outcome = OperationOutcome::kFailed;
  Operation unknown = DidPut(1, 0, "perhaps");
  unknown.outcome = OperationOutcome::kUnknown;
  CHECK(Broken({failed, unknown, DidGet(5, 1, "a")}, log) == "nothing");
}

TEST_CASE("log order: a stale read is refused, though the log once said what it saw") {
  Log log;
  log.Command(Put("k", "a")).Command(Put("k", "b"));
  const std::vector<Operation> writes = {DidPut(0, 1, "a"), DidPut(2, 2, "b")};
  std::vector<Operation> ops = writes;
  SUBCASE("after a write") {
    ops.push_back(DidGet(5, 1, "a"));
  }
  SUBCASE("after a read that saw more") {
    ops = {DidPut(0, 1, "a")};
    ops.push_back(DidGet(5, 2, "b"));
    ops.push_back(DidGet(7, 1, "a"));
  }
  CHECK(Broken(ops, log) == "linearizability");
}

TEST_CASE("log order: a read that asked for a stale state must say what the log says there") {
  Log log;
  log.Command(Put("k", "a")).Command(Put("k", "b"));
  const auto broken = [&](const Operation& stale) {
    History history{{DidPut(0, 1, "a"), DidPut(2, 2, "b")}, std::nullopt};
    history.stale_reads = {stale};
    const auto problem = CheckLogOrder(history, log.entries());
    return problem.has_value() ? problem->property : "nothing";
  };
  CHECK(broken(DidGet(10, 2, "b")) == "nothing");
  CHECK(broken(DidGet(10, 1, "a")) == "nothing");
  CHECK(broken(DidGet(10, 0, nullptr)) == "nothing");
  CHECK(broken(DidGet(10, 1, "b")) == "stale reads");
  CHECK(broken(DidGet(10, 0, "a")) == "stale reads");
  CHECK(broken(DidGet(10, 3, "b")) == "stale reads");
}

TEST_CASE("log order: a write must come after what was answered before it was called") {
  Log log;
  log.Command(Put("k", "a")).Command(Put("k", "b"));
  CHECK(Broken({DidPut(0, 2, "b"), DidPut(5, 1, "a")}, log) == "linearizability");
}

TEST_CASE("log order: a read of a wrong value is refused") {
  Log log;
  log.Command(Put("k", "a"));
  CHECK(Broken({DidPut(0, 1, "a"), DidGet(2, 1, "b")}, log) == "linearizability");
  CHECK(Broken({DidPut(0, 1, "a"), DidGet(2, 1, nullptr)}, log) == "linearizability");
  CHECK(Broken({DidGet(0, 0, "a")}, log) == "linearizability");
}

TEST_CASE("log order: an acknowledged write that the log lacks is refused") {
  Log log;
  log.Command(Put("k", "a"));
  SUBCASE("beyond its end") {
    CHECK(Broken({DidPut(0, 2, "b")}, log) == "nothing acknowledged is lost");
  }
  SUBCASE("another write stands there") {
    CHECK(Broken({DidPut(0, 1, "b")}, log) == "nothing acknowledged is lost");
  }
  SUBCASE("the same write of another term stands there") {
    Operation op = DidPut(0, 1, "a");
    op.term = 2;
    CHECK(Broken({op}, log) == "nothing acknowledged is lost");
  }
  SUBCASE("a noop stands there") {
    log.Noop();
    CHECK(Broken({DidPut(0, 2, "b")}, log) == "nothing acknowledged is lost");
  }
}

TEST_CASE("log order: a retry is applied once") {
  Log log;
  log.Command(Request(RegisterOp{100}));  // session 1
  log.Command(Put("k", "a", 1, 1)).Command(Put("k", "b"));
  SUBCASE("the second time it does nothing") {
    log.Command(Put("k", "a", 1, 1), Outcome::kOk, true);
    CHECK(Broken({DidGet(9, 4, "b")}, log) == "nothing");
  }
  SUBCASE("applied again by the nodes") {
    log.Command(Put("k", "a", 1, 1), Outcome::kOk, false);
    CHECK(Broken({}, log) == "exactly once");
  }
  SUBCASE("a client saw it applied again") {
    log.Command(Put("k", "a", 1, 1), Outcome::kOk, true);
    CHECK(Broken({DidGet(9, 4, "a")}, log) == "linearizability");
  }
  SUBCASE("a first try taken for a retry") {
    log.Command(Put("k", "c", 1, 2), Outcome::kOk, true);
    CHECK(Broken({}, log) == "exactly once");
  }
  SUBCASE("a session that does not exist") {
    log.Command(Put("k", "c", 77, 1), Outcome::kOk, false);
    CHECK(Broken({}, log) == "exactly once");
  }
}

// The answer of a retry names its own entry; its effect is where the first try stands.
TEST_CASE("log order: an effect from before the call is refused") {
  Log log;
  log.Command(Request(RegisterOp{100})).Command(Put("k", "a", 1, 1)).Command(Put("k", "b"));
  log.Command(Put("k", "a", 1, 1), Outcome::kOk, true);
  Operation retried = DidPut(0, 4, "a");
  retried.response = 20;
  CHECK(Broken({retried, DidPut(5, 3, "b")}, log) == "nothing");
  retried.invoke = 10;  // called after "b" was answered, in effect before it
  CHECK(Broken({retried, DidPut(5, 3, "b")}, log) == "linearizability");
}

TEST_CASE("log order: a compare-and-set answered wrongly is refused") {
  Log log;
  log.Command(Put("k", "a"));
  SUBCASE("called done, and it failed") {
    log.Command(Cas("x", "b"), Outcome::kCompareFailed);
    CHECK(Broken({DidCas(2, 2, "x", "b")}, log) == "linearizability");
  }
  SUBCASE("called failed, and it was done") {
    log.Command(Cas("a", "b"));
    CHECK(Broken({CasFound(2, 2, "a", "b", "x")}, log) == "linearizability");
  }
  SUBCASE("failed, finding another value than was there") {
    log.Command(Cas("x", "b"), Outcome::kCompareFailed);
    CHECK(Broken({CasFound(2, 2, "x", "b", "y")}, log) == "linearizability");
  }
  SUBCASE("the nodes took it for done") {
    log.Command(Cas("x", "b"), Outcome::kOk);
    CHECK(Broken({}, log) == "exactly once");
  }
}

// A large put in three parts, its answer naming the last.
Log InParts(const std::string& value, bool interrupted) {
  const std::string bytes = EncodeCommand(Put("k", value));
  const std::size_t third = bytes.size() / 3;
  Log log;
  log.Command(Put("k", "small"));
  log.Add(EntryKind::kPart, Bytes(bytes.substr(0, third)), Outcome::kOk, false);
  if (interrupted) log.Noop();
  log.Add(EntryKind::kPart, Bytes(bytes.substr(third, third)), Outcome::kOk, false);
  log.Add(EntryKind::kLastPart, Bytes(bytes.substr(2 * third)),
          interrupted ? Outcome::kBadRequest : Outcome::kOk, false);
  return log;
}

TEST_CASE("log order: a large value counts from its last part on") {
  const std::string large(30000, 'v');
  const Log log = InParts(large, false);
  CHECK(Broken({DidGet(0, 3, "small"), DidPut(2, 4, large), DidGet(4, 4, large.c_str())}, log) ==
        "nothing");
  CHECK(Broken({DidGet(0, 3, large.c_str())}, log) == "linearizability");
  CHECK(Broken({DidGet(0, 4, "small")}, log) == "linearizability");
}

TEST_CASE("log order: anything between the parts makes them void") {
  const std::string large(30000, 'v');
  const Log log = InParts(large, true);
  CHECK(Broken({DidGet(0, 5, "small")}, log) == "nothing");
  CHECK(Broken({DidPut(0, 5, large)}, log) == "nothing acknowledged is lost");
}

TEST_CASE("log order: each node must hold what the log gives up to where it applied") {
  Log log;
  log.Command(Put("a", "1")).Command(Put("b", "2")).Command(Put("a", "3"));
  const auto content = [](std::uint64_t applied, std::vector<std::pair<std::string, Bytes>> map) {
    return NodeContent{"n7", Index(applied), std::move(map)};
  };
  const auto fine = [&](const NodeContent& node) {
    return !CheckStates({node}, log.entries()).has_value();
  };
  CHECK(fine(content(0, {})));
  CHECK(fine(content(2, {{"a", Bytes("1")}, {"b", Bytes("2")}})));
  CHECK(fine(content(3, {{"a", Bytes("3")}, {"b", Bytes("2")}})));
  CHECK_FALSE(fine(content(3, {{"a", Bytes("1")}, {"b", Bytes("2")}})));  // an old value
  CHECK_FALSE(fine(content(3, {{"a", Bytes("3")}})));                     // a key missing
  CHECK_FALSE(fine(content(0, {{"a", Bytes("1")}})));                     // one too many
  CHECK_FALSE(fine(content(3, {{"a", Bytes("3")}, {"c", Bytes("2")}})));  // another key

  NodeContent other = content(2, {{"a", Bytes("1")}, {"b", Bytes("2")}});
  NodeContent forgetful = other;
  forgetful.sessions = 1;
  CHECK_FALSE(CheckStates({other, content(0, {}), other}, log.entries()).has_value());
  CHECK(CheckStates({other, forgetful}, log.entries())->property == "exactly once");

  const auto problem = CheckStates({content(3, {}), content(0, {})}, log.entries());
  REQUIRE(problem.has_value());
  CHECK(problem->property == "state machine safety");
  CHECK(problem->detail == "n7 holds other values after entry 3 than the log gives");
}

}  // namespace
}  // namespace drydock::sim
