#include "sim/cluster/sim_cluster.h"

#include <algorithm>
#include <span>

#include "core/base/check.h"
#include "core/base/hasher.h"

namespace drydock::sim {
namespace {

// Calls between nodes are numbered apart from those of clients, and so are those of an operator.
constexpr std::uint64_t kPeerCall = std::uint64_t{1} << 63;
constexpr std::uint64_t kOperatorCall = std::uint64_t{1} << 62;

}  // namespace

SimCluster::SimCluster(const Scenario& scenario, std::uint64_t seed, TraceBus& bus, Pins* taken)
    : scenario_(scenario),
      seed_(seed),
      bus_(bus),
      network_(scenario.nodes, seed, scenario.pins, taken),
      picks_(seed, "scenario", scenario.pins),
      clients_(scenario.workload, scenario.until.nanoseconds(), scenario.nodes, seed, scenario.pins,
               *this) {
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    const std::string number = std::to_string(i);
    nodes_.push_back(std::make_unique<SimNode>(NodeId(i), Stream(seed, "n" + number, scenario.pins),
                                               Stream(seed, "d" + number, scenario.pins, taken),
                                               scenario.disk));
  }
}

void SimCluster::Start() {
  for (const auto& node : nodes_) Restart(node->id);
  clients_.Start();
}

// --- The queue ----------------------------------------------------------------------------------

std::int64_t SimCluster::NextEventTime() {
  return queue_.NextTime();
}

// A wake-up that came too early, or for a process that is gone, is no event: nothing happens.
bool SimCluster::IsDue(const Item& item) {
  if (const auto* client = std::get_if<ClientWakeUp>(&item)) {
    return clients_.IsDue(client->client, client->number);
  }
  const auto* wake = std::get_if<WakeUp>(&item);
  if (wake == nullptr) return true;
  SimNode& node = At(wake->node);
  if (wake->number != node.wake_number) return false;
  node.wake_at = EventQueue<Item>::kNever;
  if (!node.Listens() || node.paused) return false;
  if (node.clock.At(now_) >= node.node->NextDeadline()) return true;
  ScheduleWake(node);
  return false;
}

void SimCluster::RunNextEvent() {
  now_ = queue_.NextTime();
  queue_.Pop([this](Item& item) {
    if (!IsDue(item)) return;
    ++events_;
    std::visit([this](auto& what) { Handle(what); }, item);
  });
}

void SimCluster::Handle(WakeUp& wake) {
  StepNode(At(wake.node), Wake{}, 0);
}

void SimCluster::Handle(Delivery& delivery) {
  const Message& message = delivery.message;
  SimNode& to = At(message.to);
  std::optional<DropReason> reason;
  if (!to.Listens()) {
    reason = DropReason::kNodeDown;
  } else if (network_.IsCut(message.from, message.to)) {
    reason = DropReason::kPartition;
  } else if (to.epoch != delivery.epoch && !network_.DeliversStale(message.from, message.to)) {
    reason = DropReason::kRestarted;
  }
  if (reason.has_value()) {
    Emit(to.id, delivery.cause, trace::Dropped{&message, *reason});
    return;
  }
  const EventId event = Emit(to.id, delivery.cause, trace::Delivered{&message});
  if (!IsRequest(message.body)) {
    return StepNode(to, PeerResponse{std::move(delivery.message)}, event);
  }
  const CallId call(kPeerCall | next_call_++);
  StepNode(to, PeerRequest{call, std::move(delivery.message)}, event);
}

void SimCluster::Handle(DiskEnd& end) {
  SimNode& node = At(end.node);
  if (end.epoch != node.epoch) return;  // its process is gone, and the operation with it
  DiskOutcome outcome = node.disk.Complete(end.ticket);
  const EventId event =
      Emit(node.id, end.cause, trace::DiskFinished{end.ticket, outcome.error, outcome.lied});
  StepNode(node, DiskDone{end.ticket, outcome.error, std::move(outcome.bytes)}, event);
}

void SimCluster::Handle(CallArrival& arrival) {
  SimNode& node = At(arrival.attempt.target);
  const CallId call = arrival.attempt.call;
  const EventId event = Emit(node.id, arrival.cause, trace::Arrived{call});
  if (node.Listens()) {
    return StepNode(node, ClientCall{call, std::move(arrival.attempt.request)}, event);
  }
  // Nobody listens at that address: the client's machine learns it after the way back.
  const std::int64_t at = now_ + clients_.DrawLatency(call).nanoseconds();
  queue_.Push(at, clients_.DrawTie(call), AnswerArrival{call, std::nullopt, event});
}

void SimCluster::Handle(AnswerArrival& arrival) {
  clients_.OnAnswer(arrival.call, arrival.answer, arrival.cause);
}

