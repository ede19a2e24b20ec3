// Each event as one plain English sentence, in the words of Raft.
#pragma once

#include <string>

#include "sim/trace/sim_event.h"

namespace drydock::sim {

// Without a full stop at the end, on one line; long keys, values and reasons are cut short.
std::string SentenceOf(const EventMeta& meta, const TraceEvent& event);
std::string SentenceOf(const EventMeta& meta, const SimEvent& event);

}  // namespace drydock::sim
