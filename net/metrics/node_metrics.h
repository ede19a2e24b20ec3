// The Prometheus metrics of one node, in etcd's vocabulary where it fits. docs/operations.md tells
// what each of them means.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/strong.h"
#include "core/protocol/client.h"
#include "core/protocol/trace_event.h"

namespace drydock::net {

struct DiskResult;

// What a client asks for, as the metrics count it: in the order of ClientOp, and stale reads apart.
enum class OperationKind : std::uint8_t {
  kPut,
  kGet,
  kDelete,
  kCompareAndSet,
  kRegister,
  kStaleGet,
};
inline constexpr std::size_t kOperationKinds = 6;
OperationKind KindOf(const ClientOp& op);

struct NodeMetricsOptions {
  NodeId self;
  std::vector<NodeId> peers;  // whose series are there from the start
  std::string cluster;
  std::string version;  // of the program
};

// What a leader knows of a follower.
struct FollowerFigures {
  NodeId node;
  Index match;
  // Since it was last heard; none: not since the node was started.
  std::optional<std::chrono::nanoseconds> silence;
};

// What a node looks like now.
struct NodeFigures {
  Term term;
  Index commit;
  Index applied;
  Index last;     // of the log, durable or not
  Index durable;  // up to where the log is durable
  bool is_leader = false;
  bool has_leader = false;
  bool suspended = false;
  std::uint64_t open_calls = 0;         // of clients and peers: taken, not answered
  std::uint64_t uncommitted_bytes = 0;  // of a leader
  std::uint64_t sessions = 0;
  std::uint64_t keys = 0;
  std::uint64_t log_bytes = 0;             // of the write-ahead log, on disk
  Index log_base;                          // the last entry that the log has no more
  Index snapshot;                          // the last entry of the newest snapshot
  std::uint64_t snapshot_bytes = 0;        // of its state
  std::vector<FollowerFigures> followers;  // of a leader; else empty
};

class NodeMetrics {
 public:
  explicit NodeMetrics(const NodeMetricsOptions& options);
  ~NodeMetrics();
  NodeMetrics(const NodeMetrics&) = delete;
  NodeMetrics& operator=(const NodeMetrics&) = delete;

  // --- For the one thread that steps the node: some tens of nanoseconds each, and no waiting ---

  void Observe(const TraceEvent& event);
  void DiskDone(const DiskResult& result);
  // A snapshot of the node's own was written and is durable, `took` after it was begun.
  void SnapshotSaved(std::chrono::nanoseconds took);
  // A call to a peer was answered, or came to nothing.
  void RoundTrip(NodeId peer, std::chrono::nanoseconds took);
  void PeerFailed(NodeId peer);
  // A client's write is given to the node.
  void Proposed();
  // A client's call has its answer, `took` after it came.
  void Answered(OperationKind kind, Outcome outcome, std::chrono::nanoseconds took);
  // A client's call ended without one: the node is suspended or stops.
  void Dropped(OperationKind kind);

  // The gauges. A few microseconds: for once a second or so, and at least once after the start,
  // as what was recovered is in no event.
  void Set(const NodeFigures& figures);

  // --- For any thread ---

  std::string Text() const;

 private:
  struct Series;
  struct Observer;
  std::unique_ptr<Series> series_;
};

}  // namespace drydock::net
