// Somebody at a terminal who changes the members: asks a node, goes where it points, and tries
// again while there is no leader that can take the change.
#include <utility>

#include "core/storage/refounding.h"
#include "sim/cluster/sim_cluster.h"

namespace drydock::sim {
namespace {

// Numbered apart from the calls of clients and of nodes.
constexpr std::uint64_t kChangeCall = std::uint64_t{1} << 62;
constexpr std::uint64_t kAttemptBits = 20;
constexpr Duration kWay = Duration::Microseconds(100);
constexpr Duration kPause = Duration::Milliseconds(20);

}  // namespace

void SimCluster::ChangeMembers(const MembershipChange& change, std::optional<NodeId> via,
                               Duration within, ChangeDone done) {
  changes_.push_back({.change = change,
                      .alone = via.has_value(),
                      .target = via.value_or(NodeId(0)),
                      .done = std::move(done)});
  queue_.Push(now_ + within.nanoseconds(), 0, ChangeDeadline{changes_.size() - 1});
  AskForChange(changes_.size() - 1, Duration());
}

void SimCluster::AskForChange(std::size_t number, Duration after) {
  ChangeRequest& request = changes_[number];
  ++request.attempt;
  queue_.Push(now_ + (after + kWay).nanoseconds(), 0,
              ChangeArrival{number, request.attempt, request.target});
}

void SimCluster::Handle(ChangeArrival& arrival) {
  SimNode& node = At(arrival.target);
  const ChangeRequest& request = changes_[arrival.request];
  if (!request.done) return;
  if (!node.Listens()) {
    queue_.Push(now_ + kWay.nanoseconds(), 0,
                ChangeAnswerArrival{arrival.request, arrival.attempt, std::nullopt});
    return;
  }
  const CallId call(kChangeCall | (arrival.request << kAttemptBits) | arrival.attempt);
  StepNode(node, drydock::ChangeMembers{call, request.change}, scenario_cause_);
}

void SimCluster::AnswerChange(SimNode& node, const ChangeReply& reply) {
  CloseCall(node, reply.call);
  const std::uint64_t number = reply.call.value() & ~kChangeCall;
  queue_.Push(now_ + kWay.nanoseconds(), 0,
              ChangeAnswerArrival{number >> kAttemptBits,
                                  number & ((std::uint64_t{1} << kAttemptBits) - 1), reply.answer});
}

// A refusal for want of a leader has changed nothing, so that it is safe to ask again.
void SimCluster::Handle(ChangeAnswerArrival& arrival) {
  ChangeRequest& request = changes_[arrival.request];
  if (!request.done || arrival.attempt != request.attempt) return;
  const NodeId next(static_cast<std::uint32_t>((request.target.value() + 1) % nodes_.size()));
  if (!arrival.answer.has_value()) {
    if (request.alone) return EndChange(request, {.reason = "the node is down", .leader = {}});
    request.target = next;
    return AskForChange(arrival.request, kPause);
  }
  const ChangeAnswer& answer = *arrival.answer;
  const bool no_leader = answer.outcome == ChangeOutcome::kNotLeader;
  const bool again = no_leader || answer.outcome == ChangeOutcome::kNotReady;
  if (request.alone || !again) return EndChange(request, answer);
  const bool hint = no_leader && answer.leader.has_value() && *answer.leader != request.target;
  if (no_leader) request.target = hint ? *answer.leader : next;
  AskForChange(arrival.request, hint ? Duration() : kPause);
}

void SimCluster::Handle(ChangeDeadline& deadline) {
  ChangeRequest& request = changes_[deadline.request];
  if (request.done) EndChange(request, {.reason = "no answer in time", .leader = std::nullopt});
}

void SimCluster::EndChange(ChangeRequest& request, const ChangeAnswer& answer) {
  std::exchange(request.done, nullptr)(answer);
}

Configuration SimCluster::MembersOf(NodeId id) const {
  const SimNode& node = *nodes_[id.value()];
  return node.node.has_value() ? node.node->raft().configuration() : Configuration();
}

void SimCluster::Wipe(NodeId id) {
  SimNode& node = At(id);
  node.disk.Crash(sim::Crash::Lose::kEverything);
  node.new_disk = true;
  ++node.wipes;
  scenario_cause_ =
      Emit(id, 0,
           trace::Fault{.what = "the disk of n" + std::to_string(id.value()) + " is wiped",
                        .excuses_loss = false,
                        .deed = Deed::kWipe,
                        .nodes = {id}});
}

// As an operator does it who writes the new store into another directory.
drydock::Status SimCluster::Refound(NodeId id) {
  SimNode& node = At(id);
  const auto content = ReadStore(node.disk, id);
  if (!content.ok()) return content.error();
  const Survivor survivor = SurvivorOf(content.value());
  node.disk.Crash(sim::Crash::Lose::kEverything);
  ++node.wipes;
  const StoreId store = DrawStore(node);
  const drydock::Status done =
      drydock::Refound(content.value(), store, scenario_.ConfigOf(id).segment_bytes, node.disk);
  if (!done.ok()) return done;
  scenario_cause_ = Emit(id, 0, trace::Refounded{store, survivor.term, survivor.last});
  return Ok();
}

}  // namespace drydock::sim
