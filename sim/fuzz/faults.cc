#include "sim/fuzz/faults.h"

#include <algorithm>
#include <utility>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/vary.h"

namespace drydock::sim {
namespace {

using Kind = FaultKind;

constexpr Duration Ms(std::int64_t count) {
  return Duration::Milliseconds(count);
}

// A cluster is founded by then, if nothing has gone wrong. Before that a wiped member would be one
// that never was (docs/decisions/0003).
constexpr Duration kFounded = Ms(1500);
// So long before the quiet phase a disk fault ends: what it hit has then come back, too.
constexpr Duration kLongestStall = Ms(1000);
constexpr Duration kWithin = Ms(2000);  // changes of members are given up

Targets Numbered(NodeId node) {
  return {Target{Target::Kind::kNode, node, ""}};
}

bool LosesDisk(Kind kind) {
  return kind == Kind::kWipe || kind == Kind::kCorrupt;
}

Probability Percent(std::uint64_t count) {
  return kCertain * count / 100;
}

}  // namespace

FaultDice::FaultDice(const Profile& profile, Dice& dice, Scenario& scenario)
    : profile_(profile), dice_(dice), scenario_(scenario) {}

void FaultDice::Draw(const std::vector<FaultKind>& kinds, std::uint64_t count, Duration end) {
  end_ = end;
  std::vector<FaultKind> drawn = kinds;
  if (end <= kFounded + Ms(10)) std::erase_if(drawn, LosesDisk);
  const bool wipes = std::any_of(drawn.begin(), drawn.end(), LosesDisk);
  DrawMoments(count);
  for (Duration& at : moments_) {
    if (wipes) at = std::max(at, kFounded);
  }
  // A second wipe, or few voters beside it, could leave no quorum that holds the log.
  if (wipes) {
    std::erase_if(drawn, [&](Kind kind) {
      const bool few = scenario_.founders.value_or(scenario_.nodes) < 3;
      return kind == Kind::kRemove || kind == Kind::kReplace || kind == Kind::kPromote ||
             (LosesDisk(kind) && few);
    });
  }
  if (drawn.empty()) moments_.clear();
  for (const Duration at : moments_) {
    const FaultKind kind = dice_.OneOf(drawn);
    DrawOne(kind, at);
    if (wiped_.has_value()) std::erase_if(drawn, LosesDisk);
    if (drawn.empty()) break;
  }
  MendAll(end);
}

// Some runs spread their faults, in others they come close upon each other: many a bug needs a
// second blow before the first one is over.
void FaultDice::DrawMoments(std::uint64_t count) {
  const std::uint64_t close = dice_.OneIn(2) ? 0 : dice_.From({1, 4});
  const auto last = static_cast<std::uint64_t>((end_ - Ms(2)).nanoseconds() / 1'000'000);
  for (std::uint64_t i = 0; i < count; ++i) {
    const bool follows = close > 0 && !moments_.empty() && !dice_.OneIn(close + 1);
    Duration at = Ms(static_cast<std::int64_t>(dice_.From({1, last})));
    if (follows) at = moments_.back() + Ms(static_cast<std::int64_t>(dice_.Scale({1, 400})));
    moments_.push_back(std::min(at, end_ - Ms(2)));
  }
  std::sort(moments_.begin(), moments_.end());
}

Duration FaultDice::Length(Duration at) {
  const auto most = static_cast<std::uint64_t>((end_ - at).nanoseconds() / 1'000'000) - 1;
  const auto longest = std::min<std::uint64_t>(most, 4000);
  return Ms(static_cast<std::int64_t>(dice_.Scale({std::min<std::uint64_t>(5, longest), longest})));
}

// --- Who ----------------------------------------------------------------------------------------

Targets FaultDice::OneNode() {
  const std::uint64_t who = dice_.Below(4);
  if (who == 0) return Numbered(Node());
  return Named(who == 1 ? Target::Kind::kFollower : Target::Kind::kLeader);
}

Targets FaultDice::SomeNodes() {
  Targets nodes;
  for (std::uint32_t i = 0; i < scenario_.nodes; ++i) {
    if (dice_.OneIn(2)) nodes.push_back(Numbered(NodeId(i)).front());
  }
  return nodes.empty() ? Numbered(Node()) : nodes;
}

// Each node but that one is in one of them; none is empty.
std::vector<Targets> FaultDice::Split(std::uint64_t groups, std::optional<NodeId> but) {
  std::vector<Targets> split(groups);
  std::vector<NodeId> left;
  for (std::uint32_t i = 0; i < scenario_.nodes; ++i) {
    if (NodeId(i) != but) left.emplace_back(i);
  }
  for (Targets& group : split) {
    const auto at = left.begin() + static_cast<std::ptrdiff_t>(dice_.Below(left.size()));
    group = Numbered(*at);
    left.erase(at);
  }
  for (const NodeId node : left) split[dice_.Below(groups)].push_back(Numbered(node).front());
  return split;
}

// Snapshots that are taken often let many operations wait on the disk, and each takes that long,
// also those whose turn comes when the fault is over.
Duration FaultDice::LongestStall() const {
  return scenario_.config.snapshot_every == Settings().snapshot_every ? kLongestStall : Ms(150);
}

std::vector<Targets> FaultDice::OneAgainstAll() {
  if (dice_.OneIn(2)) return {Named(Target::Kind::kLeader), Named(Target::Kind::kFollowers)};
  const NodeId one = Node();
  Targets others;
  for (std::uint32_t i = 0; i < scenario_.nodes; ++i) {
    if (NodeId(i) != one) others.push_back(Numbered(NodeId(i)).front());
  }
  return {Numbered(one), others};
}

// Two halves that one node hears both of.
std::vector<Targets> FaultDice::Bridge() {
  const NodeId bridge = Node();
  std::vector<Targets> groups = Split(2, bridge);
  for (Targets& group : groups) group.push_back(Numbered(bridge).front());
  return groups;
}

std::vector<Targets> FaultDice::TwoGroups() {
  if (dice_.OneIn(3)) return OneAgainstAll();
  if (dice_.OneIn(2)) return Split(2, std::nullopt);
  return {Named(Target::Kind::kMajority), Named(Target::Kind::kMinority)};
}

// --- What ---------------------------------------------------------------------------------------

void FaultDice::DrawOne(FaultKind kind, Duration at) {
  switch (kind) {
    case Kind::kCrash:
    case Kind::kPowerFailure:
    case Kind::kSuspend:
    case Kind::kPause:
      return DrawNodeFault(kind, at);
    case Kind::kIsolate:
    case Kind::kPartition:
    case Kind::kOneWay:
    case Kind::kBridge:
    case Kind::kFlapping:
      return DrawCut(kind, at);
    case Kind::kLoss:
    case Kind::kSlowNetwork:
    case Kind::kFilter:
    case Kind::kStale:
      return DrawNetworkFault(kind, at);
    case Kind::kClockRate:
    case Kind::kClockJump:
      return DrawClockFault(kind, at);
    case Kind::kDiskStall:
    case Kind::kDiskFails:
    case Kind::kDiskFull:
    case Kind::kTornWrites:
      return DrawDiskFault(kind, at);
    case Kind::kTransfer:
      return Add(at, TransferLeader{
                         dice_.OneIn(2) ? std::nullopt : std::optional(Numbered(Node()).front()),
                         std::nullopt, std::nullopt});
    case Kind::kSnapshot:
      return Add(at, SnapshotNode{dice_.OneIn(2) ? OneNode() : Named(Target::Kind::kAlive)});
    case Kind::kAdd:
    case Kind::kRemove:
    case Kind::kPromote:
    case Kind::kReplace:
      return DrawMemberChange(kind, at);
    case Kind::kWipe:
    case Kind::kCorrupt:
      return DrawWipe(kind, at);
    case Kind::kRead:
      return DrawRead(at);
    case Kind::kLateSnapshot:
      return DrawLateSnapshot(at);
    case Kind::kCount:
      return;
  }
}

void FaultDice::DrawNodeFault(FaultKind kind, Duration at) {
  const Duration length = Length(at);
  const auto lose = dice_.OneIn(5) ? Crash::Lose::kNothing : Crash::Lose::kUnsynced;
  if (kind == Kind::kCrash) return Add(at, Crash{OneNode(), "", lose, length});
  if (kind == Kind::kSuspend) return Add(at, SuspendNode{OneNode(), "", length});
  if (kind == Kind::kPause) return Add(at, Pause{OneNode(), "", length});
  const Targets nodes = dice_.OneIn(2) ? Named(Target::Kind::kAll) : SomeNodes();
  Add(at, Crash{nodes, "", lose, length});
}

void FaultDice::DrawCut(FaultKind kind, Duration at) {
  if (scenario_.nodes < 3) return;
  Partition cut{.groups = {}, .one_way = false, .length = Length(at), .flap = std::nullopt};
  if (kind == Kind::kIsolate) {
    cut.groups = OneAgainstAll();
  } else if (kind == Kind::kBridge) {
    cut.groups = Bridge();
  } else if (kind == Kind::kPartition && dice_.OneIn(4)) {
    cut.groups = Split(3, std::nullopt);
  } else {
    cut.groups = TwoGroups();
  }
  cut.one_way = kind == Kind::kOneWay;
  if (cut.one_way && dice_.OneIn(2)) std::swap(cut.groups.front(), cut.groups.back());
  if (kind == Kind::kFlapping) cut.flap = dice_.Time({Ms(20), Ms(500)});
  Add(at, std::move(cut));
}

// Changes of the network are set back to what was before, so they come one after another.
void FaultDice::DrawNetworkFault(FaultKind kind, Duration at) {
  const Duration length = Length(at);
  if (kind == Kind::kFilter) {
    Filter filter{.types = {static_cast<MessageType>(dice_.Below(kMessageTypes))},
                  .from = dice_.OneIn(2) ? Targets{} : OneNode(),
                  .to = dice_.OneIn(2) ? Targets{} : OneNode(),
                  .drop = kCertain,
                  .delay = std::nullopt,
                  .count = std::nullopt,
                  .length = length};
    if (dice_.OneIn(2)) filter.delay = Ms(static_cast<std::int64_t>(dice_.Scale({1, 1000})));
    if (!filter.delay && dice_.OneIn(2)) filter.drop = Percent(dice_.From({10, 90}));
    if (dice_.OneIn(2)) filter.count = dice_.Scale({1, 20});
    return Add(at, std::move(filter));
  }
  if (at < network_free_at_) return;
  network_free_at_ = at + length + Ms(1);
  SetNetwork set{.network = {}, .length = length};
  if (kind == Kind::kSlowNetwork) {
    // A link keeps its order: one message that takes seconds would close it for as long.
    const auto median = static_cast<std::int64_t>(dice_.Scale({2, 200}));
    set.network.latency =
        LognormalLatency{Ms(median), Ms(median) + dice_.Time({Ms(1), Ms(3 * median)})};
  } else if (kind == Kind::kStale) {
    set.network.stale = Percent(dice_.From({20, 100}));
    set.network.latency = UniformLatency{Ms(1), dice_.Time({Ms(20), Ms(200)})};
  } else {
    const std::uint64_t which = dice_.From({1, 7});
    if ((which & 1) != 0) set.network.loss = Percent(dice_.From({1, 40}));
    if ((which & 2) != 0) set.network.duplicate = Percent(dice_.From({1, 50}));
    if ((which & 4) != 0) set.network.reorder = Percent(dice_.From({1, 50}));
  }
  Add(at, std::move(set));
}

// Under leases clocks keep to the bound that the settings name.
void FaultDice::DrawClockFault(FaultKind kind, Duration at) {
  const bool bounded = scenario_.config.leases;
  SetClock set{.node = OneNode(), .rate_ppm = std::nullopt, .jump = std::nullopt, .length = {}};
  if (kind == Kind::kClockRate) {
    set.rate_ppm = static_cast<std::int64_t>(dice_.From(ClockRates(scenario_.config))) * 10'000;
    set.length = Length(at);
  } else if (!bounded) {
    const auto size = static_cast<std::int64_t>(dice_.Scale({1, 2000}));
    set.jump = dice_.OneIn(3) ? Ms(-std::min<std::int64_t>(size, 500)) : Ms(size);
  } else {
    return;
  }
  Add(at, std::move(set));
}

void FaultDice::DrawDiskFault(FaultKind kind, Duration at) {
  DiskFault fault{.node = OneNode()};
  fault.length = std::min(Length(at), std::max(end_ - at - Ms(200), Ms(1)));
  switch (kind) {
    case Kind::kDiskStall:
      fault.stall = std::min(dice_.Time({Ms(5), LongestStall()}), *fault.length + Ms(200));
      break;
    case Kind::kDiskFails:
      fault.sync_fails = Percent(dice_.From({5, 100}));
      break;
    case Kind::kDiskFull:
      fault.capacity = dice_.Scale({1, 100'000});
      break;
    default:
      fault.node = dice_.OneIn(2) ? Named(Target::Kind::kAll) : SomeNodes();
      fault.torn = Percent(dice_.From({10, 100}));
      if (dice_.OneIn(2)) fault.name_vanishes = Percent(dice_.From({10, 100}));
  }
  Add(at, std::move(fault));
}

// --- Members ------------------------------------------------------------------------------------

void FaultDice::DrawMemberChange(FaultKind kind, Duration at) {
  ChangeMembers change;
  change.within = kWithin;
  const Targets one = dice_.OneIn(2) ? OneNode() : Numbered(Node());
  if (kind == Kind::kAdd) {
    change.add = dice_.OneIn(4) ? SomeNodes() : Numbered(Node());
    change.as_learner = dice_.OneIn(4);
  } else if (kind == Kind::kRemove) {
    change.remove = one;
  } else if (kind == Kind::kPromote) {
    (dice_.OneIn(2) ? change.promote : change.demote) = one;
  } else {
    change.add = Numbered(Node());
    change.remove = one;
  }
  Add(at, std::move(change));
}

// A node must not start from a disk with damage that no crash explains.
void FaultDice::DrawWipe(FaultKind kind, Duration at) {
  const NodeId node = Node();
  const Duration back = at + Length(at);
  if (back + Ms(10) >= end_) return;
  wiped_ = node;
  const Targets who = Numbered(node);
  Add(at, Crash{who, "", Crash::Lose::kUnsynced, std::nullopt});
  if (kind == Kind::kCorrupt) {
    Corrupt corrupt{.node = who};
    corrupt.settled = true;
    Add(at, std::move(corrupt));
    Add(at + Ms(1), Restart{who});
    Add(back, Crash{who, "", Crash::Lose::kUnsynced, std::nullopt});
  }
  Add(kind == Kind::kCorrupt ? back : at, Wipe{who});
  Add(back, Restart{who});
  if (dice_.OneIn(2)) return;
  ChangeMembers change;
  change.within = kWithin;
  change.remove = who;
  Add(back + Ms(5), change);
}

// After everything is healed the wiped node is replaced by what it is now, twice if the first
// request came while another change was under way.
void FaultDice::MendWiped(Duration end) {
  if (!wiped_.has_value()) return;
  ChangeMembers out, in;
  out.within = in.within = kWithin;
  out.remove = in.add = Numbered(*wiped_);
  for (const std::int64_t after : {400, 1000}) Add(end + Ms(after), out);
  for (const std::int64_t after : {1600, 2200}) Add(end + Ms(after), in);
}

// A node gets a snapshot to its slow disk; before it is in place the others lose power. One after
// another: in the middle of another one none would come to its point.
void FaultDice::DrawLateSnapshot(Duration at) {
  const NodeId node = Node();
  const Duration back = at + dice_.Time({Ms(200), Ms(1500)});
  const Duration blow = back + dice_.Time({Ms(50), Ms(350)});
  const Duration longest = dice_.Time({Ms(500), Ms(2000)});
  if (scenario_.nodes < 3 || at < snapshot_free_at_ || blow + longest + Ms(500) >= end_) return;
  snapshot_free_at_ = blow + longest;
  // So that who was away needs the snapshot.
  SetForAll(scenario_, [](Settings& config) { config.snapshot_margin_bytes = 0; });
  Add(at, Crash{Numbered(node), "", Crash::Lose::kUnsynced, back - at});
  Add(back - Ms(20), SnapshotNode{Named(Target::Kind::kLeader)});
  DiskFault slow{.node = Numbered(node)};
  slow.stall = dice_.Time({Ms(50), Ms(250)});  // each of its few operations takes so long
  slow.length = blow + longest - back;
  Add(back + Ms(1), std::move(slow));
  CrashOthers(node, blow, longest);
}

// So many are back at once that the one makes them a majority; what was committed they forgot.
void FaultDice::CrashOthers(NodeId but, Duration at, Duration longest) {
  const std::vector<Targets> each = Split(scenario_.nodes - 1, but);
  for (std::size_t i = 0; i < each.size(); ++i) {
    const Duration length = i < scenario_.nodes / 2 ? Ms(5) : longest;
    Add(at, Crash{each[i], "", Crash::Lose::kUnsynced, length});
  }
}

void FaultDice::DrawRead(Duration at) {
  ScriptedCall call;
  call.kind = ScriptedCall::Kind::kGet;
  call.key = "k" + std::to_string(dice_.Below(scenario_.workload.keys));
  call.mode = dice_.OneOf(profile_.reads);
  if (dice_.OneIn(2)) call.via = OneNode().front();
  call.any_node = call.via.has_value() && dice_.OneIn(2);
  Add(at, std::move(call));
}

// What has a length has ended by itself. Nodes that stopped, or did not start, begin again; once
// more for those that a write which was under way makes stop then.
void FaultDice::MendAll(Duration end) {
  Add(end, Heal{});
  Add(end, Unpause{Named(Target::Kind::kAll)});
  Add(end, ResumeNode{Named(Target::Kind::kAll)});
  Add(end, Restart{Named(Target::Kind::kAll)});
  Add(end + kLongestStall + Ms(200), Restart{Named(Target::Kind::kAll)});
  MendWiped(end);
}

}  // namespace drydock::sim
