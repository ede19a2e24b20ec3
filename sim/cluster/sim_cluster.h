// The simulated cluster: nodes, links, disks, clocks and clients in virtual time, one thread, one
// queue.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/time.h"
#include "core/node/node.h"
#include "sim/client/clients.h"
#include "sim/cluster/event_queue.h"
#include "sim/cluster/sim_node.h"
#include "sim/engine/cluster.h"
#include "sim/network/network.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/trace_bus.h"

namespace drydock::sim {

class SimCluster final : public Cluster, private ClientPort {
 public:
  // The scenario and the bus must outlive the cluster, and so must `taken` (as for a Stream).
  SimCluster(const Scenario& scenario, std::uint64_t seed, TraceBus& bus, Pins* taken = nullptr);

  // Starts all nodes and the workload, at virtual time 0.
  void Start();
  // The time of the next event; EventQueue::kNever if there is none.
  std::int64_t NextEventTime();
  void RunNextEvent();
  void SetNow(std::int64_t now) { now_ = now; }
  std::uint64_t events() const { return events_; }
  History TakeHistory() { return clients_.TakeHistory(); }
  const SimNode& node(NodeId id) const { return *nodes_[id.value()]; }

  // --- Cluster ---
  std::int64_t Time() const override { return now_; }
  std::uint32_t size() const override { return static_cast<std::uint32_t>(nodes_.size()); }
  NodeStatus StatusOf(NodeId node) const override;
  std::optional<Bytes> ValueAt(NodeId node, std::string_view key) const override;
  const Versions& versions() const override { return versions_; }
  std::uint64_t elections() const override { return elections_; }
  std::uint64_t calls_done() const override { return clients_.calls_done(); }
  std::uint64_t calls_busy() const override { return clients_.calls_busy(); }
  std::uint64_t Pick(std::uint64_t bound) override;
  void Crash(NodeId node, sim::Crash::Lose lose) override;
  void Restart(NodeId node) override;
  void Suspend(NodeId node, std::optional<Duration> length) override;
  void Resume(NodeId node) override;
  void Pause(NodeId node) override;
  void Unpause(NodeId node) override;
  void SetClock(NodeId node, std::optional<std::int64_t> rate_ppm,
                std::optional<Duration> jump) override;
  void SetDisk(NodeId node, const DiskFault& fault) override;
  void ClearDisk(NodeId node) override;
  drydock::Status CorruptDisk(NodeId node, const Corrupt& corrupt) override;
  void TakeSnapshot(NodeId node) override;
  NetworkChangeId AddCut(const Cut& cut) override { return network_.AddCut(cut); }
  void RemoveCut(NetworkChangeId id) override { network_.RemoveCut(id); }
  NetworkChangeId AddFilter(const ActiveFilter& filter) override {
    return network_.AddFilter(filter);
  }
  void RemoveFilter(NetworkChangeId id) override { network_.RemoveFilter(id); }
  void HealNetwork() override { network_.HealAll(); }
  NetworkChangeId ChangeNetwork(const NetworkSettings& settings,
                                const std::vector<ResolvedLinks>& links) override;
  void RestoreNetwork(NetworkChangeId before) override;
  void SetClientLatency(const Latency& latency) override { clients_.SetLatency(latency); }
  void Call(const ScriptedCall& call, std::optional<NodeId> via, CallDone done) override;
  void Transfer(NodeId node, std::optional<NodeId> target, TransferDone done) override;
  Configuration MembersOf(NodeId node) const override;
  void ChangeMembers(const MembershipChange& change, std::optional<NodeId> via, Duration within,
                     ChangeDone done) override;
  void Wipe(NodeId node) override;
  drydock::Status Refound(NodeId node) override;
  EventId TellFault(trace::Fault fault) override;
  void TellExpectation(std::uint32_t number, bool held, std::string why) override;

