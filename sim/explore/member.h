// One member of the cluster in a search: a true node, what is on its disk, and what it told.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/node/node.h"
#include "core/protocol/digest.h"
#include "core/storage/disk.h"
#include "sim/explore/bounds.h"

namespace drydock::sim::explore {

// An entry of a log by its term and a hash of what it holds.
struct Mark {
  Term term;
  std::uint64_t content = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};
using Marks = std::vector<Mark>;  // of entry i at position i - 1

// What has become of a disk since its store was founded, newest first; shared by all that follows.
struct DiskPast {
  std::shared_ptr<const DiskPast> before;
  std::optional<WriteAndSync> write;  // absent: the node was started again
};
using DiskPastPtr = std::shared_ptr<const DiskPast>;

// What a start would find: kept from the records that are written, and compared with what Recover
// finds whenever a node is started.
struct Stored {
  Term term;
  std::optional<NodeId> vote;
  Marks log;
};

// What is the same for all members and for the whole search.
struct MemberSettings {
  std::vector<NodeId> voters;
  Settings settings;
  PinnedDraws draws;
  bool instant_disks = false;
  std::vector<std::string> ignored;  // properties
};

struct Member {
  NodeId id;
  StoreId store;
  Incarnation incarnation;
  TimePoint clock;           // shown at its last step
  std::optional<Node> node;  // null: crashed
  std::optional<DiskOp> under_way;
  DiskPastPtr disk;
  Stored stored;
  // As told by the node; what was told before a crash stays until it is started again.
  Role role = Role::kFollower;
  Term term;
  std::optional<NodeId> vote;
  Marks log;
  Index commit, durable;
  Term durable_term;
  std::optional<NodeId> durable_vote;
  std::uint64_t calls = 0;  // that it was asked, to number them

  bool Runs() const { return node.has_value(); }
  Index last() const { return Index(log.size()); }
  Term TermAt(Index index) const {
    return index == Index(0) ? Term(0) : log[index.value() - 1].term;
  }
  bool Holds(Index index, Term of_term) const {
    return index <= durable && index <= last() && TermAt(index) == of_term;
  }
  // All that decides what happens next to this member, with node k standing as permutation[k].
  std::uint64_t Digest(Permutation permutation) const;
};

// --- Steps --------------------------------------------------------------------------------------

enum class StepKind : std::uint8_t {
  kDeliver,
  kDeliverTwice,  // a copy stays in flight
  kTimeout,       // its clock shows the next deadline
  kDiskDone,
  kCrashKeeping,  // what is being written is on the disk afterwards,
  kCrashLosing,   // or it is not
  kRestart,
  kWrite,  // a client's
};

// What a step means for the cluster, in the order in which it was told.
struct Fact {
  enum class What : std::uint8_t { kLeads, kAppended, kTruncated, kCommitted, kAnswered };
  What what = What::kLeads;
  Term term;    // that it leads; in which it commits
  Index index;  // appended; the last one kept; committed; answered from
  Mark mark;    // of the entry committed, or of the first one truncated
};

struct Problem {
  std::string property;  // as sim/check/invariants.h names it
  std::string detail;
};

struct Sent {
  Message message;
  std::int64_t after = 0;  // nanoseconds from the beginning of the step
};

struct MemberStep {
  Member after;
  std::vector<Sent> sent;
  std::vector<Fact> facts;
  std::uint32_t writes_begun = 0;    // of the disk
  std::uint32_t timeouts_drawn = 0;  // of elections
  std::optional<Problem> problem;
};

// Between two steps of a search nothing else happens, and as good as no time passes.
inline constexpr Duration kTick = Duration::Microseconds(10);
// So long takes a disk that is instant.
inline constexpr Duration kInstant = Duration::Microseconds(1);

// The member at `now` on its own clock. `message` is what is delivered; `write` numbers a client's
// write from 1 on. Never throws: what the core throws is a problem.
MemberStep StepMember(const Member& member, const MemberSettings& settings, StepKind kind,
                      TimePoint now, const Message* message, std::uint32_t write);

// The request that a client sends as its write of that number.
ClientRequest WriteRequest(std::uint32_t write);

// No step of any later state in which this message arrives would change anything: an answer to what
// its receiver no longer is, and will never be again in that term.
bool IsSpent(const Message& message, const Member& receiver);

Mark MarkOf(const Entry& entry);

}  // namespace drydock::sim::explore
