#include "net/runtime/node_runner.h"

#include <utility>

namespace drydock::net {
namespace {

constexpr std::size_t kMaxParked = 10000;

}  // namespace

NodeRunner::NodeRunner(Node node, NodeEnvironment& environment, std::size_t max_calls)
    : node_(std::move(node)), environment_(environment), max_calls_(max_calls) {}

void NodeRunner::Ask(ClientRequest request, Question question) {
  const CallTable::OpenCall call{.question = question,
                                 .asked = environment_.Now(),
                                 .of_client = true,
                                 .kind = KindOf(request.op)};
  if (refuses_clients_) return RefuseNow(Outcome::kNotLeader, call);
  if (calls_.clients() >= max_calls_) return RefuseNow(Outcome::kBusy, call);
  environment_.Asked(call);
  inputs_.emplace_back(ClientCall{calls_.Open(call), std::move(request)});
}

void NodeRunner::RefuseNow(Outcome outcome, const CallTable::OpenCall& call) {
  const ClientAnswer refusal{.outcome = outcome, .term = node_.raft().term()};
  environment_.Answered(call, refusal);
  call.question.caller->OnAnswer(call.question.number, refusal);
}

void NodeRunner::Take(Message request, Question question) {
  if (stopped_) return question.caller->OnDrop(question.number);
  inputs_.emplace_back(PeerRequest{calls_.Open({.question = question}), std::move(request)});
}

// A suspended node leads nothing, and an operator is told so at once.
void NodeRunner::Transfer(std::optional<NodeId> target, Question question) {
  if (stopped_) return question.caller->OnDrop(question.number);
  if (node_.raft().suspended()) {
    return question.caller->OnTransfer(question.number, {.outcome = TransferOutcome::kNotLeader,
                                                         .target = target,
                                                         .leader = std::nullopt,
                                                         .term = node_.raft().term()});
  }
  inputs_.emplace_back(TransferLeadership{calls_.Open({.question = question}), target});
}

void NodeRunner::ChangeMembers(MembershipChange change, Question question) {
  if (stopped_) return question.caller->OnDrop(question.number);
  if (node_.raft().suspended()) {
    return question.caller->OnChange(question.number, {.outcome = ChangeOutcome::kNotLeader,
                                                       .reason = "this node is suspended",
                                                       .leader = std::nullopt,
                                                       .term = node_.raft().term(),
                                                       .index = Index(0)});
  }
  inputs_.emplace_back(drydock::ChangeMembers{
      calls_.Open({.question = question, .of_operator = true}), std::move(change)});
}

void NodeRunner::TakeSnapshot(Question question) {
  if (stopped_) return question.caller->OnDrop(question.number);
  inputs_.emplace_back(
      drydock::TakeSnapshot{calls_.Open({.question = question, .of_operator = true})});
}

void NodeRunner::Step() {
  if (stopped_) return;
  const TimePoint now = environment_.Now();
  if (inputs_.empty()) {
    if (node_.NextDeadline() > now) return;
    inputs_.emplace_back(Wake{});
  }
  const bool was_suspended = node_.raft().suspended();
  effects_.Clear();
  node_.BeginStep(now, inputs_, effects_);
  inputs_.clear();
  CarryOut();
  effects_.Clear();
  node_.EndStep(effects_);
  CarryOut();
  if (was_suspended && !node_.raft().suspended()) ReleaseParked();
}

// The disk first: its thread works while this one sends.
void NodeRunner::CarryOut() {
  for (DiskOp& op : effects_.disk) environment_.Submit(std::move(op));
  for (const Message& message : effects_.messages) environment_.Send(message);
  AnswerCallers();
  AnswerOperators();
  DropCallers();
  for (const TraceEvent& event : effects_.trace) environment_.Observe(event);
}

void NodeRunner::AnswerCallers() {
  for (const PeerReply& reply : effects_.peer_replies) {
    const Question asked = calls_.Close(reply.call).question;
    asked.caller->OnReply(asked.number, reply.message);
  }
  for (ClientReply& reply : effects_.client_replies) {
    const CallTable::OpenCall call = calls_.Close(reply.call);
    if (call.of_client) environment_.Answered(call, reply.answer);
    call.question.caller->OnAnswer(call.question.number, std::move(reply.answer));
  }
}

void NodeRunner::AnswerOperators() {
  for (const TransferReply& reply : effects_.transfer_replies) {
    const Question asked = calls_.Close(reply.call).question;
    asked.caller->OnTransfer(asked.number, reply.answer);
  }
  for (const ChangeReply& reply : effects_.change_replies) {
    const Question asked = calls_.Close(reply.call).question;
    asked.caller->OnChange(asked.number, reply.answer);
  }
}

void NodeRunner::DropCallers() {
  for (const CallId call : effects_.drops) {
    const CallTable::OpenCall open = calls_.Close(call);
    if (open.of_client) environment_.Dropped(open);
    const Question& asked = open.question;
    if (node_.raft().suspended() && !open.of_operator && parked_.size() < kMaxParked) {
      parked_.push_back(asked);
    } else {
      asked.caller->OnDrop(asked.number);
    }
  }
}

void NodeRunner::ReleaseParked() {
  for (const Question& asked : std::exchange(parked_, {})) asked.caller->OnDrop(asked.number);
}

void NodeRunner::Abandon() {
  stopped_ = true;
  refuses_clients_ = true;
  for (const CallTable::OpenCall& open : calls_.CloseAll()) {
    if (open.of_client) environment_.Dropped(open);
    open.question.caller->OnDrop(open.question.number);
  }
  inputs_.clear();
  ReleaseParked();
}

}  // namespace drydock::net
