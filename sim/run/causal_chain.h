// Why an event happened: what caused it, what caused that, and so on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// The sentences from the root cause to `event`, oldest first, each with its virtual time in front.
// Of a chain longer than `limit` the root and the newest remain, and a line in between tells how
// many are left out. Empty if the run has no such event.
//
// Nothing needs to be kept of the run itself: it is run twice more, once for the causes (8 bytes an
// event) and once for the sentences.
std::vector<std::string> CausalChain(const Scenario& scenario, std::uint64_t seed, EventId event,
                                     std::size_t limit);

}  // namespace drydock::sim
