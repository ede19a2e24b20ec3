// A cluster of raftd processes behind the interface that scenarios are played on: real time, real
// sockets, real files.
//
// Everything happens on one thread: RunUntil takes the answers of the nodes as they come, wakes the
// clients, looks at the processes and their logs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/client/clients.h"
#include "sim/engine/cluster.h"
#include "sim/trace/trace_bus.h"
#include "tools/rehearse/cluster_files.h"
#include "tools/rehearse/narrator.h"
#include "tools/rehearse/node_client.h"
#include "tools/rehearse/node_log.h"
#include "tools/rehearse/process.h"
#include "tools/rehearse/sandbox.h"
#include "tools/rehearse/status_board.h"

namespace drydock::tools {

// A leader that was taken away, and what came after it.
struct Takeover {
  NodeId old_leader;
  std::string how;  // "killed", "suspended", ...
  std::int64_t lost_at = 0;
  std::optional<NodeId> new_leader;
  std::int64_t led_at = 0;
  std::optional<std::int64_t> served_at;  // the first call that was served by then
};

class LiveCluster final : public sim::Cluster, private sim::ClientPort {
 public:
  struct Options {
    std::string raftd;  // the program
    std::uint64_t seed = 0;
    bool namespaces = false;                        // a network of our own, whose links can be cut
    bool disks = false;                             // disks of our own, of any size
    Duration patience = Duration::Seconds(30);      // for what should take a moment
    const std::atomic<int>* interrupted = nullptr;  // becomes a signal\'s number
  };
  // All must outlive the cluster.
  LiveCluster(const sim::Scenario& scenario, const Options& options, const ClusterFiles& files,
              sim::TraceBus& bus, Narrator& narrator);
  ~LiveCluster() override;

  // Makes the world that the nodes live in. An error tells what this machine does not allow.
  Status Prepare();
  // Founds the cluster: starts all nodes and waits until they listen. Time 0 is when they do; then
  // the workload begins.
  Status Start();
  // Until `time`, or until something has happened before.
  void RunUntil(std::int64_t time);
  // Runs until it is so; false if it is not within the options' patience, or was interrupted.
  bool WaitFor(const std::function<bool()>& is_so);
  // From now on scripted calls that are still open tell nobody.
  void EndScenario() { over_ = true; }
  // What the picture shows began after this time.
  bool PictureIsSince(std::int64_t time) const { return board_->picture_time() >= time; }
  // A majority of the nodes runs and nothing keeps them from each other.
  bool HasSoundMajority() const;
  // Reads the key for certain; tells whether an answer came.
  void ReadAtEnd(const std::string& key, std::function<void(bool)> done);
  sim::History TakeHistory() { return clients_.TakeHistory(); }
  // Ends all processes, in good order if that is possible.
  void Stop();

  // What must not happen in any scenario: a node that died by itself, two leaders of a term.
  const std::vector<std::string>& problems() const { return problems_; }
  const std::vector<Takeover>& takeovers() const { return takeovers_; }

  // --- Cluster ---
  std::int64_t Time() const override;
  std::uint32_t size() const override { return static_cast<std::uint32_t>(nodes_.size()); }
  sim::NodeStatus StatusOf(NodeId node) const override;
  std::optional<Bytes> ValueAt(NodeId node, std::string_view key) const override;
  const sim::Versions& versions() const override { return versions_; }
  std::uint64_t elections() const override { return leaders_.size(); }
  std::uint64_t calls_done() const override { return clients_.calls_done(); }
  std::uint64_t calls_busy() const override { return clients_.calls_busy(); }
  std::uint64_t Pick(std::uint64_t bound) override;
  void Crash(NodeId node, sim::Crash::Lose lose) override;
  void Restart(NodeId node) override;
  void Suspend(NodeId node, std::optional<Duration> length) override;
  void Resume(NodeId node) override;
  void Pause(NodeId node) override;
  void Unpause(NodeId node) override;
  void SetDisk(NodeId node, const sim::DiskFault& fault) override;
  void ClearDisk(NodeId node) override;
  sim::NetworkChangeId AddCut(const sim::Cut& cut) override;
  void RemoveCut(sim::NetworkChangeId id) override;
  sim::NetworkChangeId AddFilter(const sim::ActiveFilter& filter) override;
  void RemoveFilter(sim::NetworkChangeId id) override;
  void HealNetwork() override;
  void Call(const sim::ScriptedCall& call, std::optional<NodeId> via, CallDone done) override;
  void Transfer(NodeId node, std::optional<NodeId> target, TransferDone done) override;
  void TakeSnapshot(NodeId node) override;
  Configuration MembersOf(NodeId) const override { return {}; }
  void ChangeMembers(const MembershipChange&, std::optional<NodeId>, Duration,
                     ChangeDone) override {}
  void Wipe(NodeId) override {}
  drydock::Status Refound(NodeId) override { return Ok(); }
  sim::EventId TellFault(sim::trace::Fault fault) override;
  void TellExpectation(std::uint32_t number, bool held, std::string why) override;
  // Of a real cluster these are as they are: scenarios that ask for them are refused before.
  void SetClock(NodeId, std::optional<std::int64_t>, std::optional<Duration>) override {}
  drydock::Status CorruptDisk(NodeId, const sim::Corrupt&) override { return Ok(); }
  sim::NetworkChangeId ChangeNetwork(const sim::NetworkSettings&,
                                     const std::vector<sim::ResolvedLinks>&) override {
    return 0;
  }
  void RestoreNetwork(sim::NetworkChangeId) override {}
  void SetClientLatency(const sim::Latency&) override {}

