#include "sim/explore/start.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "sim/cluster/sim_cluster.h"
#include "sim/scenario/parse.h"
#include "sim/trace/trace_bus.h"

namespace drydock::sim::explore {
namespace {

constexpr Duration kTimeout = Duration::Milliseconds(100);
// A timeout as long as this never comes, nor does anything else that is reckoned from it: a disk is
// never taken for stalled.
constexpr Duration kNever = Duration::Seconds(3600);
constexpr Duration kHeartbeat = Duration::Milliseconds(50);
constexpr std::uint64_t kTimeoutsPinned = 200;  // per start of a node
constexpr std::uint64_t kSeed = 1;
constexpr int kLongestFounding = 40;  // heartbeats

Scenario ScenarioOf(const Bounds& bounds) {
  Scenario scenario;
  scenario.name = "explored";
  scenario.seed = kSeed;
  scenario.nodes = bounds.nodes;
  scenario.until = kNever;
  scenario.config.election_timeout_min = kTimeout;
  scenario.config.election_timeout_max = kNever;
  scenario.config.heartbeat_interval = kHeartbeat;
  scenario.config.pre_vote = bounds.pre_vote;
  scenario.config.check_quorum = false;
  scenario.config.segment_bytes = kScenarioSegmentBytes;
  scenario.config.max_entries_per_append = bounds.entries_per_append;
  scenario.disk.fsync = ConstantLatency{kInstant};
  // The first to run out is that of n0, which so becomes the first leader.
  for (std::uint32_t node = 0; node < bounds.nodes; ++node) {
    StreamPins& pins = scenario.pins["n" + std::to_string(node)];
    for (std::uint64_t i = 0; i < kTimeoutsPinned; ++i) {
      const bool waits = node > 0 && i == 0 && !bounds.fresh;
      const Duration timeout = waits ? kTimeout + kTimeout : kTimeout;
      pins[{Decision::kElectionTimeout, i}] = timeout.nanoseconds();
    }
  }
  return scenario;
}

// Takes down what the simulator decides and what its disks do.
class Recorder final : public Observer {
 public:
  explicit Recorder(std::uint32_t nodes)
      : messages(nodes, std::vector<std::uint64_t>(nodes)),
        disk_operations(nodes),
        timeouts(nodes, 1),
        under_way(nodes),
        members(nodes) {}

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override {
    Member& member = members[meta.node->value()];
    if (const auto* durable = std::get_if<drydock::trace::Durable>(&event)) {
      member.durable = durable->last;
      member.durable_term = durable->term;
      member.durable_vote = durable->vote;
    }
    const auto* role = std::get_if<drydock::trace::RoleChanged>(&event);
    if (role != nullptr && role->role != Role::kLeader) ++timeouts[meta.node->value()];
  }

  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    if (const auto* sent = std::get_if<trace::Sent>(&event)) {
      ++messages[sent->message->from.value()][sent->message->to.value()];
      ++in_flight;
    } else if (std::holds_alternative<trace::Delivered>(event)) {
      --in_flight;
    } else if (const auto* started = std::get_if<trace::Started>(&event)) {
      members[meta.node->value()].store = started->store;
      members[meta.node->value()].incarnation = started->incarnation;
    } else if (const auto* submitted = std::get_if<trace::DiskSubmitted>(&event)) {
      ++disk_operations[meta.node->value()];
      under_way[meta.node->value()] = *submitted->op;
    } else if (std::holds_alternative<trace::DiskFinished>(event)) {
      Finish(members[meta.node->value()], under_way[meta.node->value()]);
    }
  }

  static void Finish(Member& member, std::optional<DiskOp>& op) {
    const auto& write = std::get<WriteAndSync>(op->action);
    member.disk = std::make_shared<const DiskPast>(DiskPast{member.disk, write});
    op.reset();
  }

