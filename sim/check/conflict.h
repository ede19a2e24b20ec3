// From "there is no order" to the few operations that show it.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/check/linearizability.h"

namespace drydock::sim {

// Shrinks the operations at `positions` (one key, judged not linearizable when `stuck` returned).
// Every set on the way has no order either, and each step keeps this: what has no order without an
// operation has none with it. An answer that only sees may always go. A write may go if no other
// operation that is left could have seen it: none wants its content, or all that do come wholly
// after a later write (of which the latest source of what they saw is kept for the reader's sake).
Conflict ShrinkConflict(const History& history, std::vector<std::size_t> positions,
                        std::size_t stuck, const Bounds& bounds);

}  // namespace drydock::sim
