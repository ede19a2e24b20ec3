// What nodes say to each other. Requests are answered exactly once or dropped; a response is never
// answered.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/entry.h"
#include "core/protocol/snapshot.h"

namespace drydock {

// "Would you vote for me in this term?" Changes nobody's term (thesis, section 9.6).
struct PreVoteRequest {
  Term next_term;  // the term that the sender would campaign in
  Index last_index;
  Term last_term;
};
struct PreVoteResponse {
  Term next_term;  // of the request
  bool granted = false;
};

struct VoteRequest {
  Index last_index;
  Term last_term;
  bool transfer = false;  // at the leader's own bidding: no reason to protect that leader
};
struct VoteResponse {
  bool granted = false;
};

// Entries for a follower. The sequence numbers the appends of one leader to one follower, so that
// an early one can be held back; `receiver` is the incarnation of the follower that they are for
// (0: not known yet), so that nothing from before a restart counts.
struct AppendRequest {
  Incarnation receiver;
  std::uint64_t sequence = 0;
  bool probe = false;  // starts the sequence anew: the leader does not know what arrived
  Index previous_index;
  Term previous_term;
  Index commit;
  std::vector<Entry> entries;
};
struct AppendResponse {
  Incarnation responder;
  std::uint64_t sequence = 0;  // of the request
  bool accepted = false;
  Index match;     // accepted: the log agrees up to here, and is durable up to here
  Index hint;      // refused: the last index that may agree, and
  Term hint_term;  // the term of the follower's entry there
};

struct Heartbeat {
  Index commit;             // the follower commits what of it agrees with the leader's log
  std::uint64_t round = 0;  // grows with each broadcast in a term; confirms reads
};
struct HeartbeatResponse {
  Incarnation responder;
  std::uint64_t round = 0;          // of the request
  std::uint64_t next_sequence = 0;  // of the append that it expects next
  Index match;                      // durable and agreeing with this leader's log
  Index received;                   // agreeing, perhaps not durable yet
  // For so long after the heartbeat arrived, on the responder's clock, it votes for nobody else; 0:
  // it promises nothing.
  Duration promise;
};

// Tells of a commit index at once, so that followers apply without waiting for a heartbeat.
struct CommitNotice {
  Index commit;
};
struct CommitNoticeResponse {};

// The leader bids a voter that holds its whole log campaign at once (thesis, section 3.10).
struct TimeoutNow {
  Index last_index;  // of the leader's log
  Term last_term;
};
struct TimeoutNowResponse {
  bool taken = false;  // it campaigns
};

// A piece of a snapshot's state for a follower that lacks entries which are compacted (thesis,
// section 5.2; paper, figure 13). Without bytes it only asks how much the follower has.
struct SnapshotChunk {
  SnapshotMeta meta;
  std::uint64_t offset = 0;  // of its first byte in the encoded state
  Bytes bytes;
};
struct SnapshotChunkResponse {
  Incarnation responder;
  Index index;                 // of the snapshot
  std::uint64_t received = 0;  // bytes of it that are durable there, from the first on
  bool installed = false;      // everything up to `index` is durable there, by whatever way
};

// How far must a follower have applied before it may answer the reads that wait there (thesis,
// section 6.4)? Asked again under the same number until it is answered.
struct ReadIndexRequest {
  Incarnation asker;
  std::uint64_t number = 0;  // grows with each question of one incarnation
};
struct ReadIndexResponse {
  Incarnation asker;         // of the request
  std::uint64_t number = 0;  // of the request
  bool confirmed = false;    // the responder led after the request had come:
  Index index;               // then everything up to here was committed, and nothing behind it
};

using MessageBody =
    std::variant<PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse, AppendRequest,
                 AppendResponse, Heartbeat, HeartbeatResponse, CommitNotice, CommitNoticeResponse,
                 TimeoutNow, TimeoutNowResponse, SnapshotChunk, SnapshotChunkResponse,
                 ReadIndexRequest, ReadIndexResponse>;

struct Message {
  NodeId from;
  NodeId to;
  StoreId store;  // of the sender
  Term term;      // of the sender
  MessageBody body;
  // What the sender's configuration binds the receiver to (0: nothing). It lets a member trust a
  // sender that only a newer configuration than its own knows.
  StoreId addressee = StoreId(0);
};

// The answer to the request that came with `call`.
struct PeerReply {
  CallId call;
  Message message;
};

// True for the messages that want an answer.
inline bool IsRequest(const MessageBody& body) {
  return body.index() % 2 == 0;
}

}  // namespace drydock
