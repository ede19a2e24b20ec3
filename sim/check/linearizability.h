// The black-box judge: is there an order of the operations, each somewhere between its call and its
// return, in which every answer is right? (Herlihy and Wing 1990; Raft thesis, section 6.3.)
//
// Keys are judged one by one, which is enough: linearizability is a local property. Every get,
// put, delete, compare-and-set and append is understood; an operation of unknown outcome may take
// effect at any time after its call, or never.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "sim/check/history.h"

namespace drydock::sim {

enum class Judgement : std::uint8_t { kLinearizable, kNotLinearizable, kUndecided };

// "linearizable", "not linearizable", "undecided".
std::string_view NameOf(Judgement judgement);

// How much work may be spent before giving up. Counted, never timed, so that every machine comes to
// the same verdict.
struct Bounds {
  std::uint64_t steps_per_key = 50'000'000;  // configurations made
  std::uint64_t words_at_once = 32'000'000;  // 64-bit words of configurations held at one time
  std::uint64_t shrink_steps = 20'000'000;   // configurations made while shrinking a conflict
  std::uint64_t shrink_runs = 5'000;         // histories judged while shrinking a conflict
};

struct KeyVerdict {
  Bytes key;
  Judgement judgement = Judgement::kLinearizable;
  std::uint64_t operations = 0;
  std::uint64_t steps = 0;  // configurations made
};

// Operations on one key that cannot be put in any order, with as few others as could be found.
struct Conflict {
  Bytes key;
  std::vector<std::size_t> operations;  // positions in History::ops, in order of invoke
  std::size_t stuck = 0;                // the one of them at whose response no order was left
  std::string why;                      // one sentence
};

struct Verdict {
  Judgement judgement = Judgement::kLinearizable;
  std::vector<KeyVerdict> keys;      // in order of the key's bytes
  std::optional<Conflict> conflict;  // of the first key that is not linearizable
};

// Not linearizable if any key is not; else undecided if the bounds cut any key short.
Verdict Judge(const History& history, const Bounds& bounds = {});

// The verdict for a person: one line, and the conflict as a table with its sentence.
std::string Describe(const Verdict& verdict, const History& history);

}  // namespace drydock::sim