void SimCluster::Handle(ClientWakeUp& wake) {
  clients_.Wake(wake.client);
}

// --- Stepping a node ----------------------------------------------------------------------------

// `cause` is the event that brings the input; 0 when the node's own timer does.
void SimCluster::StepNode(SimNode& node, Input&& input, EventId cause) {
  if (node.paused) {
    node.inbox.emplace_back(std::move(input), cause);
    return;
  }
  effects_.Clear();
  if (const std::optional<CallId> call = CallOf(input)) OpenCall(node, *call);
  node.node->Step(node.clock.At(now_), std::span(&input, 1), effects_);
  const EventId reason = TellNodeEvents(node, cause);
  SubmitDiskOps(node, reason);
  for (Message& message : effects_.messages) Transmit(std::move(message), reason);
  for (PeerReply& reply : effects_.peer_replies) {
    CloseCall(node, reply.call);
    Transmit(std::move(reply.message), reason);
  }
  for (const ClientReply& reply : effects_.client_replies) AnswerClient(node, reply, reason);
  for (const TransferReply& reply : effects_.transfer_replies) {
    CloseCall(node, reply.call);
    EndTransfer(reply.call, reply.answer);
  }
  for (const ChangeReply& reply : effects_.change_replies) AnswerChange(node, reply);
  for (const CallId call : effects_.drops) {
    CloseCall(node, call);
    EndTransfer(call, std::nullopt);
  }
  DRYDOCK_CHECK(node.open_calls.size() == node.node->open_calls(), node.id, node.open_calls.size(),
                node.node->open_calls());
  if (node.node->halted()) {
    node.state = NodeState::kHalted;
    node.disk.EndProcess();
    node.disk_free_at.fill(now_);
    ++node.epoch;
    ++versions_.roles;
  }
  ScheduleWake(node);
}

// Gives the event that everything in this step follows from.
EventId SimCluster::TellNodeEvents(SimNode& node, EventId cause) {
  EventId reason = cause;
  for (const TraceEvent& event : effects_.trace) {
    const bool fired = std::holds_alternative<drydock::trace::TimerFired>(event);
    const EventId id = bus_.Emit(now_, node.id, fired ? cause : reason, event);
    if (fired) reason = id;  // what follows happens because of the timer
    if (const auto* role = std::get_if<drydock::trace::RoleChanged>(&event)) {
      ++versions_.roles;
      if (role->role == Role::kLeader) ++elections_;
    } else if (!std::holds_alternative<drydock::trace::TimerArmed>(event)) {
      ++versions_.data;
    }
  }
  return reason;
}

void SimCluster::Transmit(Message&& message, EventId cause) {
  const auto type = static_cast<MessageType>(message.body.index());
  const NodeId from = message.from;
  const NodeId to = message.to;
  DRYDOCK_CHECK(to.value() < nodes_.size() && to != from, from, to);
  const EventId sent = Emit(from, cause, trace::Sent{&message});
  const Fate fate = network_.Send(now_, from, to, type);
  const std::uint64_t tie = network_.DrawTie(from, to);
  if (fate.dropped.has_value()) {
    Emit(from, sent, trace::Dropped{&message, *fate.dropped});
    return;
  }
  const std::uint32_t epoch = At(to).epoch;
  if (fate.second_arrival.has_value()) {
    const EventId copy = Emit(from, sent, trace::Duplicated{&message});
    queue_.Push(*fate.second_arrival, tie, Delivery{message, epoch, copy});
  }
  queue_.Push(fate.arrival, tie, Delivery{std::move(message), epoch, sent});
}

void SimCluster::AnswerClient(SimNode& node, const ClientReply& reply, EventId cause) {
  CloseCall(node, reply.call);
  const EventId event = Emit(node.id, cause, trace::Replied{reply.call, &reply.answer});
  if ((reply.call.value() & kOperatorCall) != 0) return;
  const std::int64_t at = now_ + clients_.DrawLatency(reply.call).nanoseconds();
  queue_.Push(at, clients_.DrawTie(reply.call), AnswerArrival{reply.call, reply.answer, event});
}

void SimCluster::SubmitDiskOps(SimNode& node, EventId cause) {
  for (DiskOp& op : effects_.disk) {
    const Ticket ticket = op.ticket;
    const EventId event = Emit(node.id, cause, trace::DiskSubmitted{&op});
    std::int64_t& free_at = node.disk_free_at[static_cast<std::size_t>(op.lane)];
    free_at = std::max(free_at, now_) + node.disk.TimeFor(op).nanoseconds();
    node.disk.Submit(std::move(op));
    queue_.Push(free_at, node.stream.Pick(Decision::kTie, ~std::uint64_t{0}),
                DiskEnd{node.id, ticket, node.epoch, event});
  }
}

