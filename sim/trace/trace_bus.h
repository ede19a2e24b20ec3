// Numbers the events of a run, hashes them, and passes them on.
#pragma once

#include <vector>

#include "sim/trace/sim_event.h"
#include "sim/trace/trace_hash.h"

namespace drydock::sim {

class TraceBus {
 public:
  // Observers are told in the order in which they were added; they must outlive the bus.
  void AddObserver(Observer* observer) { observers_.push_back(observer); }

  template <class Event>  // TraceEvent or SimEvent
  EventId Emit(std::int64_t time, std::optional<NodeId> node, EventId cause, const Event& event) {
    const EventMeta meta{.id = ++last_, .cause = cause, .time = time, .node = node};
    hash_.Add(meta, event);
    for (Observer* observer : observers_) Tell(*observer, meta, event);
    return meta.id;
  }

  EventId last() const { return last_; }
  std::uint64_t hash() const { return hash_.value(); }

 private:
  static void Tell(Observer& observer, const EventMeta& meta, const TraceEvent& event) {
    observer.OnNodeEvent(meta, event);
  }
  static void Tell(Observer& observer, const EventMeta& meta, const SimEvent& event) {
    observer.OnSimEvent(meta, event);
  }

  EventId last_ = 0;
  TraceHash hash_;
  std::vector<Observer*> observers_;
};

}  // namespace drydock::sim
