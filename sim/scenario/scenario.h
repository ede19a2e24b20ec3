// A scenario: one story of a cluster as data. The parser makes it from JSON (scenarios/schema/),
// the fuzzer from a seed; the engine plays it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "core/protocol/membership.h"
#include "core/protocol/settings.h"
#include "core/protocol/trace_event.h"
#include "sim/decisions.h"

namespace drydock::sim {

// --- Who ----------------------------------------------------------------------------------------

// A node or a group, named by what it is when the event happens.
struct Target {
  enum class Kind : std::uint8_t {
    kNode,      // n0, n1, ...
    kBound,     // $name, bound earlier with "as": may stand for several nodes
    kLeader,    // the running leader with the highest term
    kFollower,  // one running node that is not the leader: a seeded pick
    kAll,
    kAlive,      // neither crashed nor out
    kFollowers,  // all running nodes but the leader
    kMinority,   // a seeded pick of as many nodes as can be spared, without the leader
    kMajority,   // all the others
    kMembers,    // voters and learners in the leader's configuration; without a leader nobody
  };
  Kind kind = Kind::kNode;
  NodeId node;       // kNode
  std::string name;  // kBound, without the '$'
  friend bool operator==(const Target&, const Target&) = default;
};
using Targets = std::vector<Target>;  // the union

// --- Network ------------------------------------------------------------------------------------

struct ConstantLatency {
  Duration value;
  friend bool operator==(const ConstantLatency&, const ConstantLatency&) = default;
};
struct UniformLatency {
  Duration min, max;
  friend bool operator==(const UniformLatency&, const UniformLatency&) = default;
};
struct NormalLatency {
  Duration mean, stddev, min;
  friend bool operator==(const NormalLatency&, const NormalLatency&) = default;
};
struct LognormalLatency {
  Duration median, p99;
  friend bool operator==(const LognormalLatency&, const LognormalLatency&) = default;
};
// rows[from][to], one way; the diagonal is not used. Uniform jitter of +/- `jitter` of the value.
struct MatrixLatency {
  std::vector<std::vector<Duration>> rows;
  Probability jitter = 0;
  friend bool operator==(const MatrixLatency&, const MatrixLatency&) = default;
};
using Latency =
    std::variant<ConstantLatency, UniformLatency, NormalLatency, LognormalLatency, MatrixLatency>;

struct LinkSettings {
  Targets from, to;
  bool both_ways = true;
  std::optional<Latency> latency;
  std::optional<Probability> loss, duplicate, reorder;
  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;
};
// In an event: what is absent stays as it is.
struct NetworkSettings {
  std::optional<Latency> latency, client_latency;
  std::optional<Probability> loss, duplicate, reorder, stale;
  std::vector<LinkSettings> links;
  friend bool operator==(const NetworkSettings&, const NetworkSettings&) = default;
};

enum class MessageType : std::uint8_t {  // in the order of MessageBody
  kPreVoteRequest,
  kPreVoteResponse,
  kVoteRequest,
  kVoteResponse,
  kAppendRequest,
  kAppendResponse,
  kHeartbeat,
  kHeartbeatResponse,
  kCommitNotice,
  kCommitNoticeResponse,
  kTimeoutNow,
  kTimeoutNowResponse,
  kSnapshotChunk,
  kSnapshotChunkResponse,
  kReadIndexRequest,
  kReadIndexResponse,
};
inline constexpr std::size_t kMessageTypes = 16;

// --- Clients ------------------------------------------------------------------------------------

struct Workload {
  std::uint32_t clients = 0;
  Duration start;                          // default 0
  std::optional<Duration> stop;            // default: the end
  Latency think_time = ConstantLatency{};  // closed loop: pause between answer and next call
  std::uint64_t rate = 0;            // open loop: calls a second of each client; 0 is closed loop
  std::uint64_t max_in_flight = 64;  // open loop: per client; a call beyond it is skipped
  std::uint64_t keys = 10;
  std::uint64_t value_bytes_min = 8, value_bytes_max = 8;
  std::uint64_t put = 1, get = 1, del = 0, cas = 0;  // weights in millionths
  bool sessions = true;  // retries are safe; without it a lost answer is not retried
  ReadMode read_mode = ReadMode::kLinearizable;            // of the gets
  bool any_node = false;                                   // gets go to a seeded pick of all nodes
  Duration attempt_timeout = Duration::Milliseconds(500);  // then another node is asked
  Duration deadline = Duration::Seconds(5);                // then the outcome is unknown
  friend bool operator==(const Workload&, const Workload&) = default;
};

// --- Disks --------------------------------------------------------------------------------------

struct DiskSettings {
  std::optional<Latency> fsync;           // of one write with its sync; default 100us
  std::optional<std::uint64_t> capacity;  // bytes
  friend bool operator==(const DiskSettings&, const DiskSettings&) = default;
};

// --- Timeline -----------------------------------------------------------------------------------

struct Crash {
  enum class Lose : std::uint8_t { kNothing, kUnsynced, kEverything };
  Targets node;
  std::string as;
  Lose lose = Lose::kUnsynced;
  std::optional<Duration> length;  // "for": restart after this long
  friend bool operator==(const Crash&, const Crash&) = default;
};
struct Restart {
  Targets node;
  friend bool operator==(const Restart&, const Restart&) = default;
};
struct SuspendNode {  // silent, its state kept; wakes as a follower
  Targets node;
  std::string as;
  std::optional<Duration> length;  // default: until resume
  friend bool operator==(const SuspendNode&, const SuspendNode&) = default;
};
struct ResumeNode {
  Targets node;
  friend bool operator==(const ResumeNode&, const ResumeNode&) = default;
};
struct Pause {  // the process is frozen, and wakes unaware with its queued input
  Targets node;
  std::string as;
  std::optional<Duration> length;
  friend bool operator==(const Pause&, const Pause&) = default;
};
struct Unpause {
  Targets node;
  friend bool operator==(const Unpause&, const Unpause&) = default;
};
// Nodes hear each other if some group holds both. A node in no group is not affected.
// One-way: what the first group sends to the others is lost; the rest arrives.
struct Partition {
  std::vector<Targets> groups;
  bool one_way = false;
  std::optional<Duration> length;
  std::optional<Duration> flap;  // cut and mended in turn, each this long
  friend bool operator==(const Partition&, const Partition&) = default;
};
struct Heal {  // ends all partitions and filters
  friend bool operator==(const Heal&, const Heal&) = default;
};
struct SetNetwork {
  NetworkSettings network;
  std::optional<Duration> length;  // then as before
  friend bool operator==(const SetNetwork&, const SetNetwork&) = default;
};
// Drops or delays messages of some types on some links.
struct Filter {
  std::vector<MessageType> types;  // empty: all
  Targets from, to;                // empty: all
  Probability drop = kCertain;
  std::optional<Duration> delay;       // instead of dropping: that much later
  std::optional<std::uint64_t> count;  // ends after so many messages
  std::optional<Duration> length;
  friend bool operator==(const Filter&, const Filter&) = default;
};
struct SetClock {
  Targets node;
  std::optional<std::int64_t> rate_ppm;  // 1000000 is true time
  std::optional<Duration> jump;          // may be negative
  std::optional<Duration> length;        // of the rate; then true time
  friend bool operator==(const SetClock&, const SetClock&) = default;
};
struct DiskFault {
  Targets node;
  std::optional<Probability> sync_fails, sync_lies, read_flips, torn, name_vanishes;
  std::optional<Duration> stall;  // operations take this much longer
  std::optional<std::uint64_t> capacity;
  std::optional<Duration> length;  // then a disk without faults
  friend bool operator==(const DiskFault&, const DiskFault&) = default;
};
// Flips one stored bit of a file, at rest.
struct Corrupt {
  Targets node;
  std::string file;  // a prefix of its path; empty: the newest segment of the log
  std::optional<std::uint64_t> offset;  // from the start; default: in the middle of what is written
  std::uint32_t bit = 0;
  bool settled = false;  // in the middle of what can no longer pass for a torn write
  friend bool operator==(const Corrupt&, const Corrupt&) = default;
};
struct ScriptedCall {
  enum class Kind : std::uint8_t { kPut, kGet, kDelete, kCas };
  enum class Expect : std::uint8_t {
    kAnything,
    kOk,
    kNotFound,
    kCompareFailed,
    kNotLeader,
    kUnavailable,
    kBusy,
    kTooLarge,
    kSessionUnknown,
    kValue,
  };
  Kind kind = Kind::kPut;
  std::string key;
  ReadMode mode = ReadMode::kLinearizable;   // get
  bool any_node = false;                     // get
  std::string value;                         // put, cas
  std::optional<std::uint64_t> value_bytes;  // instead: so many bytes, made up
  std::optional<std::string> expected;       // cas; absent (null): the key must be missing
  // A write in a session of this name, opened by the first one: the scenario numbers its requests,
  // so it can send one again, and says of no answer that it has it. Empty: the session of all other
  // calls, which numbers them by itself.
  std::string session;
  std::uint64_t sequence = 0;
  std::optional<Target> via;  // ask this node only, without following hints
  Expect expect = Expect::kAnything;
  std::string expect_value;  // kValue
  std::optional<Duration> within;
  friend bool operator==(const ScriptedCall&, const ScriptedCall&) = default;
};
// Asks a node to hand its leadership over.
struct TransferLeader {
  std::optional<Target> to;               // default: the best follower
  std::optional<Target> via;              // who is asked; default: the leader
  std::optional<TransferOutcome> expect;  // default: anything
  friend bool operator==(const TransferLeader&, const TransferLeader&) = default;
};
// Asks the leader, and whoever leads next until it is answered, to change the members.
struct ChangeMembers {
  Targets add;
  bool as_learner = false;  // of those that are added
  Targets promote, demote, remove;
  std::optional<Target> via;            // ask this node only
  std::optional<ChangeOutcome> expect;  // absent: whatever comes
  std::optional<Duration> within;       // default 5s; then the outcome is unknown
  friend bool operator==(const ChangeMembers&, const ChangeMembers&) = default;
};
// A node that does not run loses its disk; at its next start it is a new one that waits to be
// added.
struct Wipe {
  Targets node;
  friend bool operator==(const Wipe&, const Wipe&) = default;
};
// The quorum is lost: what is on the disk of a node that does not run becomes the store of a
// cluster with it as the only member (core/storage/refounding.h).
struct RefoundNode {
  Target node;
  friend bool operator==(const RefoundNode&, const RefoundNode&) = default;
};
// Tells nodes to take a snapshot now.
struct SnapshotNode {
  Targets node;
  friend bool operator==(const SnapshotNode&, const SnapshotNode&) = default;
};
struct Note {
  friend bool operator==(const Note&, const Note&) = default;
};

using Action = std::variant<Crash, Restart, SuspendNode, ResumeNode, Pause, Unpause, Partition,
                            Heal, SetNetwork, Filter, SetClock, DiskFault, Corrupt, ScriptedCall,
                            Note, TransferLeader, ChangeMembers, Wipe, SnapshotNode, RefoundNode>;

struct Event {
  Duration at;
  std::string note;
  Action action;
  friend bool operator==(const Event&, const Event&) = default;
};

// --- Expectations -------------------------------------------------------------------------------

struct Expectation {
  enum class That : std::uint8_t {
    kOneLeader,  // exactly one running node leads
    kNoLeader,
    kRole,       // each of `node` is one of `is`
    kNewLeader,  // a running leader that is none of `not_node`
    kLogsEqual,  // `among`: same last entry and same commit index
    kValue,      // each of `node` (default all alive) holds `value` under `key`, or nothing
    kLinearizable,
    kExactlyOnce,
    kProgress,    // at least `at_least` client calls done within the interval (by, during)
    kElections,   // number of leaders that there were, at_least .. at_most
    kHalted,      // each of `node` has stopped itself
    kOut,         // each of `node` refused to start
    kLawfulLoss,  // an acknowledged write was lost, and a disk or a wipe is to blame
    kMembers,     // each of `node` (default the leader) goes by exactly these voters and learners
    kNotLinearizable,  // clients were told what no order of their calls explains
    kBusy,             // how many attempts were refused as busy within the interval (by, during)
    kUncommitted,    // bytes that each of `node` has not committed as a leader, at_least .. at_most
    kCallsAnswered,  // none of `node` (default all alive) holds a call of a client that is older
                     // than `within`
  };
  That that = That::kOneLeader;
  std::optional<Duration> by;
  std::optional<std::pair<Duration, Duration>> during;
  std::optional<Duration> at;  // absent, with no by and no during: at the end
  Targets node, not_node, among;
  Targets voters, learners;
  std::vector<Role> is;
  std::string key;
  std::optional<std::string> value;
  std::optional<std::uint64_t> at_least, at_most;
  std::optional<Duration> within;  // default 0
  std::string because;
  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct Scenario {
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::optional<std::uint64_t> seed;
  std::uint32_t nodes = 0;
  std::optional<std::uint32_t> founders;  // the first so many; the others wait. Absent: all
  Duration until;
  Settings config;
  std::map<NodeId, Settings> node_config;  // of nodes with other settings than `config`
  const Settings& ConfigOf(NodeId node) const {
    const auto own = node_config.find(node);
    return own == node_config.end() ? config : own->second;
  }
  NetworkSettings network;
  DiskSettings disk;
  Workload workload;
  std::vector<Event> events;  // by time; equal times in file order
  std::vector<Expectation> expect;
  Pins pins;
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

}  // namespace drydock::sim
