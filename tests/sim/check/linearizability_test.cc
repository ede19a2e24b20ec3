#include "sim/check/linearizability.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "sim/check/foreign_history.h"
#include "tests/sim/check/random_history.h"

namespace drydock::sim {
namespace {

struct Shape {
  std::uint64_t operations = 6;
  std::uint64_t values = 3;
  std::int64_t span = 12;
  bool appends = false;
  bool deletes = true;
  std::uint64_t unknown_percent = 20;
};

Bytes AnyValue(Dice& dice, const Shape& shape) {
  std::string text(1, static_cast<char>('a' + dice.Below(shape.values)));
  // With appends what is seen is longer than what is written.
  while (shape.appends && Chance(dice, 50)) text += static_cast<char>('a' + dice.Below(2));
  return Bytes(text);
}

std::optional<Bytes> AnyContent(Dice& dice, const Shape& shape) {
  if (Chance(dice, 15)) return std::nullopt;
  return AnyValue(dice, shape);
}

Operation AnyOperation(Dice& dice, const Shape& shape, std::uint32_t client) {
  Operation op;
  op.client = client;
  op.key = Bytes("k");
  op.invoke = static_cast<std::int64_t>(dice.Below(static_cast<std::uint64_t>(shape.span)));
  op.outcome = OperationOutcome::kOk;
  const std::uint64_t which = dice.Below(20);
  op.kind = which < 7                     ? OperationKind::kGet
            : which < 12                  ? OperationKind::kPut
            : which < 14 && shape.deletes ? OperationKind::kDelete
            : which < 17 && shape.appends ? OperationKind::kAppend
                                          : OperationKind::kCompareAndSet;
  if (op.kind != OperationKind::kGet && op.kind != OperationKind::kDelete) {
    op.value = shape.appends ? Bytes(std::string(1, static_cast<char>('a' + dice.Below(2))))
                             : AnyValue(dice, shape);
  }
  if (op.kind == OperationKind::kCompareAndSet) {
    op.expected = AnyContent(dice, shape);
    if (Chance(dice, 50)) op.outcome = OperationOutcome::kCompareFailed;
  }
  const bool sees =
      op.kind == OperationKind::kGet || op.outcome == OperationOutcome::kCompareFailed;
  op.result_known = sees && Chance(dice, op.kind == OperationKind::kGet ? 95 : 40);
  if (op.result_known) op.result = AnyContent(dice, shape);
  if (Chance(dice, shape.unknown_percent)) op.outcome = OperationOutcome::kUnknown;
  if (Chance(dice, 4)) op.outcome = OperationOutcome::kFailed;
  if (op.outcome != OperationOutcome::kUnknown || Chance(dice, 30)) {
    const auto length = dice.Below(static_cast<std::uint64_t>(shape.span));
    op.response = op.invoke + static_cast<std::int64_t>(length);
  }
  return op;
}

History AnyHistory(std::uint64_t seed, const Shape& shape) {
  Dice dice(seed);
  History history;
  if (Chance(dice, 20)) history.initial = AnyValue(dice, shape);
  const std::uint64_t count = 1 + dice.Below(shape.operations);
  for (std::uint32_t i = 0; i < count; ++i) history.ops.push_back(AnyOperation(dice, shape, i));
  return history;
}

History Only(const History& history, const std::vector<std::size_t>& positions) {
  History part;
  part.initial = history.initial;
  for (const std::size_t position : positions) part.ops.push_back(history.ops[position]);
  return part;
}

// How many of the histories of this shape are linearizable; all must be judged as brute force does.
std::uint64_t CompareWithBruteForce(const Shape& shape, std::uint64_t first, std::uint64_t count) {
  std::uint64_t linearizable = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const History history = AnyHistory(seed, shape);
    const bool expected = AnyOrderFits(history);
    linearizable += expected ? 1 : 0;
    const Verdict verdict = Judge(history);
    const bool judged = verdict.judgement == Judgement::kLinearizable;
    if (judged != expected || verdict.judgement == Judgement::kUndecided) {
      FAIL("seed " << seed << " is judged " << NameOf(verdict.judgement) << ":\n"
                   << WriteHistory(history));
    }
    if (expected) continue;
    REQUIRE(verdict.conflict.has_value());
    const std::vector<std::size_t>& part = verdict.conflict->operations;
    if (AnyOrderFits(Only(history, part))) {
      FAIL("seed " << seed << " has a conflict that is none:\n"
                   << WriteHistory(history) << Describe(verdict, history));
    }
    CHECK(std::count(part.begin(), part.end(), verdict.conflict->stuck) == 1);
  }
  return linearizable;
}

}  // namespace

