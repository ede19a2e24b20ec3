// What a scenario does to the nodes of a simulated cluster.
#include <algorithm>

#include "core/base/hasher.h"
#include "core/storage/recovery.h"
#include "sim/cluster/sim_cluster.h"

namespace drydock::sim {
namespace {

// Pins name the election timeouts of a node one after another over all its starts; each start has
// room for so many.
constexpr std::uint64_t kDrawsPerStart = 1000000;

constexpr Duration kForever = Duration::Seconds(std::int64_t{1000000000});

// How much of what the node had in memory is what its disk gave back. What was compacted in one of
// the two is the same in both as far as it was committed.
Index CommonPrefix(const std::optional<Node>& before, const Log& after) {
  if (!before.has_value()) return Index(0);
  const Log& log = before->raft().log();
  if (log.last() < after.base()) return before->raft().commit();
  if (after.last() < log.base()) return after.last();
  Index index = std::max(log.base(), after.base());
  if (log.TermAt(index) != after.TermAt(index)) return before->raft().commit();
  const Index last = std::min(log.last(), after.last());
  while (index < last && log.At(Next(index)) == after.At(Next(index))) index = Next(index);
  return index;
}

std::string_view NameOf(Crash::Lose lose) {
  switch (lose) {
    case Crash::Lose::kNothing:
      return "nothing";
    case Crash::Lose::kUnsynced:
      return "unsynced";
    case Crash::Lose::kEverything:
      return "everything";
  }
  return "";
}

}  // namespace

// --- Start and crash ----------------------------------------------------------------------------

NodeConfig SimCluster::ConfigOf(const SimNode& node, Incarnation incarnation) const {
  NodeConfig config{.voters = {}, .settings = scenario_.ConfigOf(node.id), .pins = nullptr};
  const std::uint32_t founders = scenario_.founders.value_or(scenario_.nodes);
  const bool founds = node.id.value() < founders && node.wipes == 0;
  for (std::uint32_t i = 0; i < founders && founds; ++i) config.voters.push_back(NodeId(i));
  Hasher hasher;
  hasher.Add(node.stream.seed());
  hasher.Add(incarnation);
  config.seed = hasher.Finish();
  if (node.stream.pins() == nullptr) return config;
  auto pins = std::make_shared<std::remove_const_t<PinnedDraws::element_type>>();
  const std::uint64_t first = (incarnation.value() - 1) * kDrawsPerStart;
  for (const auto& [key, value] : *node.stream.pins()) {
    const bool ours = key.first == Decision::kElectionTimeout && key.second >= first &&
                      key.second < first + kDrawsPerStart;
    const std::int64_t offset = value - config.settings.election_timeout_min.nanoseconds();
    if (ours)
      (*pins)[{0, key.second - first}] =
          static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0));
  }
  config.pins = std::move(pins);
  return config;
}

StoreId SimCluster::DrawStore(const SimNode& node) {
  return StoreId(Mix(node.stream.seed() + node.wipes) | 1);
}

void SimCluster::Restart(NodeId id) {
  SimNode& node = At(id);
  if (node.Listens()) return;
  ++node.epoch;
  ++versions_.roles;
  const Settings& settings = scenario_.ConfigOf(id);
  StartOptions options{.node = id,
                       .bootstrap = std::nullopt,
                       .segment_bytes = settings.segment_bytes,
                       .vote_promise = settings.VotePromise()};
  // Only a disk known to be new may get a store: one that lost everything must not pass for it.
  if (node.new_disk) options.bootstrap = DrawStore(node);
  Result<Recovered> recovered = Recover(node.disk, options);
  if (!recovered.ok()) {
    node.state = NodeState::kOut;
    Emit(id, scenario_cause_, trace::RefusedToStart{recovered.error().text});
    return;
  }
  node.disk.NoteStart();
  node.new_disk = false;
  node.state = NodeState::kRunning;
  node.paused = false;
  node.inbox.clear();
  node.open_calls.clear();
  node.wake_at = EventQueue<Item>::kNever;
  const Incarnation incarnation = recovered.value().incarnation;
  const EventId event = bus_.last() + 1;
  Recovered told = TellStart(node, std::move(recovered.value()), scenario_cause_);
  node.node.emplace(ConfigOf(node, incarnation), std::move(told), node.clock.At(now_));
  TellFirstState(node, event);
  ScheduleWake(node);
}

Recovered SimCluster::TellStart(SimNode& node, Recovered recovered, EventId cause) {
  const Index kept = CommonPrefix(node.node, recovered.log);
  trace::Started started{.incarnation = recovered.incarnation,
                         .store = recovered.store,
                         .term = recovered.term,
                         .vote = recovered.vote,
                         .kept = kept,
                         .last = recovered.log.last(),
                         .torn = "",
                         .snapshot = {},
                         .base = recovered.log.base()};
  if (recovered.snapshot.has_value()) started.snapshot = recovered.snapshot->stored.meta.index;
  if (recovered.torn.has_value()) {
    started.torn = recovered.torn->path + " at byte " + std::to_string(recovered.torn->offset);
  }
  const EventId event = Emit(node.id, cause, started);
  for (Index index = Next(std::max(kept, recovered.log.base())); index <= recovered.log.last();
       index = Next(index)) {
    const TraceEvent appended = drydock::trace::Appended{index, recovered.log.At(index)};
    bus_.Emit(now_, node.id, event, appended);
  }
  const TraceEvent durable =
      drydock::trace::Durable{recovered.log.last(), recovered.term, recovered.vote};
  bus_.Emit(now_, node.id, event, durable);
  return recovered;
}

