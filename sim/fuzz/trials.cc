#include "sim/fuzz/trials.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sim/fuzz/returning_leader.h"
#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/stale_leader.h"
#include "sim/fuzz/vary.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;

constexpr Duration Ms(std::int64_t count) {
  return Duration::Milliseconds(count);
}

// All nodes are voters, and heartbeats come in time.
bool IsSteady(const Scenario& scenario) {
  const Settings& config = scenario.config;
  const Settings usual;
  const bool in_time = config.election_timeout_min == usual.election_timeout_min &&
                       config.election_timeout_max == usual.election_timeout_max &&
                       config.heartbeat_interval == usual.heartbeat_interval &&
                       !std::holds_alternative<LognormalLatency>(*scenario.network.latency);
  const bool changes =
      std::any_of(scenario.events.begin(), scenario.events.end(), [](const Event& event) {
        return std::holds_alternative<ChangeMembers>(event.action) ||
               std::holds_alternative<Wipe>(event.action);
      });
  return in_time && !changes && !scenario.founders.has_value() && config.priorities.empty() &&
         scenario.nodes >= 3;
}

class TrialDice {
 public:
  TrialDice(const Profile& profile, Dice& dice, Scenario& scenario)
      : profile_(profile), dice_(dice), scenario_(scenario), begin_(scenario.until) {}

  void Draw(Trial trial) {
    const Settings& config = scenario_.config;
    if (trial == Trial::kStaleLeader) return DrawStaleLeaders();
    if (trial == Trial::kReturningLeader) return DrawReturningLeaders();
    if (!IsSteady(scenario_)) return;
    switch (trial) {
      case Trial::kAbsence:
        if (config.pre_vote && config.check_quorum) DrawAbsence();
        return;
      case Trial::kTransfer:
        return DrawTransfer();
      case Trial::kPartialCut:
        if (config.check_quorum) DrawPartialCut();
        return;
      case Trial::kBridge:
        if (config.check_quorum) DrawBridge();
        return;
      case Trial::kStalledDisk:
        return DrawStalledDisk();
      case Trial::kCatchUp:
        return DrawCatchUp();
      case Trial::kStaleLeader:
      case Trial::kReturningLeader:
      case Trial::kCount:
        return;
    }
  }

 private:
  void Lengthen(Duration length) {
    for (Expectation& one : scenario_.expect) {
      if (!one.by.has_value() && !one.during.has_value()) one.at = begin_;
    }
    scenario_.until = begin_ + length;
  }
  void Add(Duration after, Action action) {
    scenario_.events.push_back({begin_ + after, "", std::move(action)});
  }
  void Cut(Duration after, std::vector<Targets> groups,
           std::optional<Duration> length = std::nullopt) {
    Add(after,
        Partition{
            .groups = std::move(groups), .one_way = false, .length = length, .flap = std::nullopt});
  }
  void Put(Duration after) {
    ScriptedCall put;
    put.key = "k0";
    put.value = "1";
    put.within = Ms(1000);
    Add(after, std::move(put));
  }
  Expectation& Expect(That that, const char* because) {
    scenario_.expect.push_back({.that = that});
    scenario_.expect.back().because = because;
    return scenario_.expect.back();
  }

  // A minority is away and comes back: nobody else notices (thesis, section 9.6).
  void DrawAbsence() {
    const Duration away = dice_.Time({Ms(300), Ms(2000)});
    Lengthen(away + Ms(1000));
    Cut(Ms(1), {Named(Target::Kind::kMinority), Named(Target::Kind::kMajority)}, away);
    Expect(That::kOneLeader, "who was alone and returns deposes nobody").during = {begin_,
                                                                                   scenario_.until};
  }

  // Thesis, section 3.10: done long before an election timeout. A moment's pause gives the leader a
  // name.
  void DrawTransfer() {
    Lengthen(Ms(1000));
    Add(Ms(1), Pause{Named(Target::Kind::kLeader), "old", Ms(1)});
    Add(Ms(3), TransferLeader{std::nullopt, std::nullopt, std::nullopt});
    Expectation& moved = Expect(That::kNewLeader, "leadership was handed over");
    moved.not_node = {Target{Target::Kind::kBound, NodeId(), "old"}};
    moved.by = begin_ + Ms(140);
    Expect(That::kOneLeader, "and stays there").at = scenario_.until;
  }

  // The leader no longer reaches a minority, which hears all others (thesis, section 4.2.3).
  void DrawPartialCut() {
    Lengthen(Ms(2000));
    Cut(Ms(1), {Named(Target::Kind::kMajority), Named(Target::Kind::kFollowers)});
    Expect(That::kOneLeader, "a majority hears the leader, and votes for nobody else").during = {
        begin_, scenario_.until};
  }

  // Two groups that only one node joins; one of them is a majority with it.
  void DrawBridge() {
    Lengthen(Ms(4000));
    if (dice_.OneIn(2)) {
      DrawGroups();
    } else {
      LeaveLeaderOne();
    }
    Put(Ms(3000));
    const std::pair last(scenario_.until - Ms(1000), scenario_.until);
    Expect(That::kOneLeader, "a majority hears the node that joins the groups").during = last;
    Expectation& served = Expect(That::kProgress, "and its leader serves");
    served.during = last;
    served.at_least = 1;
  }

