#include "sim/fuzz/standing_faults.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/fuzz/scenario_times.h"

namespace drydock::sim {
namespace {

using Kind = Target::Kind;

// Nodes to which something was done that nothing has ended yet.
struct Struck {
  Targets nodes;
  std::string as;
};
using List = std::vector<Struck>;

std::uint64_t SizeOf(const Target& target, std::uint64_t nodes) {
  switch (target.kind) {
    case Kind::kNode:
    case Kind::kBound:
    case Kind::kLeader:
    case Kind::kFollower:
      return 1;
    case Kind::kFollowers:
      return nodes - 1;
    case Kind::kMinority:
      return (nodes - 1) / 2;
    case Kind::kMajority:
      return nodes - (nodes - 1) / 2;
    case Kind::kAll:
    case Kind::kAlive:
    case Kind::kMembers:
      break;
  }
  return nodes;
}

std::uint64_t SizeOf(const List& list, std::uint64_t nodes) {
  std::uint64_t size = 0;
  for (const Struck& struck : list) {
    for (const Target& target : struck.nodes) size += SizeOf(target, nodes);
  }
  return std::min(size, nodes);
}

bool HoldsAll(const Targets& targets) {
  return std::any_of(targets.begin(), targets.end(), [](const Target& target) {
    return target.kind == Kind::kAll || target.kind == Kind::kAlive;
  });
}

bool Names(const Targets& targets, const std::string& bound) {
  return !bound.empty() && std::any_of(targets.begin(), targets.end(), [&](const Target& target) {
    return target.kind == Kind::kBound && target.name == bound;
  });
}

void End(List& list, const Targets& of) {
  std::erase_if(list, [&of](Struck& struck) {
    if (HoldsAll(of) || Names(of, struck.as)) return true;
    std::erase_if(struck.nodes, [&of](const Target& target) {
      return std::find(of.begin(), of.end(), target) != of.end();
    });
    return struck.nodes.empty();
  });
}

bool IsSound(const DiskFault& fault) {
  const auto none = [](const std::optional<Probability>& chance) {
    return chance.value_or(0) == 0;
  };
  return none(fault.sync_fails) && none(fault.sync_lies) && none(fault.read_flips) &&
         fault.stall.value_or(Duration()) == Duration() && !fault.capacity.has_value();
}

// Plays the faults of a scenario up to a moment, without a cluster.
class Player {
 public:
  Player(const Scenario& scenario, Duration moment) : scenario_(scenario), moment_(moment) {
    for (std::uint32_t i = scenario.founders.value_or(scenario.nodes); i < scenario.nodes; ++i) {
      outside_.push_back({{Target{Kind::kNode, NodeId(i), ""}}, ""});
    }
    Apply(scenario.network);
  }

  StandingFaults Play() {
    for (const Event& event : scenario_.events) {
      if (event.at > moment_) break;
      now_ = event.at;
      EndNetworks(now_);
      std::visit(*this, event.action);
    }
    EndNetworks(moment_ + Duration::Nanoseconds(1));
    const std::uint64_t nodes = scenario_.nodes;
    found_.down = SizeOf(down_, nodes);
    found_.suspended = SizeOf(suspended_, nodes);
    found_.paused = SizeOf(paused_, nodes);
    found_.outside = SizeOf(outside_, nodes);
    found_.clocks = SizeOf(clocks_, nodes);
    found_.disks = SizeOf(disks_, nodes);
    return found_;
  }