// What a new node has decided before its first step.
void SimCluster::TellFirstState(const SimNode& node, EventId cause) {
  const Raft& raft = node.node->raft();
  const TraceEvent configuration =
      drydock::trace::ConfigurationInForce{raft.configuration_index(), raft.configuration()};
  bus_.Emit(now_, node.id, cause, configuration);
  const TraceEvent timer =
      drydock::trace::TimerArmed{TimerId::kElection, node.node->NextDeadline()};
  bus_.Emit(now_, node.id, cause, timer);
}

void SimCluster::Crash(NodeId id, Crash::Lose lose) {
  SimNode& node = At(id);
  if (node.state == NodeState::kCrashed) return;
  const CrashReport report = node.disk.Crash(lose);
  Emit(id, scenario_cause_, trace::Crashed{std::string(NameOf(lose)), report.lost_lies.size()});
  node.state = NodeState::kCrashed;
  node.paused = false;
  node.inbox.clear();
  node.open_calls.clear();
  node.disk_free_at.fill(now_);
  ++node.epoch;
  ++versions_.roles;
}

// --- Suspension and pauses ----------------------------------------------------------------------

void SimCluster::Suspend(NodeId id, std::optional<Duration> length) {
  if (!At(id).Listens()) return;
  StepNode(At(id), drydock::Suspend{length.value_or(kForever)}, scenario_cause_);
  ++versions_.roles;
}

void SimCluster::Resume(NodeId id) {
  if (!At(id).Listens()) return;
  StepNode(At(id), drydock::Resume{}, scenario_cause_);
  ++versions_.roles;
}

void SimCluster::Pause(NodeId id) {
  if (!At(id).Listens()) return;
  At(id).paused = true;
  ++versions_.roles;
}

// The process goes on where it was, with all that arrived meanwhile, and does not know that time
// has passed until it looks at its clock.
void SimCluster::Unpause(NodeId id) {
  SimNode& node = At(id);
  if (!node.Listens() || !node.paused) return;
  node.paused = false;
  ++versions_.roles;
  auto inbox = std::exchange(node.inbox, {});
  for (auto& [input, cause] : inbox) {
    if (node.Listens()) StepNode(node, std::move(input), cause);
  }
  ScheduleWake(node);
}

// --- Network
// --------------------------------------------------------------------------------------

NetworkChangeId SimCluster::ChangeNetwork(const NetworkSettings& settings,
                                          const std::vector<ResolvedLinks>& links) {
  networks_.push_back(network_.Save());
  network_.Apply(settings, links);
  return networks_.size() - 1;
}

void SimCluster::RestoreNetwork(NetworkChangeId before) {
  network_.Restore(networks_.at(before));
}

// --- Clocks and disks ---------------------------------------------------------------------------

void SimCluster::SetClock(NodeId id, std::optional<std::int64_t> rate_ppm,
                          std::optional<Duration> jump) {
  SimNode& node = At(id);
  if (rate_ppm.has_value()) node.clock.SetRate(now_, *rate_ppm);
  if (jump.has_value()) node.clock.Jump(*jump);
  // The wake-up in the queue was reckoned with the old clock.
  ++node.wake_number;
  node.wake_at = EventQueue<Item>::kNever;
  if (!node.Listens() || node.paused) return;
  StepNode(node, Wake{}, scenario_cause_);  // it looks at its clock
}

void SimCluster::SetDisk(NodeId id, const DiskFault& fault) {
  At(id).disk.SetFaults(At(id).disk.faults().With(fault));
  if (fault.read_flips.value_or(0) > 0)
    Emit(id, 0,
         trace::Fault{
             .what = "reads that flip bits", .lasts = true, .deed = Deed::kDisk, .nodes = {id}});
}

void SimCluster::ClearDisk(NodeId id) {
  At(id).disk.SetFaults({});
}

// Only what can pass for a torn write excuses a node that has lost something: all other damage
// shows by its checksum, and the node must not start.
drydock::Status SimCluster::CorruptDisk(NodeId id, const Corrupt& corrupt) {
  Result<Corruption> done =
      At(id).disk.CorruptAtRest(corrupt.file, corrupt.offset, corrupt.bit, corrupt.settled);
  if (!done.ok()) return done.error();
  const std::optional<NodeId> excused = done.value().may_pass ? std::optional(id) : std::nullopt;
  scenario_cause_ = Emit(excused, 0,
                         trace::Fault{.what = "one bit of " + done.value().path + " of n" +
                                              std::to_string(id.value()) + " flips, at byte " +
                                              std::to_string(done.value().offset),
                                      .deed = Deed::kCorrupt,
                                      .nodes = {id}});
  return Ok();
}

}  // namespace drydock::sim