 private:
  struct LiveNode {
    explicit LiveNode(std::string log_path) : log(std::move(log_path)) {}
    std::optional<Process> process;
    NodeLog log;
    sim::NodeState state = sim::NodeState::kCrashed;
    bool starting = false;  // its process runs and has not said yet that it listens
    bool listened = false;  // this process did
    bool paused = false;
    bool ever_started = false;
    NodeView shown;          // when the versions were counted last
    std::string last_error;  // of its log
  };

  // --- ClientPort ---
  std::int64_t Now() const override { return Time(); }
  sim::EventId EmitClient(sim::EventId cause, const sim::SimEvent& event) override;
  void SendAttempt(sim::Attempt attempt, Duration latency, std::uint64_t tie,
                   sim::EventId cause) override;
  void WakeClientAt(std::int64_t at, std::uint64_t tie, std::uint32_t client,
                    std::uint64_t number) override;

  LiveNode& At(NodeId node) { return *nodes_[node.value()]; }
  const LiveNode& At(NodeId node) const { return *nodes_[node.value()]; }
  std::vector<std::string> CommandOf(NodeId node, bool bootstrap) const;
  Status StartProcess(NodeId node);
  void After(Duration length, std::function<void()> act);
  void RunTimers();
  void Look();
  void LookAt(NodeId node);
  void ReadLog(NodeId node);
  std::int64_t TraceTime() const;
  void TakeLine(NodeId node, const LogLine& line);
  void TakeRole(NodeId node, const LogLine& line);
  void TakeEnding(NodeId node, const Ending& ending);
  void OnPicture();
  void TellStarted(NodeId node, const NodeReport& report);
  void NoteLeader(NodeId node, Term term, std::int64_t since);
  void NoteLeaderLost(NodeId node, const char* how);
  void ApplyLinks();
  void Say(std::string text) { narrator_.Say(Time(), std::move(text)); }
  void Report(std::string problem);
  void Emit(NodeId node, const TraceEvent& event);
  sim::EventId Emit(std::optional<NodeId> node, sim::EventId cause, const sim::SimEvent& event);

  const sim::Scenario& scenario_;
  Options options_;
  const ClusterFiles& files_;
  sim::TraceBus& bus_;
  Narrator& narrator_;
  Sandbox sandbox_;
  sim::Stream picks_;
  sim::Clients clients_;
  std::vector<std::unique_ptr<LiveNode>> nodes_;
  std::unique_ptr<StatusBoard> board_;
  std::int64_t begin_ns_ = 0;  // of the steady clock
  std::int64_t begin_unix_ns_ = 0;
  std::int64_t next_look_ = 0;
  std::multimap<std::int64_t, std::function<void()>> timers_;
  std::map<sim::NetworkChangeId, sim::Cut> cuts_;
  std::map<sim::NetworkChangeId, sim::ActiveFilter> filters_;
  sim::NetworkChangeId next_change_ = 1;
  std::map<Term, NodeId> leaders_;  // all that there were
  std::vector<Takeover> takeovers_;
  sim::Versions versions_;
  sim::EventId scenario_cause_ = 0;
  bool playing_ = false;
  bool over_ = false;
  bool stopping_ = false;
  std::vector<std::string> problems_;
  std::unique_ptr<NodeClient> client_;  // goes first: what it has open refers to all the others
};

}  // namespace drydock::tools
