#include "tools/rehearse/scenario_needs.h"

#include <algorithm>

namespace drydock::tools {
namespace {

bool IsSet(const std::optional<sim::Probability>& chance) {
  return chance.value_or(0) > 0;
}

bool IsFaulty(const sim::NetworkSettings& network) {
  const auto link_is = [](const sim::LinkSettings& link) {
    return IsSet(link.loss) || IsSet(link.duplicate) || IsSet(link.reorder);
  };
  return IsSet(network.loss) || IsSet(network.duplicate) || IsSet(network.reorder) ||
         IsSet(network.stale) || std::any_of(network.links.begin(), network.links.end(), link_is);
}

bool SetsLatency(const sim::NetworkSettings& network) {
  const auto link_does = [](const sim::LinkSettings& link) { return link.latency.has_value(); };
  return network.latency.has_value() || network.client_latency.has_value() ||
         std::any_of(network.links.begin(), network.links.end(), link_does);
}

bool PinsElections(const sim::Scenario& scenario) {
  return std::any_of(scenario.pins.begin(), scenario.pins.end(), [](const auto& stream) {
    return std::any_of(stream.second.begin(), stream.second.end(), [](const auto& pin) {
      return pin.first.first == sim::Decision::kElectionTimeout;
    });
  });
}

// Goes through the events; each kind that a real cluster takes differently has a say.
class Inspector {
 public:
  explicit Inspector(ScenarioNeeds& needs) : needs_(needs) {}

  void Look(const sim::Event& event, std::size_t place) {
    where_ = "events/" + std::to_string(place);
    std::visit([this](const auto& action) { Take(action); }, event.action);
  }
  bool kills() const { return kills_; }

 private:
  void Refuse(const std::string& why) { needs_.impossible.push_back(where_ + ": " + why); }

  void Take(const sim::Crash& crash) {
    kills_ = true;
    if (crash.lose == sim::Crash::Lose::kEverything) {
      Refuse("a process that is killed loses nothing that it wrote, so it cannot lose everything");
    }
  }
  void Take(const sim::Partition&) { needs_.cuts = true; }
  void Take(const sim::SetNetwork&) {
    Refuse("the network between real processes is as it is: it can be cut, not changed");
  }
  void Take(const sim::Filter& filter) {
    needs_.cuts = true;
    const bool all = filter.types.empty() && !filter.delay.has_value() &&
                     !filter.count.has_value() && filter.drop == sim::kCertain;
    if (!all) {
      Refuse(
          "single messages cannot be picked out of a real connection; only a filter that "
          "drops all messages of a link can be played");
    }
  }
  void Take(const sim::SetClock&) { Refuse("the clock of a real machine is not set"); }
  void Take(const sim::DiskFault& fault) {
    needs_.disks |= fault.capacity.has_value();
    const bool more = IsSet(fault.sync_fails) || IsSet(fault.sync_lies) ||
                      IsSet(fault.read_flips) || IsSet(fault.torn) || IsSet(fault.name_vanishes) ||
                      fault.stall.has_value();
    if (more) Refuse("of the faults of a disk, only a capacity can be had on a real one");
  }
  void Take(const sim::Corrupt&) { Refuse("files of a real node are not corrupted"); }
  void Take(const sim::ChangeMembers&) {
    Refuse("the members of a cluster of real processes are those of its file");
  }
  void Take(const sim::Wipe&) { Refuse("the data directory of a real node is not wiped"); }
  void Take(const sim::RefoundNode&) {
    Refuse("a cluster that has lost its quorum is founded anew by hand: raftd --refound-into");
  }
  template <class Action>
  void Take(const Action&) {}

  ScenarioNeeds& needs_;
  std::string where_;
  bool kills_ = false;
};

}  // namespace

ScenarioNeeds NeedsOf(const sim::Scenario& scenario) {
  ScenarioNeeds needs;
  needs.disks = scenario.disk.capacity.has_value();
  if (IsFaulty(scenario.network)) {
    needs.impossible.push_back(
        "network: messages on a real connection are not lost, repeated or reordered");
  }
  Inspector inspector(needs);
  for (std::size_t i = 0; i < scenario.events.size(); ++i) inspector.Look(scenario.events[i], i);
  for (std::size_t i = 0; i < scenario.expect.size(); ++i) {
    using That = sim::Expectation::That;
    const That that = scenario.expect[i].that;
    const char* why = nullptr;
    if (that == That::kLawfulLoss) why = ": only the simulator knows what a disk has lost";
    if (that == That::kMembers) why = ": who the members are is not asked of real nodes";
    if (that == That::kUncommitted) why = ": what is uncommitted is not asked of real nodes";
    if (that == That::kCallsAnswered)
      why = ": the calls that a real node holds are not asked of it";
    if (why != nullptr) needs.impossible.push_back("expect/" + std::to_string(i) + why);
  }
  if (!scenario.node_config.empty()) {
    needs.impossible.emplace_back("node_config: all nodes of a real cluster share one file");
  }
  if (scenario.founders.has_value()) {
    needs.impossible.emplace_back("founders: all nodes of a real cluster found it");
  }
  if (SetsLatency(scenario.network)) {
    needs.remarks.emplace_back("latencies are those of this machine, not the scenario's");
  }
  if (scenario.disk.fsync.has_value()) {
    needs.remarks.emplace_back("syncs take as long as they do here");
  }
  if (PinsElections(scenario)) {
    needs.impossible.emplace_back(
        "pins: real nodes draw their election timeouts themselves, so who leads cannot be pinned");
  } else if (!scenario.pins.empty()) {
    needs.remarks.emplace_back("of the pins, only those of targets and clients count");
  }
  if (inspector.kills()) {
    needs.remarks.emplace_back("a crash is kill -9: what the process wrote is not lost");
  }
  return needs;
}

}  // namespace drydock::tools
