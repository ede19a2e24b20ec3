// Steps the node: gathers what has come, gives it to the node at once, and carries out what the
// node wants. Lives on one thread; knows neither gRPC nor files, so a test can drive it.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/node/node.h"
#include "net/runtime/call_table.h"

namespace drydock::net {

// Where the node's messages, disk operations and news go.
class NodeEnvironment {
 public:
  virtual ~NodeEnvironment() = default;
  virtual TimePoint Now() = 0;
  virtual void Send(const Message& message) = 0;
  virtual void Submit(DiskOp op) = 0;
  virtual void Observe(const TraceEvent& event) = 0;
  // A client's call is taken; then it is about to be answered, or ends without an answer.
  virtual void Asked(const CallTable::OpenCall& call) = 0;
  virtual void Answered(const CallTable::OpenCall& call, const ClientAnswer& answer) = 0;
  virtual void Dropped(const CallTable::OpenCall& call) = 0;
};

class NodeRunner {
 public:
  // `max_calls` bounds the client calls that are taken and not answered: beyond it they are refused
  // as busy. The environment must outlive the runner.
  NodeRunner(Node node, NodeEnvironment& environment, std::size_t max_calls);

  // --- What has come. Nothing happens to it before Step. ---
  void Ask(ClientRequest request, Question question);
  void Take(Message request, Question question);
  // Leadership goes to the target, or to the best of the others. The caller is told by OnTransfer.
  void Transfer(std::optional<NodeId> target, Question question);
  // The members are changed. The caller is told by OnChange, or by OnDrop when the outcome is
  // unknown.
  void ChangeMembers(MembershipChange change, Question question);
  // The node writes a snapshot. The caller is told by OnAnswer: kOk, or kBusy while one is being
  // written; or by OnDrop.
  void TakeSnapshot(Question question);
  void Take(PeerResponse response) { inputs_.emplace_back(std::move(response)); }
  void Take(DiskDone done) { inputs_.emplace_back(std::move(done)); }
  void Suspend(Duration length) { inputs_.emplace_back(drydock::Suspend{length}); }
  void Resume() { inputs_.emplace_back(drydock::Resume{}); }

  // Steps the node if there is something for it to do by now.
  void Step();
  // When to step if nothing comes.
  TimePoint NextDeadline() const { return stopped_ ? TimePoint::Max() : node_.NextDeadline(); }
  // From now on clients are told, as by a node that does not lead, to ask another.
  void RefuseClients() { refuses_clients_ = true; }
  // Gives up every question: the node will not be stepped again.
  void Abandon();

  const Node& node() const { return node_; }
  std::size_t open_client_calls() const { return calls_.clients(); }

 private:
  void CarryOut();
  void AnswerCallers();
  void AnswerOperators();
  void DropCallers();
  void ReleaseParked();
  void RefuseNow(Outcome outcome, const CallTable::OpenCall& call);

  Node node_;
  NodeEnvironment& environment_;
  std::size_t max_calls_;
  bool refuses_clients_ = false;
  bool stopped_ = false;
  CallTable calls_;
  std::vector<Input> inputs_;
  Effects effects_;
  // Questions that a suspended node has not answered: silence is what the asker sees until the
  // suspension ends. Bounded: what is beyond is told at once.
  std::vector<Question> parked_;
};

}  // namespace drydock::net
