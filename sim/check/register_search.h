// The search for an order of the operations on one key.
//
// Just-in-time linearization (Lowe 2017), breadth first: it goes through calls and returns in order
// and keeps every configuration that could be true so far: what the register holds and which of the
// pending operations took effect. An operation must take effect only when it returns, and others
// before it only when that helps. What keeps the set small:
// - Answers that fit what the register holds are ticked off at once: that costs nothing.
// - A put that nobody sees is no choice. When a put takes effect, every other put that is pending
//   could have come right before it, unseen; so those are "covered": they may return without more
//   ado, and until then may still be used visibly. Puts of unknown outcome are covered from the
//   start.
// - A put takes effect visibly before another one returns only if something sees it.
// - Pending operations with the same effect are interchangeable: the one that returns first goes
//   first.
// - A configuration with the same content, more done and more left to use replaces a poorer one.
// - Contents that no later answer can tell apart are one (kForgotten).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/linearizability.h"
#include "sim/check/register_model.h"

namespace drydock::sim {

struct SearchResult {
  Judgement judgement = Judgement::kLinearizable;
  std::uint64_t steps = 0;  // configurations made
  // Of kNotLinearizable: the step at whose return no configuration was left,
  std::uint32_t stuck = 0;
  // and what the register could hold just before that return, in increasing order.
  std::vector<ValueId> possible;
};

struct SearchLimits {
  std::uint64_t steps = 0;
  std::uint64_t words = 0;
  bool keep_contents = false;  // never forget a content: slower, but `possible` has real ones
};

// Searches; may add contents to problem.values.
SearchResult Search(KeyProblem& problem, const SearchLimits& limits);

}  // namespace drydock::sim
