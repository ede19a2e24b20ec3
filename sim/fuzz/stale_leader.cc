#include "sim/fuzz/stale_leader.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/vary.h"

namespace drydock::sim {
namespace {

constexpr Duration Ms(std::int64_t count) {
  return Duration::Milliseconds(count);
}

class StaleLeader {
 public:
  StaleLeader(const Profile& profile, Dice& dice, Scenario& scenario, Duration at)
      : profile_(profile), dice_(dice), scenario_(scenario) {
    begin_ = at + Ms(300);
    cut_ = begin_ + dice.Time({Ms(5), Ms(300)});
    end_ = cut_ + scenario.config.election_timeout_max + dice.Time({Ms(150), Ms(500)});
    if (dice.OneIn(2)) LetAnotherLead(at);
    Name(at + Ms(298));
  }

  Duration Draw() {
    const std::uint64_t more = dice_.Below(3);
    if (more == 0) DelayAnswers();
    if (more == 1 && scenario_.config.leases) SetClocksApart();
    Add(cut_, Partition{.groups = {old_, Named(Target::Kind::kFollowers)},
                        .one_way = false,
                        .length = end_ - cut_,
                        .flap = std::nullopt});
    if (more == 0 && dice_.OneIn(2)) Add(cut_, Pause{old_, "", dice_.Time({Ms(50), end_ - cut_})});
    Probe(cut_ + Ms(50), end_);
    return end_;
  }

 private:
  void Add(Duration at, Action action) { scenario_.events.push_back({at, "", std::move(action)}); }

  // Whoever it is, also one with settings of its own.
  void LetAnotherLead(Duration at) {
    const auto to = static_cast<std::uint32_t>(dice_.Below(scenario_.nodes));
    Add(at,
        TransferLeader{Target{Target::Kind::kNode, NodeId(to), ""}, std::nullopt, std::nullopt});
  }

  // A moment's pause gives the leader a name.
  void Name(Duration at) {
    const std::string name = "at_" + std::to_string(at.nanoseconds() / 1'000'000);
    Add(at, Pause{Named(Target::Kind::kLeader), name, Ms(1)});
    old_ = {Target{Target::Kind::kBound, NodeId(), name}};
  }

  // Its followers' answers are still on their way when it is cut off.
  void DelayAnswers() {
    Add(begin_, Filter{.types = {MessageType::kHeartbeatResponse},
                       .from = {},
                       .to = old_,
                       .drop = kCertain,
                       .delay = dice_.Time({Ms(50), Ms(1000)}),
                       .count = std::nullopt,
                       .length = cut_ - begin_});
  }

  // As far as the settings allow: its clock is the slowest, and those of the others the fastest.
  void SetClocksApart() {
    const auto [slowest, fastest] = ClockRates(scenario_.config);
    const auto set = [&](const Targets& nodes, std::uint64_t percent) {
      Add(begin_, SetClock{.node = nodes,
                           .rate_ppm = static_cast<std::int64_t>(percent) * 10'000,
                           .jump = std::nullopt,
                           .length = end_ - begin_});
    };
    set(old_, slowest);
    set(Named(Target::Kind::kFollowers), fastest);
  }

  // What the leader of the moment acknowledges is read from the old one.
  void Probe(Duration from, Duration to) {
    constexpr std::int64_t kTimes = 25;
    const Duration half = Duration::Microseconds((to - from).nanoseconds() / (2 * kTimes) / 1'000);
    ScriptedCall put, get;
    put.key = get.key = "k" + std::to_string(dice_.Below(scenario_.workload.keys));
    put.via = Named(Target::Kind::kLeader).front();
    put.within = get.within = Ms(500);
    get.kind = ScriptedCall::Kind::kGet;
    get.mode = DrawMode();
    get.via = old_.front();
    for (std::int64_t i = 0; i < kTimes; ++i, from = from + half + half) {
      put.value = old_.front().name + "." + std::to_string(i);
      Add(from, put);
      Add(from + half, get);
    }
  }

  // Leases are there to be used.
  ReadMode DrawMode() {
    const auto& reads = profile_.reads;
    const bool leases = std::find(reads.begin(), reads.end(), ReadMode::kLease) != reads.end();
    if (leases && scenario_.config.leases && !dice_.OneIn(4)) return ReadMode::kLease;
    return dice_.OneOf(reads);
  }

  const Profile& profile_;
  Dice& dice_;
  Scenario& scenario_;
  Duration begin_, cut_, end_;
  Targets old_;
};

}  // namespace

Duration AddStaleLeader(const Profile& profile, Dice& dice, Scenario& scenario, Duration at) {
  return StaleLeader(profile, dice, scenario, at).Draw();
}

}  // namespace drydock::sim