  void operator()(const Crash& crash) {
    if (Lasts(crash.length)) down_.push_back({crash.node, crash.as});
    if (crash.lose == Crash::Lose::kEverything) outside_.push_back({crash.node, crash.as});
  }
  void operator()(const Restart& restart) { End(down_, restart.node); }
  void operator()(const SuspendNode& suspend) {
    if (Lasts(suspend.length)) suspended_.push_back({suspend.node, suspend.as});
  }
  void operator()(const ResumeNode& resume) { End(suspended_, resume.node); }
  void operator()(const Pause& pause) {
    if (Lasts(pause.length)) paused_.push_back({pause.node, pause.as});
  }
  void operator()(const Unpause& unpause) { End(paused_, unpause.node); }
  void operator()(const Partition& partition) {
    if (Lasts(partition.length)) ++found_.cuts;
  }
  void operator()(const Heal&) { found_.cuts = found_.filters = 0; }
  void operator()(const SetNetwork& set) {
    if (set.length) networks_.emplace(now_ + *set.length, found_.network);
    Apply(set.network);
  }
  void operator()(const Filter& filter) {
    if (Lasts(filter.length)) ++found_.filters;
  }
  void operator()(const SetClock& clock) {
    End(clocks_, clock.node);
    if (Lasts(clock.length) && clock.rate_ppm.value_or(kTrue) != kTrue) {
      clocks_.push_back({clock.node, ""});
    }
  }
  void operator()(const DiskFault& fault) {
    End(disks_, fault.node);
    if (Lasts(fault.length) && !IsSound(fault)) disks_.push_back({fault.node, ""});
  }
  void operator()(const Corrupt& corrupt) { disks_.push_back({corrupt.node, ""}); }
  void operator()(const ChangeMembers& change) {
    End(outside_, change.add);
    if (!change.remove.empty()) outside_.push_back({change.remove, ""});
  }
  // An empty disk has no damage.
  void operator()(const Wipe& wipe) {
    End(disks_, wipe.node);
    outside_.push_back({wipe.node, ""});
  }
  void operator()(const RefoundNode&) {}
  void operator()(const ScriptedCall&) {}
  void operator()(const TransferLeader&) {}
  void operator()(const SnapshotNode&) {}
  void operator()(const Note&) {}

 private:
  static constexpr std::int64_t kTrue = 1'000'000;

  bool Lasts(const std::optional<Duration>& length) const {
    return !length.has_value() || now_ + *length > moment_;
  }

  void Apply(const NetworkSettings& settings) {
    StandingNetwork& network = found_.network;
    network.loss = settings.loss.value_or(network.loss);
    network.duplicate = settings.duplicate.value_or(network.duplicate);
    network.reorder = settings.reorder.value_or(network.reorder);
    network.stale = settings.stale.value_or(network.stale);
    network.latencies += settings.latency.has_value() + settings.client_latency.has_value();
    // A setting of all links hides those of single ones.
    if (settings.loss && settings.duplicate && settings.reorder) network.links = 0;
    network.links += settings.links.size();
  }

  // A network that ends before the moment leaves what there was when it began, whatever came since.
  void EndNetworks(Duration before) {
    while (!networks_.empty() && networks_.begin()->first < before) {
      found_.network = networks_.begin()->second;
      networks_.erase(networks_.begin());
    }
  }

  const Scenario& scenario_;
  Duration moment_;
  Duration now_;
  StandingFaults found_;
  std::multimap<Duration, StandingNetwork> networks_;  // that come back, by when
  List down_, suspended_, paused_, outside_, clocks_, disks_;
};

}  // namespace

bool StandingNetwork::NoWorseThan(const StandingNetwork& other) const {
  return loss <= other.loss && duplicate <= other.duplicate && reorder <= other.reorder &&
         stale <= other.stale && latencies <= other.latencies && links <= other.links;
}

bool StandingFaults::NoWorseThan(const StandingFaults& other) const {
  return down <= other.down && suspended <= other.suspended && paused <= other.paused &&
         outside <= other.outside && cuts <= other.cuts && filters <= other.filters &&
         network.NoWorseThan(other.network) && clocks <= other.clocks && disks <= other.disks;
}

StandingFaults FaultsAt(const Scenario& scenario, Duration moment) {
  return Player(scenario, moment).Play();
}

bool IsFault(const Action& action) {
  return !std::holds_alternative<ScriptedCall>(action) && !std::holds_alternative<Note>(action) &&
         !std::holds_alternative<SnapshotNode>(action);
}

}  // namespace drydock::sim
