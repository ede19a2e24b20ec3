#include "sim/fuzz/mutate.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "sim/fuzz/generate.h"
#include "sim/fuzz/mend.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim {
namespace {

// All there is to draw.
Profile Everything() {
  Profile profile;
  profile.name = "all";
  profile.nodes = {3, 6};
  profile.spare_nodes = true;
  profile.fault_phase = {Duration::Seconds(2), Duration::Seconds(6)};
  profile.faults = {3, 30};
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    profile.kinds.push_back(static_cast<FaultKind>(i));
  }
  for (std::size_t i = 0; i < kVariations; ++i) {
    profile.variations.push_back(static_cast<Variation>(i));
  }
  profile.reads = {ReadMode::kLinearizable, ReadMode::kStale, ReadMode::kLease};
  profile.any_node = true;
  return profile;
}

// A line of descent: each is bred from the one before it.
template <class Look>
void ForEachChild(const Profile& profile, Look look) {
  for (std::uint64_t line = 1; line <= 20; ++line) {
    Scenario parent = Generate(profile, line);
    for (std::uint64_t i = 0; i < 25; ++i) {
      Scenario child = Mutate(parent, Generate(profile, line * 100 + i), profile, line * 1000 + i);
      look(parent, child);
      parent = std::move(child);
    }
  }
}

bool IsSet(const Event& event) {
  return std::holds_alternative<SetNetwork>(event.action);
}

}  // namespace

TEST_CASE("what is bred is a valid scenario, and the same each time") {
  const Profile profile = Everything();
  ForEachChild(profile, [&](const Scenario&, const Scenario& child) {
    const auto read = ParseScenario(WriteScenario(child), "child.json");
    REQUIRE_MESSAGE(read.ok(), read.error().text);
    CHECK(read.value().events == child.events);
  });
  const Scenario parent = Generate(profile, 1);
  const Scenario other = Generate(profile, 2);
  CHECK(Mutate(parent, other, profile, 3) == Mutate(parent, other, profile, 3));
  CHECK(!(Mutate(parent, other, profile, 3) == Mutate(parent, other, profile, 4)));
}

TEST_CASE("faults end before the quiet phase, which stays as it was") {
  const Profile profile = Everything();
  ForEachChild(profile, [&](const Scenario& parent, const Scenario& child) {
    const Duration healed = HealedAt(child, profile);
    CHECK(healed == HealedAt(parent, profile));
    CHECK(child.expect == parent.expect);
    CHECK(child.workload.stop == parent.workload.stop);
    CHECK(PhaseOf(child, profile).mending == PhaseOf(parent, profile).mending);
    CHECK(PhaseOf(child, profile).faults.size() <= profile.faults.second);
    for (const Event& event : PhaseOf(child, profile).faults) {
      std::visit(
          [&](const auto& action) {
            if constexpr (requires { action.length; }) {
              if (action.length.has_value()) CHECK(event.at + *action.length < healed);
            }
          },
          event.action);
    }
  });
}

TEST_CASE("a disk is wiped as its parent's was, and beside it no voter is taken away") {
  const Profile profile = Everything();
  std::size_t wipes = 0;
  ForEachChild(profile, [&](const Scenario& parent, const Scenario& child) {
    const FaultPhase phase = PhaseOf(child, profile);
    CHECK(phase.wipe == PhaseOf(parent, profile).wipe);
    if (phase.wipe.empty()) return;
    ++wipes;
    for (const Event& event : phase.faults) {
      const auto* change = std::get_if<ChangeMembers>(&event.action);
      if (change == nullptr) continue;
      CHECK(change->remove.empty());
      CHECK(change->demote.empty());
    }
  });
  CHECK(wipes > 0);
}

// As the generator draws them: whoever asks again before an answer can come asks more and more.
TEST_CASE("who is far from a cluster, or from a disk, is patient") {
  std::size_t slow = 0;
  ForEachChild(Everything(), [&](const Scenario&, const Scenario& child) {
    const auto& latency = child.network.latency;
    const bool far = latency.has_value() && std::holds_alternative<LognormalLatency>(*latency);
    if (!far && !child.disk.fsync.has_value()) return;
    ++slow;
    CHECK(child.workload.attempt_timeout == Workload().attempt_timeout);
  });
  CHECK(slow > 0);
}

TEST_CASE("changes of the network do not overlap, and leased clocks keep to their bound") {
  const Profile profile = Everything();
  ForEachChild(profile, [&](const Scenario&, const Scenario& child) {
    Duration free_at;
    for (const Event& event : PhaseOf(child, profile).faults) {
      if (IsSet(event)) {
        CHECK(event.at >= free_at);
        free_at = event.at + *std::get<SetNetwork>(event.action).length;
      }
      const auto* clock = std::get_if<SetClock>(&event.action);
      if (clock != nullptr && child.config.leases) CHECK(!clock->jump.has_value());
    }
  });
}

}  // namespace drydock::sim