  void DrawGroups() {
    Targets nodes;
    for (std::uint32_t i = 0; i < scenario_.nodes; ++i) {
      const auto place = static_cast<std::ptrdiff_t>(dice_.Below(nodes.size() + 1));
      nodes.insert(nodes.begin() + place, {Target::Kind::kNode, NodeId(i), ""});
    }
    const auto bridge =
        nodes.begin() + static_cast<std::ptrdiff_t>(dice_.From({1, nodes.size() - 2}));
    Cut(Ms(1), {Targets(nodes.begin(), bridge + 1), Targets(bridge, nodes.end())});
  }

  // The leader reaches one follower, without which the others are no majority: more of them would
  // be down. A moment's pause gives that follower a name.
  void LeaveLeaderOne() {
    const std::uint32_t majority = scenario_.nodes / 2 + 1;
    for (std::uint32_t up = scenario_.nodes - 1; up > majority; --up) {
      Add(Ms(1), Crash{Named(Target::Kind::kFollower), "", Crash::Lose::kUnsynced, std::nullopt});
    }
    Add(Ms(2), Pause{Named(Target::Kind::kFollower), "last", Ms(1)});
    const Target last{Target::Kind::kBound, NodeId(), "last"};
    Cut(Ms(4), {{Named(Target::Kind::kLeader).front(), last}, Named(Target::Kind::kFollowers)});
  }

  // The disk of the leader hangs to the end; a moment's pause gives the leader a name.
  void DrawStalledDisk() {
    Lengthen(Ms(2000));
    const Targets hung = {Target{Target::Kind::kBound, NodeId(), "hung"}};
    Add(Ms(1), Pause{Named(Target::Kind::kLeader), "hung", Ms(1)});
    DiskFault fault{.node = hung};
    fault.stall = Ms(100'000);
    Add(Ms(3), std::move(fault));
    Put(Ms(4));
    Expectation& moved = Expect(That::kNewLeader, "who can store nothing does not lead");
    moved.not_node = hung;
    moved.at = scenario_.until;
  }

  // A member was away. Pieces of a snapshot come to it slowly, others are taken long before it has
  // one, the log is cut close behind them, and clients go on: it gets one snapshot, and then each
  // entry as it comes (paper, section 7).
  void DrawCatchUp() {
    const Duration away = dice_.Time({Ms(300), Ms(1500)});
    const auto of_logs = [](const Expectation& one) { return one.that == That::kLogsEqual; };
    std::erase_if(scenario_.expect, of_logs);  // they are never equal while clients go on
    Lengthen(away + Ms(3000));
    BusyLoad();
    Add(Ms(1), Crash{Named(Target::Kind::kFollower), "late", Crash::Lose::kUnsynced, away});
    const Targets late = {Target{Target::Kind::kBound, NodeId(), "late"}};
    Add(away, Filter{.types = {MessageType::kSnapshotChunk},
                     .from = {},
                     .to = late,
                     .drop = kCertain,
                     .delay = dice_.Time({Ms(40), Ms(80)}),
                     .count = std::nullopt,
                     .length = std::nullopt});
    Expect(That::kLogsEqual, "who was away follows while the load lasts").among = {
        Target{Target::Kind::kAll, NodeId(), ""}};
  }

  // Snapshots of some ten pieces, and many of them.
  void BusyLoad() {
    SetForAll(scenario_, [every = dice_.From({50, 100})](Settings& config) {
      config.snapshot_every = every;
      config.snapshot_margin_bytes = 0;
      config.snapshot_chunk_bytes = 500;
    });
    Workload& load = scenario_.workload;
    load.clients = std::max(load.clients, 3u);
    load.stop = scenario_.until - Ms(300);
    load.rate = 0;
    load.max_in_flight = Workload().max_in_flight;
    load.think_time = ConstantLatency{dice_.Time({Ms(1), Ms(5)})};
    load.keys = dice_.From({30, 50});
    load.value_bytes_min = 50;
    load.value_bytes_max = 100;
  }

  // Nothing is promised of who leads, so any settings will do.
  void DrawStaleLeaders() {
    if (scenario_.nodes < 3) return;
    Duration at = begin_ + Ms(1);
    for (int i = 0; i < 3; ++i) {
      at = AddStaleLeader(profile_, dice_, scenario_, at) + Ms(700);
    }
    Lengthen(at - begin_);
  }

  // The same.
  void DrawReturningLeaders() {
    if (scenario_.nodes < 3) return;
    Duration at = begin_ + Ms(1);
    for (int i = 0; i < 2; ++i) at = AddReturningLeader(dice_, scenario_, at) + Ms(700);
    Lengthen(at - begin_);
  }

  const Profile& profile_;
  Dice& dice_;
  Scenario& scenario_;
  Duration begin_;
};

}  // namespace

void AddTrial(Trial trial, const Profile& profile, Dice& dice, Scenario& scenario) {
  TrialDice(profile, dice, scenario).Draw(trial);
}

}  // namespace drydock::sim
