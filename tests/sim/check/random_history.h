// Histories made from a seed, for the tests of the judge.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/history.h"
#include "sim/fuzz/dice.h"

namespace drydock::sim {

inline bool Chance(Dice& dice, std::uint64_t percent) {
  return dice.Below(100) < percent;
}

struct HotRegister {
  std::uint64_t seed = 1;
  std::uint32_t clients = 20;
  std::uint32_t operations = 10000;
  std::uint32_t keys = 1;
  std::uint64_t values = 5;           // distinct ones; 0: each put writes another
  std::uint64_t unknown_percent = 1;  // of writes: answer lost, and half of them never happened
  bool results_of_failed_cas = false;
  bool appends = false;  // instead of compare-and-set
};

namespace internal {

using Content = std::optional<Bytes>;

// Applies `op` to `content` and gives the outcome that it deserves.
inline void TakeEffect(Operation& op, Content& content, bool tell_found) {
  op.outcome = OperationOutcome::kOk;
  switch (op.kind) {
    case OperationKind::kPut:
      content = op.value;
      return;
    case OperationKind::kDelete:
      content = std::nullopt;
      return;
    case OperationKind::kGet:
      op.result_known = true;
      op.result = content;
      return;
    case OperationKind::kAppend:
      content = Bytes(std::string(content.has_value() ? content->view() : "") +
                      std::string(op.value.view()));
      return;
    case OperationKind::kCompareAndSet:
      break;
  }
  if (content == op.expected) {
    content = op.value;
    return;
  }
  op.outcome = OperationOutcome::kCompareFailed;
  op.result_known = tell_found;
  if (tell_found) op.result = content;
}

class Registers {
 public:
  explicit Registers(const HotRegister& shape) : shape_(shape), dice_(shape.seed) {}

  History Run() {
    std::vector<std::optional<std::size_t>> pending(shape_.clients);
    std::vector<bool> effective(shape_.operations, false);
    std::int64_t time = 0;
    while (history_.ops.size() < shape_.operations) {
      const auto client = static_cast<std::uint32_t>(dice_.Below(shape_.clients));
      std::optional<std::size_t>& mine = pending[client];
      ++time;
      if (!mine.has_value()) {
        mine = history_.ops.size();
        history_.ops.push_back(NewOperation(client, time));
      } else if (!effective[*mine]) {
        effective[*mine] = true;
        Apply(history_.ops[*mine]);
      } else {
        Return(history_.ops[*mine], time);
        mine.reset();
      }
    }
    DropUnapplied(pending, effective);
    return std::move(history_);
  }

 private:
  Bytes NewValue() {
    const std::uint64_t number = shape_.values == 0 ? ++unique_ : dice_.Below(shape_.values);
    return Bytes(std::to_string(number) + (shape_.appends ? "," : ""));
  }

  Operation NewOperation(std::uint32_t client, std::int64_t time) {
    Operation op;
    op.client = client;
    op.key = Bytes("k" + std::to_string(dice_.Below(shape_.keys)));
    op.invoke = time;
    const std::uint64_t which = dice_.Below(10);
    if (which < 4) return op;
    op.kind = which < 7 ? OperationKind::kPut : OperationKind::kCompareAndSet;
    if (op.kind == OperationKind::kCompareAndSet && shape_.appends)
      op.kind = OperationKind::kAppend;
    op.value = NewValue();
    // Half of the comparisons guess what the register holds now.
    const Content& now = contents_[std::string(op.key.view())];
    if (op.kind == OperationKind::kCompareAndSet) {
      op.expected = Chance(dice_, 50) ? now : Content(shape_.values == 0 ? Bytes("0") : NewValue());
    }
    return op;
  }

  void Apply(Operation& op) {
    if (op.kind != OperationKind::kGet && Chance(dice_, shape_.unknown_percent)) {
      Operation lost = op;
      if (Chance(dice_, 50)) TakeEffect(lost, contents_[std::string(op.key.view())], false);
      return;  // the answer never comes
    }
    TakeEffect(op, contents_[std::string(op.key.view())], shape_.results_of_failed_cas);
  }

  void Return(Operation& op, std::int64_t time) {
    if (op.outcome != OperationOutcome::kUnknown) op.response = time;
  }

  // What is still on its way at the end is unknown to its client.
  void DropUnapplied(const std::vector<std::optional<std::size_t>>& pending,
                     const std::vector<bool>& effective) {
    for (const std::optional<std::size_t>& mine : pending) {
      if (!mine.has_value()) continue;
      Operation& op = history_.ops[*mine];
      if (effective[*mine] && op.kind == OperationKind::kGet) continue;
      op.outcome = OperationOutcome::kUnknown;
      op.result_known = false;
    }
  }

  const HotRegister& shape_;
  Dice dice_;
  std::uint64_t unique_ = 0;
  std::map<std::string, Content> contents_;
  History history_;
};

inline bool Precedes(const Operation& a, const Operation& b) {
  return a.outcome != OperationOutcome::kUnknown && a.response < b.invoke;
}

// Whether `op` may be answered as it was where the key holds `content`, which it then changes.
inline bool Fits(const Operation& op, Content& content) {
  Operation real = op;
  const Content before = content;
  TakeEffect(real, content, true);
  if (op.outcome == OperationOutcome::kUnknown) return true;
  if (op.outcome != real.outcome) return false;
  const bool sees =
      op.kind == OperationKind::kGet || op.outcome == OperationOutcome::kCompareFailed;
  return !sees || !op.result_known || op.result == before;
}

inline bool Search(const History& history, std::uint32_t used, const Content& content) {
  bool complete = true;
  for (std::size_t i = 0; i < history.ops.size(); ++i) {
    const Operation& op = history.ops[i];
    if ((used >> i & 1) != 0 || op.outcome == OperationOutcome::kFailed) continue;
    if (op.outcome != OperationOutcome::kUnknown) complete = false;
    bool first = true;
    for (std::size_t j = 0; j < history.ops.size(); ++j) {
      const Operation& other = history.ops[j];
      if ((used >> j & 1) != 0 || other.outcome == OperationOutcome::kFailed) continue;
      first = first && !Precedes(other, op);
    }
    Content after = content;
    if (first && Fits(op, after) && Search(history, used | (1u << i), after)) return true;
  }
  return complete;
}

}  // namespace internal

// What clients see of real registers, each operation of which takes effect at one moment between
// its call and its return: linearizable by construction.
inline History SimulateRegisters(const HotRegister& shape) {
  return internal::Registers(shape).Run();
}

inline bool AnyOrderFits(const History& history) {
  return internal::Search(history, 0, history.initial);
}

}  // namespace drydock::sim
