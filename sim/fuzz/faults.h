// The faults of a fuzz run: what breaks when, and for how long. All of it stays inside the model
// (no lying disks, no quorum destroyed), ends before the run's quiet phase, and can be lived with.
#pragma once

#include <optional>
#include <vector>

#include "sim/fuzz/dice.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

class FaultDice {
 public:
  // The scenario has its nodes and settings; faults are added to its events, in no order. All must
  // outlive this.
  FaultDice(const Profile& profile, Dice& dice, Scenario& scenario);

  // `count` faults of these kinds from the start to the end of the fault phase, and what mends them
  // after it.
  void Draw(const std::vector<FaultKind>& kinds, std::uint64_t count, Duration end);

 private:
  void DrawMoments(std::uint64_t count);
  void DrawOne(FaultKind kind, Duration at);
  void DrawNodeFault(FaultKind kind, Duration at);
  void DrawCut(FaultKind kind, Duration at);
  void DrawNetworkFault(FaultKind kind, Duration at);
  void DrawClockFault(FaultKind kind, Duration at);
  void DrawDiskFault(FaultKind kind, Duration at);
  void DrawMemberChange(FaultKind kind, Duration at);
  void DrawWipe(FaultKind kind, Duration at);
  void DrawRead(Duration at);
  void DrawLateSnapshot(Duration at);
  void CrashOthers(NodeId but, Duration at, Duration longest);
  void MendAll(Duration end);
  void MendWiped(Duration end);

  void Add(Duration at, Action action) { scenario_.events.push_back({at, "", std::move(action)}); }
  // How long something lasts that begins now: short ones as often as long ones.
  Duration Length(Duration at);
  NodeId Node() { return NodeId(static_cast<std::uint32_t>(dice_.Below(scenario_.nodes))); }
  Targets OneNode();    // the leader more often than chance would have it
  Targets SomeNodes();  // at least one
  std::vector<Targets> TwoGroups();
  Duration LongestStall() const;
  std::vector<Targets> OneAgainstAll();
  std::vector<Targets> Bridge();
  std::vector<Targets> Split(std::uint64_t groups, std::optional<NodeId> but);

  const Profile& profile_;
  Dice& dice_;
  Scenario& scenario_;
  std::vector<Duration> moments_;  // in order
  Duration end_;
  Duration network_free_at_;  // the next change of the network may begin
  std::optional<NodeId> wiped_;
  Duration snapshot_free_at_;  // the next late snapshot may begin
};

}  // namespace drydock::sim
