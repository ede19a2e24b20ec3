// How the enums of the simulator's events are spelled, in the order of each.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "sim/trace/sim_event.h"

namespace drydock::sim {

inline constexpr std::array<std::string_view, 5> kDropReasonNames = {"loss", "partition", "filter",
                                                                     "node_down", "restarted"};
static_assert(static_cast<std::size_t>(DropReason::kRestarted) + 1 == kDropReasonNames.size());

inline std::string_view NameOf(DropReason reason) {
  return kDropReasonNames[static_cast<std::size_t>(reason)];
}

inline constexpr std::array<std::string_view, 20> kDeedNames = {
    "note",      "crash",   "restart",  "suspend",  "resume",  "pause",  "unpause",
    "partition", "cut",     "mend",     "heal",     "network", "filter", "clock",
    "disk",      "corrupt", "snapshot", "transfer", "members", "wipe"};
static_assert(static_cast<std::size_t>(Deed::kWipe) + 1 == kDeedNames.size());

inline std::string_view NameOf(Deed deed) {
  return kDeedNames[static_cast<std::size_t>(deed)];
}

}  // namespace drydock::sim