 private:
  // --- What waits in the queue ---
  struct Delivery {
    Message message;
    std::uint32_t epoch;  // of the receiver when it was sent
    EventId cause;
  };
  struct WakeUp {
    NodeId node;
    std::uint64_t number;
  };
  struct DiskEnd {
    NodeId node;
    Ticket ticket;
    std::uint32_t epoch;
    EventId cause;
  };
  struct CallArrival {
    Attempt attempt;
    EventId cause;
  };
  struct AnswerArrival {
    CallId call;
    std::optional<ClientAnswer> answer;
    EventId cause;
  };
  struct ClientWakeUp {
    std::uint32_t client;
    std::uint64_t number;
  };
  // A request to change the members is sent, answered (nullopt: nobody is there) or given up.
  struct ChangeArrival {
    std::size_t request;
    std::uint64_t attempt;
    NodeId target;
  };
  struct ChangeAnswerArrival {
    std::size_t request;
    std::uint64_t attempt;
    std::optional<ChangeAnswer> answer;
  };
  struct ChangeDeadline {
    std::size_t request;
  };
  using Item = std::variant<Delivery, WakeUp, DiskEnd, CallArrival, AnswerArrival, ClientWakeUp,
                            ChangeArrival, ChangeAnswerArrival, ChangeDeadline>;
  struct ChangeRequest {
    MembershipChange change;
    bool alone = false;  // one node only is asked
    NodeId target;
    std::uint64_t attempt = 0;
    ChangeDone done;  // empty once called
  };

  bool IsDue(const Item& item);

  void Handle(Delivery& delivery);
  void Handle(WakeUp& wake);
  void Handle(DiskEnd& end);
  void Handle(CallArrival& arrival);
  void Handle(AnswerArrival& arrival);
  void Handle(ClientWakeUp& wake);
  // sim_cluster_members.cc
  void Handle(ChangeArrival& arrival);
  void Handle(ChangeAnswerArrival& arrival);
  void Handle(ChangeDeadline& deadline);
  void AskForChange(std::size_t number, Duration after);
  void AnswerChange(SimNode& node, const ChangeReply& reply);
  void EndChange(ChangeRequest& request, const ChangeAnswer& answer);

  // --- ClientPort ---
  std::int64_t Now() const override { return now_; }
  EventId EmitClient(EventId cause, const SimEvent& event) override;
  void SendAttempt(Attempt attempt, Duration latency, std::uint64_t tie, EventId cause) override;
  void WakeClientAt(std::int64_t at, std::uint64_t tie, std::uint32_t client,
                    std::uint64_t number) override;

  void StepNode(SimNode& node, Input&& input, EventId cause);
  EventId TellNodeEvents(SimNode& node, EventId cause);
  void Transmit(Message&& message, EventId cause);
  void AnswerClient(SimNode& node, const ClientReply& reply, EventId cause);
  void EndTransfer(CallId call, const std::optional<TransferAnswer>& answer);
  void SubmitDiskOps(SimNode& node, EventId cause);
  void ScheduleWake(SimNode& node);
  void OpenCall(SimNode& node, CallId call);
  void CloseCall(SimNode& node, CallId call);
  Recovered TellStart(SimNode& node, Recovered recovered, EventId cause);
  void TellFirstState(const SimNode& node, EventId cause);
  static StoreId DrawStore(const SimNode& node);
  NodeConfig ConfigOf(const SimNode& node, Incarnation incarnation) const;
  EventId Emit(std::optional<NodeId> node, EventId cause, const SimEvent& event) {
    return bus_.Emit(now_, node, cause, event);
  }
  SimNode& At(NodeId id) { return *nodes_[id.value()]; }

  const Scenario& scenario_;
  std::uint64_t seed_;
  TraceBus& bus_;
  Network network_;
  std::vector<Network::Snapshot> networks_;  // before each change, by id
  Stream picks_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  Clients clients_;
  std::vector<ChangeRequest> changes_;
  EventQueue<Item> queue_;
  std::int64_t now_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t next_call_ = 1;
  std::uint64_t elections_ = 0;
  EventId scenario_cause_ = 0;  // the last fault told: what the scenario does now follows from it
  Versions versions_;
  std::map<CallId, TransferDone> transfers_;  // asked for by the scenario, not yet answered
  Effects effects_;
};

}  // namespace drydock::sim
