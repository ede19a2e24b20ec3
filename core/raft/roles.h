// What a node knows only while it has a role (paper, figure 4). A role that is left takes it along.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/membership.h"
#include "core/protocol/message.h"
#include "core/raft/mutation.h"
#include "core/raft/peer.h"

namespace drydock {

// Reads of clients at a follower that wait for the leader to tell a read index.
struct FollowerReads {
  std::uint64_t asked = 0;    // by the question that is under way
  std::uint64_t waiting = 0;  // for the next one
  std::uint64_t number = 0;   // of the question
  std::uint64_t times = 0;    // how often it was sent
};

struct Follower {
  std::optional<NodeId> leader;
  std::uint64_t next_sequence = 0;               // of the leader's appends
  Index match;                                   // agrees with the leader's log up to here
  std::vector<std::pair<CallId, Message>> held;  // early appends, by sequence
  FollowerReads reads;
};

using Votes = std::vector<std::pair<NodeId, bool>>;

struct PreCandidate {
  Votes votes;
};

struct Candidate {
  Votes votes;
  Lsn own_vote;  // counts once this is durable
};

// Reads that wait for the same proof of leadership.
struct ReadBatch {
  std::uint64_t round = 0;  // confirmed by a quorum's answers to this round or a later one
  Index index;
  std::uint64_t count = 0;
};

// The round of heartbeats whose answers the next lease stands on (thesis, section 6.4.1). It begins
// when they were sent, not when they were answered.
struct LeaseRound {
  bool open = false;  // not answered by a quorum yet
  std::uint64_t round = 0;
  TimePoint sent;
};

// Leadership on its way to another node.
struct Transfer {
  std::optional<CallId> call;  // whom to tell how it ended
  NodeId target;
  bool bidden = false;  // a TimeoutNow was sent since the last heartbeat
};

// A membership change that somebody waits for (membership.cc).
struct PendingChange {
  CallId call;
  MembershipChange change;
  Index proposed;  // its last entry but for leaving the joint configuration; 0: not appended yet
  // Catching up, before a node may vote (thesis, section 4.2.1). Round 0: not begun.
  std::uint64_t round = 0;
  Index round_end;             // what the nodes must hold at its end
  bool slow = false;           // it has lasted for an election timeout
  Index progress;              // what the one furthest behind held when the timer last ran out,
  std::uint64_t received = 0;  // and how much of a snapshot
  std::uint64_t idle = 0;      // how often in a row it ran out without progress
};

struct Leader {
  std::vector<Peer> peers;  // ascending, without this node
  // Above those of all appends to peers that were removed: who is added again knows them.
  std::uint64_t first_sequence = 1;
  Index term_start;         // this leader's first entry
  std::uint64_t round = 0;  // of the last heartbeats; those of a read ask a quorum only
  // The last two rounds in which all peers were asked.
  std::uint64_t round_of_all = 0;
  std::uint64_t round_of_all_before = 0;
  std::deque<ReadBatch> reads;
  std::uint64_t questions = 0;  // of followers for a read index: Peer::question
  bool question_waits = false;  // for the next round to be sent
  LeaseRound lease;
  bool lease_given_up = false;  // for the rest of the term: somebody was bidden to campaign
  std::uint64_t uncommitted_bytes = 0;
  bool founding = true;             // the configuration still lacks a binding, or the founding mark
  std::optional<NodeId> preferred;  // who was fit to be preferred when last looked
  std::optional<PendingChange> change;
  std::optional<Index> settled;  // the committed configuration that all peers stand for
};

}  // namespace drydock
