// What a node tells about itself while it is stepped. From these events alone its term, vote, role,
// log, commit, applied and durable index, configuration and key-value map can be rebuilt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/client.h"
#include "core/protocol/configuration.h"
#include "core/protocol/entry.h"
#include "core/protocol/membership.h"
#include "core/protocol/transfer.h"

namespace drydock {

enum class Role : std::uint8_t { kFollower, kPreCandidate, kCandidate, kLeader };

// Why a role was taken or left: the answer to "why was the leader lost?".
enum class RoleCause : std::uint8_t {
  kElectionTimeout,  // heard from no leader for its election timeout
  kPreVoteWon,       // a quorum would vote for it
  kElectionWon,      // a quorum voted for it
  kElectionLost,     // a quorum refused
  kNoVotesInTime,    // no decision within the election timeout
  kHigherTerm,       // somebody is in a higher term
  kLeaderAppeared,   // heard from the leader of its term
  kVotedForAnother,  // a pre-candidate that found somebody to vote for
  kQuorumLost,       // a leader that a quorum no longer answers (check-quorum)
  kSuspended,
  kResumed,
  kTransfer,     // the leader bade it campaign
  kDiskStalled,  // a leader whose own disk completes no write
  kRemoved,      // a leader that is no voter of the committed configuration (thesis, section 4.2.2)
};

enum class TimerId : std::uint8_t {
  kElection,     // follower: start an election; candidate: try again
  kStickiness,   // until then the leader was heard, and nobody else is voted for
  kHeartbeat,    // leader: broadcast
  kCheckQuorum,  // leader: has a quorum answered since the last time?
  kResume,       // suspended: wake up
  kTransfer,     // leadership was to be handed over by then
  kPreference,   // leader: should a voter of higher priority lead?
  kDisk,         // the disk was to complete a write by then; armed without an event
  kCatchUp,      // leader: a round of catching up has lasted an election timeout
  kSnapshot,     // leader: is what was sent of a snapshot answered?
  kReadIndex,    // follower: the leader has not answered for a heartbeat interval
  kLease,        // leader: until then its lease holds; armed without an event
};
inline constexpr std::size_t kTimerCount = 12;

// Why something from outside was dropped or refused.
enum class RefusalReason : std::uint8_t {
  kUnknownSender,   // not a member, and does not prove that it knows this node's store
  kWrongAddressee,  // meant for another node
  kWrongStore,      // a known node id with another store: wiped, or not ours
  kMalformed,       // cannot come from a correct node
  kOldTerm,         // the sender is in an older term
  kLeaderIsAlive,   // a vote refused because the leader was heard just now (stickiness)
  kAlreadyVoted,
  kLogBehind,         // the candidate's log lacks entries that this one has
  kLogMismatch,       // the entry before an append is not the leader's
  kSequenceAhead,     // an append outside the window of those held back
  kStaleResponse,     // an answer to an earlier round, sequence or incarnation
  kOtherIncarnation,  // an append meant for this node before it restarted
  kDuplicate,
  kSuspended,
  kHalted,
  kNotVoter,     // bidden to campaign, and it is no voter
  kNotCaughtUp,  // bidden to campaign, and it does not hold the leader's whole log
  kNoReadIndex,  // asked for a read index, and it does not lead, or committed nothing in its term
};

namespace trace {

struct RoleChanged {
  Role role;
  RoleCause cause;
  std::optional<NodeId> leader;
};
struct LeaderKnown {  // a follower learns who leads
  NodeId leader;
};
struct TermAndVote {
  Term term;
  std::optional<NodeId> vote;
};
struct Appended {
  Index index;
  Entry entry;
};
struct Truncated {
  Index last;  // what is kept
};
struct Durable {  // what a crash can no longer take back
  Index last;
  Term term;
  std::optional<NodeId> vote;
};
struct Committed {
  Index commit;
};
struct Applied {
  Index index;
  Outcome outcome;  // of the command; kOk for an entry that is none
  bool duplicate;   // a retry that was applied before
};
struct ConfigurationInForce {
  Index index;  // of its entry; 0 is the one the node was started with
  Configuration configuration;
};
struct TimerArmed {
  TimerId timer;
  TimePoint deadline;  // on the node's clock
};
struct TimerFired {
  TimerId timer;
};
struct Refused {
  RefusalReason reason;
  NodeId peer;
};
struct AppendHeld {  // came before its predecessor and waits for it
  NodeId peer;
  std::uint64_t sequence;
};
struct PeerLost {  // the leader starts over with a follower: what it sent did not arrive
  NodeId peer;
};
struct ReadConfirmed {  // a quorum still follows: reads up to this index may be answered
  Index index;
  std::uint64_t count;
};
struct TransferStarted {  // a leader begins to hand over
  NodeId target;
  TransferCause cause;
};
struct TransferEnded {
  NodeId target;
  TransferOutcome outcome;
  std::optional<NodeId> leader;  // as far as the node knows
};
struct Halted {  // fail stop
  std::string reason;
};
struct SnapshotSaved {  // durable, of the node's own state
  Index index;
  Term term;
  std::uint64_t bytes;
  std::uint32_t checksum;
};
struct Compacted {  // the log forgets the entries up to here
  Index index;
};
// The leader begins to send its snapshot to a peer whose next entry is compacted.
struct SnapshotOffered {
  NodeId peer;
  Index index;
};
// A snapshot of the leader takes the place of the state, and of the log unless that reaches
// further: then it is kept from `index` on. Everything up to `index` is durable, committed and
// applied.
struct SnapshotInstalled {
  Index index;
  Term term;
  std::uint64_t bytes;
  std::uint32_t checksum;
  bool log_kept;
};

// A follower knows from the leader that its `count` oldest reads may be answered once `index` is
// applied.
struct ReadIndexLearnt {
  NodeId leader;
  Index index;
  std::uint64_t count;
};
struct ReadsGivenUp {  // a follower refuses all reads that the leader has not confirmed for long
  NodeId leader;
  std::uint64_t count;
};
struct ReadUnderLease {  // one read may be answered once `index` is applied; nobody is asked
  Index index;
  TimePoint until;  // the end of the lease on the node's clock
};
struct TransferRefused {  // who asked is told that nothing will happen
  std::optional<NodeId> target;
  TransferOutcome why;
};
struct ChangeAnswered {  // who asked for other members is told how that ended, or that it cannot be
  ChangeOutcome outcome;
};

}  // namespace trace

using TraceEvent =
    std::variant<trace::RoleChanged, trace::LeaderKnown, trace::TermAndVote, trace::Appended,
                 trace::Truncated, trace::Durable, trace::Committed, trace::Applied,
                 trace::ConfigurationInForce, trace::TimerArmed, trace::TimerFired, trace::Refused,
                 trace::AppendHeld, trace::PeerLost, trace::ReadConfirmed, trace::Halted,
                 trace::TransferStarted, trace::TransferEnded, trace::SnapshotSaved,
                 trace::Compacted, trace::SnapshotOffered, trace::SnapshotInstalled,
                 trace::ReadIndexLearnt, trace::ReadsGivenUp, trace::ReadUnderLease,
                 trace::TransferRefused, trace::ChangeAnswered>;

}  // namespace drydock