TEST_CASE("small histories are judged as trying every order judges them") {
  const std::uint64_t some = CompareWithBruteForce({}, 1, 40000);
  CHECK(some > 5000);
  CHECK(some < 35000);
}

TEST_CASE("small histories with many overlaps are judged as trying every order judges them") {
  CompareWithBruteForce({.operations = 7, .values = 2, .span = 6}, 100000, 20000);
  CompareWithBruteForce({.operations = 7, .values = 2, .span = 30, .unknown_percent = 40}, 200000,
                        20000);
}

TEST_CASE("small histories with appends are judged as trying every order judges them") {
  CompareWithBruteForce({.values = 2, .appends = true}, 300000, 20000);
  CompareWithBruteForce(
      {.operations = 7, .values = 2, .span = 8, .appends = true, .deletes = false}, 400000, 20000);
}

TEST_CASE("what real registers answer is linearizable, and shrinking never errs where it is not") {
  std::uint64_t broken = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    HotRegister shape;
    shape.seed = seed;
    shape.clients = 4;
    shape.operations = 40;
    shape.values = seed % 3;
    shape.unknown_percent = 10;
    shape.results_of_failed_cas = seed % 2 == 0;
    shape.appends = seed % 5 == 0;
    History history = SimulateRegisters(shape);
    CHECK(Judge(history).judgement == Judgement::kLinearizable);
    Dice dice(seed);
    Operation& op = history.ops[dice.Below(history.ops.size())];
    if (op.kind != OperationKind::kGet || !op.result_known) continue;
    op.result = Bytes("1");
    const Verdict verdict = Judge(history);
    if (verdict.judgement != Judgement::kNotLinearizable) continue;
    ++broken;
    const std::vector<std::size_t>& part = verdict.conflict->operations;
    if (part.size() <= 8) CHECK_FALSE(AnyOrderFits(Only(history, part)));
    CHECK(Judge(Only(history, part)).judgement == Judgement::kNotLinearizable);
  }
  CHECK(broken > 20);
}

TEST_CASE("a conflict is shown with its few operations and the reason") {
  const Result<History> read = ReadHistory(
      HistoryFormat::kDrydock,
      R"({"client":0,"op":"put","key":"k","value":"old","call":1,"return":2,"outcome":"ok"}
{"client":1,"op":"get","key":"k","result":"old","call":3,"return":4,"outcome":"ok"}
{"client":0,"op":"put","key":"k","value":"new","call":5,"return":6,"outcome":"ok"}
{"client":1,"op":"get","key":"other","result":null,"call":5,"return":8,"outcome":"ok"}
{"client":2,"op":"get","key":"k","result":"old","call":7,"return":9,"outcome":"ok"}
{"client":1,"op":"get","key":"k","result":"new","call":10,"return":11,"outcome":"ok"}
)");
  REQUIRE(read.ok());
  const Verdict verdict = Judge(read.value());
  CHECK(Describe(verdict, read.value()) ==
        R"(not linearizable: 6 operations on 2 keys
No order fits these 3 operations on key "k":
    who       called  returned  operation  answer
    client 0  1       2         put "old"  ok
    client 0  5       6         put "new"  ok
  > client 2  7       9         get        "old"
The get of client 2 came back at 9 with "old": it says that it held "old", but every order of what came before leaves the key at "new", and nothing that was pending then makes it so.
)");
}

TEST_CASE("a bound that is hit gives undecided and no guess") {
  HotRegister shape;
  shape.operations = 400;
  const History history = SimulateRegisters(shape);
  const Verdict verdict = Judge(history, {.steps_per_key = 100});
  CHECK(verdict.judgement == Judgement::kUndecided);
  CHECK(Describe(verdict, history).find("the bound was hit after") != std::string::npos);
  CHECK(Judge(history, {.words_at_once = 2}).judgement == Judgement::kUndecided);
}

TEST_CASE("an empty history is linearizable") {
  CHECK(Judge({}).judgement == Judgement::kLinearizable);
}

}  // namespace drydock::sim