// One wake-up is in the queue; a later deadline lets it come too early and be moved then.
void SimCluster::ScheduleWake(SimNode& node) {
  if (!node.Listens() || node.paused) return;
  const TimePoint deadline = node.node->NextDeadline();
  if (deadline == TimePoint::Max()) return;
  const std::int64_t at = node.clock.When(deadline, now_);
  if (at >= node.wake_at) return;
  node.wake_at = at;
  queue_.Push(at, node.stream.Pick(Decision::kTie, ~std::uint64_t{0}),
              WakeUp{node.id, ++node.wake_number});
}

void SimCluster::TakeSnapshot(NodeId node) {
  if (!At(node).Listens()) return;
  const CallId call(kOperatorCall | next_call_++);
  StepNode(At(node), drydock::TakeSnapshot{call}, scenario_cause_);
}

// --- Calls: each is answered or dropped exactly once --------------------------------------------

void SimCluster::OpenCall(SimNode& node, CallId call) {
  node.open_calls.push_back({call, now_});
}

void SimCluster::CloseCall(SimNode& node, CallId call) {
  // The newest are the likeliest.
  const auto found = std::find_if(node.open_calls.rbegin(), node.open_calls.rend(),
                                  [call](const HeldCall& open) { return open.call == call; });
  DRYDOCK_CHECK(found != node.open_calls.rend(), node.id, call);
  *found = node.open_calls.back();
  node.open_calls.pop_back();
}

// --- ClientPort ---------------------------------------------------------------------------------

EventId SimCluster::EmitClient(EventId cause, const SimEvent& event) {
  return Emit(std::nullopt, cause, event);
}

void SimCluster::SendAttempt(Attempt attempt, Duration latency, std::uint64_t tie, EventId cause) {
  queue_.Push(now_ + latency.nanoseconds(), tie, CallArrival{std::move(attempt), cause});
}

void SimCluster::WakeClientAt(std::int64_t at, std::uint64_t tie, std::uint32_t client,
                              std::uint64_t number) {
  queue_.Push(at, tie, ClientWakeUp{client, number});
}

void SimCluster::Call(const ScriptedCall& call, std::optional<NodeId> via, CallDone done) {
  clients_.CallScripted(call, via, std::move(done));
}

// --- Transfers ----------------------------------------------------------------------------------

void SimCluster::Transfer(NodeId id, std::optional<NodeId> target, TransferDone done) {
  SimNode& node = At(id);
  if (!node.Listens()) return done(std::nullopt);
  const CallId call(kPeerCall | next_call_++);
  transfers_.emplace(call, std::move(done));
  StepNode(node, TransferLeadership{call, target}, scenario_cause_);
}

// A crash ends it without a word: what is left is never answered.
void SimCluster::EndTransfer(CallId call, const std::optional<TransferAnswer>& answer) {
  const auto found = transfers_.find(call);
  if (found == transfers_.end()) return;
  const TransferDone done = std::move(found->second);
  transfers_.erase(found);
  done(answer);
}

// --- What there is to see -----------------------------------------------------------------------

NodeStatus SimCluster::StatusOf(NodeId id) const {
  const SimNode& node = *nodes_[id.value()];
  NodeStatus status{.state = node.state, .suspended = false, .paused = node.paused};
  if (!node.node.has_value()) return status;
  const Raft& raft = node.node->raft();
  status.suspended = raft.suspended();
  status.role = raft.role();
  status.term = raft.term();
  status.commit = raft.commit();
  status.applied = node.node->applied();
  status.last = raft.log().last();
  status.last_term = raft.log().last_term();
  status.uncommitted_bytes = raft.uncommitted_bytes();
  for (const HeldCall& open : node.open_calls) {
    if ((open.call.value() & (kPeerCall | kOperatorCall)) != 0) continue;
    ++status.client_calls;
    status.oldest_client_call = std::min(status.oldest_client_call, open.since);
  }
  return status;
}

std::optional<Bytes> SimCluster::ValueAt(NodeId node, std::string_view key) const {
  const SimNode& at = *nodes_[node.value()];
  return at.node.has_value() ? at.node->kv().Get(key) : std::nullopt;
}

std::uint64_t SimCluster::Pick(std::uint64_t bound) {
  return picks_.Pick(Decision::kPick, bound);
}

EventId SimCluster::TellFault(trace::Fault fault) {
  scenario_cause_ = Emit(std::nullopt, 0, std::move(fault));
  return scenario_cause_;
}

void SimCluster::TellExpectation(std::uint32_t number, bool held, std::string why) {
  Emit(std::nullopt, 0, trace::Expected{number, held, std::move(why)});
}

}  // namespace drydock::sim
