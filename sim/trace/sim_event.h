// What happens around the nodes: the events of the simulator itself. Together with a node's own
// events (core/protocol/trace_event.h) they are the whole trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "core/protocol/message.h"
#include "core/protocol/trace_event.h"
#include "core/storage/disk.h"

namespace drydock::sim {

// The number of a trace event, from 1 on; 0 is "no cause".
using EventId = std::uint64_t;

enum class DropReason : std::uint8_t {
  kLoss,
  kPartition,
  kFilter,
  kNodeDown,
  kRestarted,  // the receiver is no longer the process that it was sent to
};

// What the scenario does, in one word.
enum class Deed : std::uint8_t {
  kNote,
  kCrash,
  kRestart,
  kSuspend,
  kResume,
  kPause,
  kUnpause,
  kPartition,
  kCut,   // a partition that flaps is there again,
  kMend,  // and gone again
  kHeal,  // of all partitions and filters
  kNetwork,
  kFilter,
  kClock,
  kDisk,
  kCorrupt,
  kSnapshot,
  kTransfer,
  kMembers,
  kWipe,
};

namespace trace {

// Messages are alive only while the event is told.
struct Sent {
  const Message* message;
};
struct Delivered {
  const Message* message;
};
struct Dropped {
  const Message* message;
  DropReason reason;
};
struct Duplicated {
  const Message* message;
};
struct Started {
  Incarnation incarnation;
  StoreId store;
  Term term;
  std::optional<NodeId> vote;
  Index kept;        // entries up to here are those that the node had before
  Index last;        // the entries behind `kept` follow as Appended
  std::string torn;  // file and offset of a torn tail that was cut off; empty: none
  Index snapshot;    // everything up to here is applied; 0: it has no snapshot
  Index base;        // the log begins behind it; above `kept` what it had is given up
};
struct RefusedToStart {
  std::string error;
};
struct Crashed {
  std::string lose;         // "nothing", "unsynced", "everything"
  std::uint64_t lost_lies;  // ranges gone that a sync had called durable
};
// A fault begins or ends: set by the scenario, told in words. With a node, it is one that may
// destroy what this node called durable.
struct Fault {
  std::string what;
  bool lasts = false;  // its damage may come at any later start, not only at the next
  // Who lost its disk to a new one has no vote in its old name (docs/decisions/0003): that excuses
  // what is missing there, and no loss of anything committed.
  bool excuses_loss = true;
  // For who draws it; `what` says the same in words, and alone counts in the hash of a run.
  Deed deed = Deed::kNote;
  std::vector<NodeId> nodes;                     // to whom it is done
  std::vector<std::pair<NodeId, NodeId>> links;  // that carry nothing from now on, by direction
  EventId ends = 0;                              // the fault that is over with this one
};
struct DiskSubmitted {
  const DiskOp* op;
};
struct DiskFinished {
  Ticket ticket;
  std::optional<std::string> error;
  bool lied;
};
// A client's call, from the first attempt to the final answer.
struct Called {
  std::uint32_t client;
  std::uint64_t operation;
  const ClientRequest* request;
};
struct Attempted {
  std::uint32_t client;
  std::uint64_t operation;
  NodeId target;
  CallId call;
};
struct Arrived {  // an attempt reaches its node
  CallId call;
};
struct Replied {  // a node answers an attempt
  CallId call;
  const ClientAnswer* answer;
};
struct Answered {  // the client has its final answer
  std::uint32_t client;
  std::uint64_t operation;
  Outcome outcome;
  std::string given_up;  // why the client stopped trying; empty: it was answered
  const ClientAnswer* answer;
};
struct Expected {  // an expectation of the scenario was decided
  std::uint32_t number;
  bool held;
  std::string why;
};
struct Violated {
  std::string property;
  std::string detail;
};
// What is on the node's disk became the store of a cluster of its own.
struct Refounded {
  StoreId store;  // the new one
  Term term;      // of the old store; all later ones are the new cluster's
  Index last;     // of the old store's entries
};

}  // namespace trace

using SimEvent = std::variant<trace::Sent, trace::Delivered, trace::Dropped, trace::Duplicated,
                              trace::Started, trace::RefusedToStart, trace::Crashed, trace::Fault,
                              trace::DiskSubmitted, trace::DiskFinished, trace::Called,
                              trace::Attempted, trace::Arrived, trace::Replied, trace::Answered,
                              trace::Expected, trace::Violated, trace::Refounded>;

// Where and when an event happened, and which earlier one brought it about.
struct EventMeta {
  EventId id = 0;
  EventId cause = 0;
  std::int64_t time = 0;  // virtual nanoseconds
  std::optional<NodeId> node;
};

// Somebody who is told every event as it happens. Nothing that an event points at outlives the
// call.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) = 0;
  virtual void OnSimEvent(const EventMeta& meta, const SimEvent& event) = 0;
};

}  // namespace drydock::sim
