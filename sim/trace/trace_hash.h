// The hash of a run, from the typed events: no text is made for it, and it is the same on every
// machine, compiler and build type.
#pragma once

#include "core/base/hasher.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

class TraceHash {
 public:
  void Add(const EventMeta& meta, const TraceEvent& event);
  void Add(const EventMeta& meta, const SimEvent& event);
  std::uint64_t value() const { return hasher_.Finish(); }

 private:
  Hasher hasher_;
};

}  // namespace drydock::sim
