// The links between nodes: what happens to each message that is sent.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/base/strong.h"
#include "sim/decisions.h"
#include "sim/network/latency.h"
#include "sim/scenario/network_change.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

// What becomes of one message.
struct Fate {
  std::optional<DropReason> dropped;
  std::int64_t arrival = 0;                    // virtual time
  std::optional<std::int64_t> second_arrival;  // of a duplicate
};

// A link is FIFO, each with its own stream of decisions ("n0>n1"), unless a message is reordered.
class Network {
 public:
  // `taken`: as for a Stream.
  Network(std::uint32_t nodes, std::uint64_t run_seed, const Pins& pins, Pins* taken = nullptr);

  // What the settings leave open stays as it is.
  void Apply(const NetworkSettings& settings, const std::vector<ResolvedLinks>& links);
  // The settings in force, to go back to.
  struct Snapshot;
  Snapshot Save() const;
  void Restore(const Snapshot& snapshot);

  NetworkChangeId AddCut(const Cut& cut);
  void RemoveCut(NetworkChangeId id);
  NetworkChangeId AddFilter(const ActiveFilter& filter);
  void RemoveFilter(NetworkChangeId id);
  void HealAll();  // cuts and filters

  bool IsCut(NodeId from, NodeId to) const { return LinkOf(from, to).cuts > 0; }
  Fate Send(std::int64_t now, NodeId from, NodeId to, MessageType type);
  // A message on its way to a process that has restarted since: lost, or by chance delivered.
  bool DeliversStale(NodeId from, NodeId to);
  std::uint64_t DrawTie(NodeId from, NodeId to);

 private:
  struct Quality {
    LatencySampler latency;
    Probability loss = 0, duplicate = 0, reorder = 0;
  };
  struct Link {
    Stream stream;
    Quality quality;
    std::uint32_t cuts = 0;
    std::int64_t last_arrival = 0;
  };

 public:
  struct Snapshot {
    std::vector<Quality> qualities;
    Probability stale = 0;
  };

 private:
  Link& LinkOf(NodeId from, NodeId to) {
    return links_[std::size_t{from.value()} * nodes_ + to.value()];
  }
  const Link& LinkOf(NodeId from, NodeId to) const {
    return links_[std::size_t{from.value()} * nodes_ + to.value()];
  }
  template <class Visit>
  void ForEachLink(NodeMask from, NodeMask to, Visit visit);
  void CountCut(const Cut& cut, std::uint32_t change);
  bool IsFiltered(Stream& stream, NodeId from, NodeId to, MessageType type, std::int64_t& delay);
  std::int64_t DrawArrival(Link& link, std::int64_t now, NodeId from, NodeId to);

  std::uint32_t nodes_;
  std::vector<Link> links_;
  std::map<NetworkChangeId, Cut> cuts_;
  std::map<NetworkChangeId, ActiveFilter> filters_;
  NetworkChangeId next_id_ = 1;
  Probability stale_ = 0;
};

}  // namespace drydock::sim
