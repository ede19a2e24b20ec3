// The cluster as a scenario sees it: something with nodes that can be looked at, broken, mended and
// called. The simulated cluster is one; a live one of real processes can stand in for it.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/result.h"
#include "core/protocol/client.h"
#include "core/protocol/configuration.h"
#include "core/protocol/membership.h"
#include "core/protocol/trace_event.h"
#include "core/protocol/transfer.h"
#include "sim/scenario/network_change.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

enum class NodeState : std::uint8_t {
  kRunning,
  kCrashed,
  kHalted,  // stopped itself: fail stop
  kOut,     // refused to start from what its disk holds
};

struct NodeStatus {
  NodeState state = NodeState::kCrashed;
  bool suspended = false;
  bool paused = false;
  Role role = Role::kFollower;
  Term term;
  Index commit, applied, last;
  Term last_term;
  std::uint64_t uncommitted_bytes = 0;  // of a leader
  std::uint64_t client_calls = 0;       // taken and neither answered nor dropped yet
  // When the oldest of them came.
  std::int64_t oldest_client_call = std::numeric_limits<std::int64_t>::max();
  bool runs() const { return state == NodeState::kRunning; }
};

// How a scripted call ended. `given_up` tells why when no answer decided it.
struct CallResult {
  ClientAnswer answer;
  std::string given_up;
};

// Counters that grow when something may have changed what an expectation says.
struct Versions {
  std::uint64_t roles = 0;  // roles, and which nodes run
  std::uint64_t data = 0;   // logs, commit indexes, applied state
};

class Cluster {
 public:
  virtual ~Cluster() = default;

  virtual std::int64_t Time() const = 0;  // nanoseconds since the start
  virtual std::uint32_t size() const = 0;
  virtual NodeStatus StatusOf(NodeId node) const = 0;
  virtual std::optional<Bytes> ValueAt(NodeId node, std::string_view key) const = 0;
  virtual const Versions& versions() const = 0;
  virtual std::uint64_t elections() const = 0;          // won so far
  virtual std::uint64_t calls_done() const = 0;         // client calls decided so far
  virtual std::uint64_t calls_busy() const = 0;         // attempts refused as busy so far
  virtual std::uint64_t Pick(std::uint64_t bound) = 0;  // a decision of the stream "scenario"

  virtual void Crash(NodeId node, sim::Crash::Lose lose) = 0;
  virtual void Restart(NodeId node) = 0;
  virtual void Suspend(NodeId node, std::optional<Duration> length) = 0;
  virtual void Resume(NodeId node) = 0;
  virtual void Pause(NodeId node) = 0;
  virtual void Unpause(NodeId node) = 0;
  virtual void SetClock(NodeId node, std::optional<std::int64_t> rate_ppm,
                        std::optional<Duration> jump) = 0;
  virtual void SetDisk(NodeId node, const DiskFault& fault) = 0;
  virtual void ClearDisk(NodeId node) = 0;
  virtual drydock::Status CorruptDisk(NodeId node, const Corrupt& corrupt) = 0;

  virtual void TakeSnapshot(NodeId node) = 0;

  virtual NetworkChangeId AddCut(const Cut& cut) = 0;
  virtual void RemoveCut(NetworkChangeId id) = 0;  // nothing, if it was healed meanwhile
  virtual NetworkChangeId AddFilter(const ActiveFilter& filter) = 0;
  virtual void RemoveFilter(NetworkChangeId id) = 0;
  virtual void HealNetwork() = 0;  // all cuts and filters
  // What the settings leave open stays. The id names the state before, to go back to.
  virtual NetworkChangeId ChangeNetwork(const NetworkSettings& settings,
                                        const std::vector<ResolvedLinks>& links) = 0;
  virtual void RestoreNetwork(NetworkChangeId before) = 0;
  virtual void SetClientLatency(const Latency& latency) = 0;

  // `via`: asked alone, without following hints. `done` is called once, perhaps much later.
  using CallDone = std::function<void(const CallResult&)>;
  virtual void Call(const ScriptedCall& call, std::optional<NodeId> via, CallDone done) = 0;

  // Asks the node to hand leadership over. `done` is called once; with nothing if nobody answers.
  using TransferDone = std::function<void(const std::optional<TransferAnswer>&)>;
  virtual void Transfer(NodeId node, std::optional<NodeId> target, TransferDone done) = 0;
  // Changes of the members; a driver that cannot do it plays no scenario that asks for it.
  // `node` goes by this configuration.
  virtual Configuration MembersOf(NodeId node) const = 0;
  // `via`: asked alone. `done` is called once, at the latest after `within`.
  using ChangeDone = std::function<void(const ChangeAnswer&)>;
  virtual void ChangeMembers(const MembershipChange& change, std::optional<NodeId> via,
                             Duration within, ChangeDone done) = 0;
  // Of a node that does not run.
  virtual void Wipe(NodeId node) = 0;
  virtual drydock::Status Refound(NodeId node) = 0;

  // The number of the event; 0 if nobody counts.
  virtual EventId TellFault(trace::Fault fault) = 0;
  virtual void TellExpectation(std::uint32_t number, bool held, std::string why) = 0;
};

}  // namespace drydock::sim
