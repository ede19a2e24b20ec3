// Plays a scenario's timeline on a cluster and watches its expectations. It knows nothing of how
// the cluster is made: its driver asks for the next moment, lets time pass, and tells it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/cluster.h"
#include "sim/engine/expectations.h"
#include "sim/engine/targets.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

class Director {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // The scenario and the cluster must outlive the director, and so must `resolved`, if it is there:
  // it is told who the targets of each event turned out to be.
  Director(const Scenario& scenario, Cluster& cluster,
           std::vector<ResolvedEvent>* resolved = nullptr);

  // When there is something to do next. What it does comes before other events of that time.
  std::int64_t NextMoment() const {
    return agenda_.empty() ? kNever : agenda_.begin()->first.first;
  }
  void ActAt(std::int64_t now);
  // To be called after each event of the cluster.
  void OnEvent(std::int64_t now) {
    now_ = now;
    expectations_.OnChange(now);
  }
  void Finish(std::int64_t now);

  Expectations& expectations() { return expectations_; }

 private:
  struct Flapping {
    Cut cut;
    Duration period;
    std::int64_t end = kNever;
    std::uint64_t heals = 0;  // how often everything had been healed when it began
  };
  struct PlayedCall {
    const ScriptedCall* call = nullptr;
    std::int64_t at = 0;
    bool answered = false;
  };
  struct PlayedChange {
    const ChangeMembers* event = nullptr;
    std::string text;  // "add n3"
    std::int64_t at = 0;
    bool answered = false;
  };

  struct PlayedTransfer {
    const TransferLeader* event = nullptr;
    std::string text;  // "at 1s, the transfer to n2"
    bool judged = false;
  };

  void Schedule(std::int64_t at, std::function<void()> act);
  void ScheduleAfter(std::optional<Duration> length, std::function<void()> act);
  void Perform(const Event& event);

  void Do(const Crash& crash);
  void Do(const Restart& restart);
  void Do(const SuspendNode& suspend);
  void Do(const ResumeNode& resume);
  void Do(const sim::Pause& pause);
  void Do(const sim::Unpause& unpause);
  void Do(const Partition& partition);
  void Do(const Heal& heal);
  void Do(const SetNetwork& set);
  void Do(const Filter& filter);
  void Do(const SetClock& set);
  void Do(const DiskFault& fault);
  void Do(const Corrupt& corrupt);
  void Do(const ScriptedCall& call);
  void Do(const SnapshotNode& snapshot);
  void Do(const Note& note);
  void Do(const TransferLeader& transfer);
  void Do(const ChangeMembers& change);  // director_members.cc, with the next
  void Do(const Wipe& wipe);
  void Do(const RefoundNode& refound);

  EventId Tell(Deed deed, std::string what, std::vector<NodeId> nodes = {}, EventId ends = 0);
  std::vector<NodeId> Bind(const Targets& targets, const std::string& as);
  void Flap(const Flapping& flapping, NetworkChangeId cut, EventId told);
  NetworkChangeId ApplyNetwork(const NetworkSettings& settings);
  void JudgeCall(std::size_t place, const CallResult& answer);
  void FinishCalls();
  void JudgeTransfer(std::size_t place, const std::optional<TransferAnswer>& answer);
  void FinishTransfers();
  void JudgeChange(std::size_t place, const ChangeAnswer& answer);
  void FinishChanges();

  const Scenario& scenario_;
  Cluster& cluster_;
  TargetResolver targets_;
  std::vector<ResolvedEvent>* resolved_;  // by event; null: nobody wants to know
  Expectations expectations_;
  // By time, then in the order in which it was put there: the file's.
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> agenda_;
  std::uint64_t next_entry_ = 0;
  std::int64_t now_ = 0;
  std::uint64_t heals_ = 0;  // how often all cuts were healed: ends what flaps
  std::vector<PlayedCall> calls_;
  std::vector<PlayedTransfer> transfers_;
  std::vector<PlayedChange> changes_;
};

}  // namespace drydock::sim
