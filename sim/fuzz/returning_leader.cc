#include "sim/fuzz/returning_leader.h"

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

class ReturningLeader {
 public:
  ReturningLeader(Dice& dice, Scenario& scenario, Duration at)
      : dice_(dice), scenario_(scenario), begin_(at) {
    cut_ = begin_ + dice.Time({Ms(3), Ms(50)});
    back_ = cut_ + scenario.config.election_timeout_max + dice.Time({Ms(150), Ms(500)});
  }

  Duration Draw() {
    SetForAll(scenario_, [](Settings& config) {
      config.max_entries_per_append = 2;
      config.max_inflight_appends = 8;
    });
    const Targets old = Name(Target::Kind::kLeader, "old");
    // So many that they and the one that leads are no majority.
    for (std::uint32_t i = 0; i < (scenario_.nodes - 1) / 2; ++i) {
      KeepBehind(Name(Target::Kind::kFollower, "behind" + std::to_string(i)));
    }
    Add(cut_, Partition{.groups = {old, Named(Target::Kind::kFollowers)},
                        .one_way = false,
                        .length = back_ - cut_,
                        .flap = std::nullopt});
    Write(cut_ + Ms(1), old.front());
    Write(back_ - dice_.Time({Ms(5), Ms(150)}), Named(Target::Kind::kLeader).front());
    return Fail(back_ + dice_.Time({Ms(2), Ms(150)}));
  }

 private:
  void Add(Duration at, Action action) { scenario_.events.push_back({at, "", std::move(action)}); }

  // A moment's pause gives it a name.
  Targets Name(Target::Kind kind, const std::string& as) {
    const std::string name = as + "_at_" + std::to_string(begin_.nanoseconds() / 1'000'000);
    Add(begin_, Pause{Named(kind), name, Ms(1)});
    return {Target{Target::Kind::kBound, NodeId(), name}};
  }

  void KeepBehind(const Targets& node) {
    const Duration from = cut_ + dice_.Time({Ms(1), back_ - cut_ - Ms(1)});
    Add(from, Filter{.types = {MessageType::kAppendRequest},
                     .from = {},
                     .to = node,
                     .drop = kCertain,
                     .delay = std::nullopt,
                     .count = std::nullopt,
                     .length = back_ + Ms(200) - from});
  }

  void Write(Duration at, const Target& via) {
    const std::uint64_t count = dice_.From({1, 8});
    for (std::uint64_t i = 0; i < count; ++i) {
      ScriptedCall put;
      put.key = "k" + std::to_string(dice_.Below(scenario_.workload.keys));
      put.value = std::to_string(at.nanoseconds() / 1'000'000) + "." + std::to_string(i);
      put.via = via;
      put.within = Ms(500);
      Add(at, std::move(put));
    }
  }

  Duration Fail(Duration at) {
    const Duration length = dice_.Time({Ms(300), Ms(1000)});
    const Targets leader = Named(Target::Kind::kLeader);
    if (dice_.OneIn(2)) {
      Add(at, Crash{leader, "", Crash::Lose::kUnsynced, length});
    } else {
      Add(at, Partition{.groups = {leader, Named(Target::Kind::kFollowers)},
                        .one_way = false,
                        .length = length,
                        .flap = std::nullopt});
    }
    return at + length;
  }

  Dice& dice_;
  Scenario& scenario_;
  Duration begin_, cut_, back_;
};

}  // namespace

Duration AddReturningLeader(Dice& dice, Scenario& scenario, Duration at) {
  const std::size_t before = scenario.events.size();
  const Duration end = ReturningLeader(dice, scenario, at).Draw();
  const auto first = scenario.events.begin() + static_cast<std::ptrdiff_t>(before);
  std::stable_sort(first, scenario.events.end(),
                   [](const Event& a, const Event& b) { return a.at < b.at; });
  return end;
}

}  // namespace drydock::sim
