// What clients asked and what they were told: the history that the judge and other checkers read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace drydock::sim {

enum class OperationKind : std::uint8_t { kPut, kGet, kDelete, kCompareAndSet, kAppend };

enum class OperationOutcome : std::uint8_t {
  kOk,             // it took effect between invoke and response
  kFailed,         // it did not happen and never will
  kCompareFailed,  // a compare-and-set that found something other than `expected`
  kUnknown,        // it took effect at some time after invoke, or never; `response` says nothing
};

// The response of an operation that never came back.
inline constexpr std::int64_t kNeverReturned = std::numeric_limits<std::int64_t>::max();

// One client operation on one key. An append to a missing key starts from the empty value.
struct Operation {
  OperationKind kind = OperationKind::kGet;
  OperationOutcome outcome = OperationOutcome::kUnknown;
  // Whether `result` tells anything: what a get returned, or what a compare-and-set that failed
  // found. A get of which nothing is known constrains nothing. Meaningless for other kinds.
  bool result_known = false;
  std::uint32_t client = 0;
  Bytes key;
  Bytes value;                    // put, compare-and-set: what to write; append: what to add
  std::optional<Bytes> expected;  // compare-and-set; nullopt: the key must be missing
  std::optional<Bytes> result;    // nullopt: the key was missing
  // Virtual nanoseconds, or positions of events in a foreign history. Equal times count as
  // overlapping: A is before B only if A.response < B.invoke.
  std::int64_t invoke = 0;
  std::int64_t response = kNeverReturned;
  // Where the answer stands in the replicated log; 0 is "not known".
  std::uint64_t term = 0;
  std::uint64_t index = 0;
  std::uint64_t number = 0;  // of the call in the trace; 0: it has none
};

struct History {
  std::vector<Operation> ops;    // in any order
  std::optional<Bytes> initial;  // what every key holds at first; nullopt: every key is missing
  // Gets that asked for no more than what their node had applied: no part of the linearizable
  // history, and not written as text. Each has its place in the log, and must say what that says.
  std::vector<Operation> stale_reads;
};

}  // namespace drydock::sim