  std::vector<std::vector<std::uint64_t>> messages;
  std::vector<std::uint64_t> disk_operations;
  std::vector<std::uint64_t> timeouts;
  std::uint64_t in_flight = 0;
  std::vector<std::optional<DiskOp>> under_way;
  std::vector<Member> members;  // what the trace alone tells
};

bool IsAtRest(const SimCluster& cluster, const Recorder& recorder) {
  const Raft& first = cluster.node(NodeId(0)).node->raft();
  if (recorder.in_flight > 0 || !first.IsLeader() || !first.configuration().founded()) return false;
  for (std::uint32_t i = 0; i < cluster.size(); ++i) {
    const Node& node = *cluster.node(NodeId(i)).node;
    const Raft& raft = node.raft();
    const bool done = raft.commit() == first.log().last() && raft.log().last() == raft.commit() &&
                      raft.durable_index() == raft.commit() && node.applied() == raft.commit();
    const bool bound = first.configuration().StoreOf(NodeId(i)) != StoreId(0);
    if (!done || !bound || raft.leader() != NodeId(0)) return false;
  }
  return true;
}

void TakeMember(const SimNode& from, std::int64_t at, Member& member) {
  const Raft& raft = from.node->raft();
  member.id = from.id;
  member.clock = from.clock.At(at);
  member.node = *from.node;
  member.role = raft.role();
  member.term = raft.term();
  member.vote = raft.vote();
  for (Index i(1); i <= raft.log().last(); i = Next(i)) {
    member.log.push_back(MarkOf(raft.log().At(i)));
  }
  member.commit = raft.commit();
  member.stored = {raft.term(), raft.vote(), member.log};
  member.calls = std::uint64_t{1} << 32;  // apart from the numbers that the simulator gave
}

PinnedDraws DrawsOf(const Settings& settings) {
  auto draws = std::make_shared<std::remove_const_t<PinnedDraws::element_type>>();
  const Duration above = kTimeout - settings.election_timeout_min;
  for (std::uint64_t i = 0; i < kTimeoutsPinned; ++i) {
    (*draws)[{0, i}] = static_cast<std::uint64_t>(above.nanoseconds());
  }
  return draws;
}

History HistoryOf(const std::vector<Member>& members) {
  History history;
  const Member& leader = members.front();
  if (leader.role != Role::kLeader) return history;
  history.leaders.resize(leader.term.value() + 1);
  history.leaders[leader.term.value()] = leader.id;
  for (const Mark& mark : leader.log) history.committed.push_back({mark, leader.term});
  return history;
}

}  // namespace

std::uint64_t FirstTimeoutOf(Incarnation incarnation) {
  return (incarnation.value() - 1) * 1000000;
}

Result<Start> MakeStart(const Bounds& bounds) {
  Start start{.settings = {}, .members = {}, .history = {}, .scenario = ScenarioOf(bounds)};
  TraceBus bus;
  Recorder recorder(bounds.nodes);
  bus.AddObserver(&recorder);
  SimCluster cluster(start.scenario, kSeed, bus);
  cluster.Start();
  start.at = kHeartbeat.nanoseconds() / 2;
  const auto run = [&] {
    while (cluster.NextEventTime() <= start.at) cluster.RunNextEvent();
  };
  run();
  // Between two heartbeats: whatever is left to do is done.
  for (int beats = 0; !bounds.fresh && !IsAtRest(cluster, recorder); ++beats) {
    if (beats == kLongestFounding) return Error{"the cluster does not come to rest"};
    start.at += kHeartbeat.nanoseconds();
    run();
  }
  start.members = std::move(recorder.members);
  for (Member& member : start.members) {
    TakeMember(cluster.node(NodeId(static_cast<std::uint32_t>(&member - &start.members.front()))),
               start.at, member);
    start.settings.voters.push_back(member.id);
    start.term = std::max(start.term, member.term);
    start.last = std::max(start.last, member.last());
  }
  start.settings.settings = start.scenario.config;
  start.settings.draws = DrawsOf(start.scenario.config);
  start.settings.instant_disks = bounds.instant_disks;
  start.settings.ignored = bounds.ignored;
  start.history = HistoryOf(start.members);
  start.messages = recorder.messages;
  start.disk_operations = recorder.disk_operations;
  start.timeouts = recorder.timeouts;
  return start;
}

}  // namespace drydock::sim::explore
