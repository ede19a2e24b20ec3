#include <doctest/doctest.h>

#include <cstdint>

#include "sim/check/linearizability.h"
#include "tests/sim/check/random_history.h"

namespace drydock::sim {
namespace {

// Makes the last get that was told something repeat what its key held long before, if that was
// never written again.
void MakeStale(History& history) {
  const std::size_t last = history.ops.size() * 9 / 10;
  for (std::size_t i = last; i < history.ops.size(); ++i) {
    Operation& op = history.ops[i];
    if (op.kind != OperationKind::kGet || !op.result_known) continue;
    op.result = Bytes("never written");
    return;
  }
}

// Two gets in a row, one of a new content and then one of the old: the classic stale read.
void MakeStaleRead(History& history) {
  const std::size_t from = history.ops.size() * 9 / 10;
  for (std::size_t i = from; i < history.ops.size(); ++i) {
    Operation& late = history.ops[i];
    if (late.kind != OperationKind::kGet || !late.result_known) continue;
    for (std::size_t j = i; j-- > 0;) {
      const Operation& early = history.ops[j];
      const bool seen = early.kind == OperationKind::kGet && early.result_known;
      if (!seen || early.response + 100 >= late.invoke || early.result == late.result) continue;
      late.result = early.result;
      return;
    }
  }
}

void JudgeBoth(const HotRegister& shape, bool distinct) {
  History history = SimulateRegisters(shape);
  CHECK(Judge(history).judgement == Judgement::kLinearizable);
  if (distinct) {
    MakeStaleRead(history);
  } else {
    MakeStale(history);
  }
  const Verdict verdict = Judge(history);
  CHECK(verdict.judgement == Judgement::kNotLinearizable);
  REQUIRE(verdict.conflict.has_value());
  MESSAGE("the conflict has " << verdict.conflict->operations.size() << " operations after "
                              << verdict.keys[0].steps << " steps");
}

}  // namespace

TEST_CASE("a hot register with 20 clients and few values is judged") {
  JudgeBoth({.seed = 11, .values = 5, .unknown_percent = 0}, false);
}

TEST_CASE("a hot register with 20 clients, few values and lost answers is judged") {
  JudgeBoth({.seed = 12, .values = 5, .unknown_percent = 1}, false);
}

TEST_CASE("a hot register with 20 clients and unique values is judged") {
  JudgeBoth({.seed = 13, .values = 0, .unknown_percent = 0}, true);
}

TEST_CASE("a hot register with 20 clients, unique values and many lost answers is judged") {
  JudgeBoth({.seed = 14, .values = 0, .unknown_percent = 10}, true);
}

TEST_CASE("10,000 operations on ten keys are judged") {
  JudgeBoth({.seed = 15, .keys = 10, .values = 50, .unknown_percent = 2}, false);
}

TEST_CASE("a hot register with appends is judged") {
  JudgeBoth({.seed = 16, .clients = 5, .operations = 2000, .values = 0, .appends = true}, true);
}

}  // namespace drydock::sim
