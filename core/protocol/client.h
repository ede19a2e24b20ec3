// What clients ask of a node and what it answers.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/strong.h"

namespace drydock {

struct PutOp {
  Bytes key;
  Bytes value;
};
enum class ReadMode : std::uint8_t {
  kLinearizable,  // sees every write that was answered before the read was asked
  kStale,         // what the node asked has applied, leader or not
  // Linearizable as long as the clocks keep to the bound of the settings: a leader with a lease
  // asks nobody. Without one it is read as kLinearizable.
  kLease,
};
struct GetOp {
  Bytes key;
  ReadMode mode = ReadMode::kLinearizable;
  // A node that does not lead serves it, too: it asks the leader how far it must have applied. Then
  // a lease is of no use.
  bool any_node = false;
};
struct DeleteOp {
  Bytes key;
};
// Sets the value if the key holds `expected` (nullopt: if the key is missing).
struct CompareAndSetOp {
  Bytes key;
  std::optional<Bytes> expected;
  Bytes value;
};
// Opens a session; its id comes back in the answer.
struct RegisterOp {
  // How many sessions the store keeps from then on: in the log it is what the leader that proposes
  // this is set to, whatever the client sent, so that all nodes forget the same ones.
  std::uint64_t max_sessions = 0;
};

using ClientOp = std::variant<PutOp, GetOp, DeleteOp, CompareAndSetOp, RegisterOp>;

// A write in a session is applied once however often it is sent (thesis, section 6.3): the session
// keeps the answers from `first_unanswered` on. Session 0 gives no such promise.
struct ClientRequest {
  SessionId session;
  std::uint64_t sequence = 0;  // from 1 on within the session
  std::uint64_t first_unanswered = 0;
  ClientOp op;
};

enum class Outcome : std::uint8_t {
  // Done: decided by the replicated log.
  kOk,
  kNotFound,       // a get of a missing key
  kCompareFailed,  // `value` and `found` tell what the key holds
  // Refused: nothing happened, and nothing will.
  kNotLeader,  // `leader` tells who is, if known
  kNotReady,   // the cluster is not founded yet
  kBusy,       // a bound on what may wait here is reached; the client may come again
  kTooLarge,   // `limit` tells how large it may be
  kBadRequest,
  kSessionUnknown,
  // Unknown: it may have happened or may still happen.
  kUnknown,
};
inline bool IsRefusal(Outcome o) {
  return o >= Outcome::kNotLeader && o <= Outcome::kSessionUnknown;
}

// `index` and `term` place the answer in the log: the entry of a write, the applied state of a
// read.
struct ClientAnswer {
  Outcome outcome = Outcome::kUnknown;
  bool found = false;
  Bytes value;
  std::optional<NodeId> leader;
  SessionId session;
  Term term;
  Index index;
  std::uint64_t limit = 0;  // bytes of the key, or of the value, whichever is too large
};

}  // namespace drydock
