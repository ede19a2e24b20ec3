// What a node wants done after a step, and what it is told.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/protocol/client.h"
#include "core/protocol/membership.h"
#include "core/protocol/message.h"
#include "core/protocol/trace_event.h"
#include "core/protocol/transfer.h"
#include "core/storage/disk.h"

namespace drydock {

// --- Inputs -------------------------------------------------------------------------------------

struct Wake {};  // a deadline has come (or not: waking early does no harm)
struct PeerRequest {
  CallId call;
  Message message;
};
struct PeerResponse {
  Message message;
};
struct ClientCall {
  CallId call;
  ClientRequest request;
};
struct DiskDone {
  Ticket ticket;
  std::optional<std::string> error;  // of the operation, in the words of the disk
  Bytes bytes;                       // that were read
};
// Silent towards peers and clients until the time has passed or Resume comes; then a follower.
struct Suspend {
  Duration length;
};
struct Resume {};
// Hand leadership to the target, or to the best follower. Answered once, when it has ended.
struct TransferLeadership {
  CallId call;
  std::optional<NodeId> target;
};

// Change who the members are. Answered once, when it has ended.
struct ChangeMembers {
  CallId call;
  MembershipChange change;
};

// Asks for a snapshot now. Answered as a client is: done with the index of the newest snapshot once
// it is durable, or busy while another one is being written.
struct TakeSnapshot {
  CallId call;
};

using Input = std::variant<Wake, PeerRequest, PeerResponse, ClientCall, DiskDone, Suspend, Resume,
                           TransferLeadership, ChangeMembers, TakeSnapshot>;

// The call that the input asks an answer for, if it is one.
std::optional<CallId> CallOf(const Input& input);

// --- Effects ------------------------------------------------------------------------------------

struct ClientReply {
  CallId call;
  ClientAnswer answer;
};

// Everything here happens after the step; a driver may send messages before disk operations are
// done, since what must wait for the disk is not in here yet. Trace events tell why.
struct Effects {
  std::vector<Message> messages;
  std::vector<PeerReply> peer_replies;
  std::vector<ClientReply> client_replies;
  std::vector<ChangeReply> change_replies;
  std::vector<CallId> drops;  // calls that get no answer
  std::vector<DiskOp> disk;
  std::vector<TraceEvent> trace;
  std::vector<TransferReply> transfer_replies;

  void Clear();
};

}  // namespace drydock
