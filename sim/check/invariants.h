// The safety of Raft, judged from outside after every event: a shadow of each node is kept from the
// trace alone, so a node cannot talk itself out of anything. Each check costs what changed, not
// the length of the log.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/strong.h"
#include "core/protocol/configuration.h"
#include "core/protocol/entry.h"
#include "sim/check/session_judge.h"
#include "sim/trace/sim_event.h"

namespace drydock::sim {

struct Violation {
  std::string property;  // "election safety", "log matching", ...
  std::string detail;
  EventId event = 0;  // the event that broke it
  std::int64_t time = 0;
};

// A loss that the model allows: the disks that held the entry durably were wiped or lied, or it was
// given up with a lost quorum.
struct LawfulLoss {
  std::string what;  // the entry, and the faults that destroyed its copies
  std::int64_t time = 0;
};

// An entry that some node said is committed; the others must agree.
struct CommittedEntry {
  Term term;
  Term claimed_in;  // the term of the node that said so first
  Entry entry;
  std::uint64_t holders = 0;  // the nodes (as bits) that held it durably then
  std::uint32_t quorums = 0;  // the configuration by which it was committed, of those seen
  bool applied = false;       // by some node, with this result:
  Outcome outcome = Outcome::kOk;
  bool duplicate = false;
};

// Figure 3 of the Raft paper, and what stands on it:
//   election safety, leader append-only, log matching, leader completeness, state machine safety;
//   a snapshot is of the log that it replaces, and the same on all nodes;
//   terms and commit indexes never go back; a vote, an acknowledgement and a commitment stand on
//   durable copies; nothing durable is lost by a restart, nothing acknowledged is lost at all;
//   a write in a session takes effect once, a retry is answered as the first was, and a session is
//   gone by what the log says (thesis, section 6.3);
//   configurations follow each other in steps whose quorums intersect (paper, section 6), and who
//   gets a vote holds the log at least up to where it became a member (thesis, section 4.2.1).
class Invariants final : public Observer {
 public:
  explicit Invariants(std::uint32_t nodes);

  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override;
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override;

  const std::optional<Violation>& violation() const { return violation_; }
  const std::optional<LawfulLoss>& lawful_loss() const { return lawful_loss_; }
  // By index, from 1 on at position 0.
  const std::vector<CommittedEntry>& committed() const { return committed_; }
  std::uint64_t checks() const { return checks_; }

 private:
  struct Shadow {
    bool running = false;
    Role role = Role::kFollower;
    Term term;
    std::optional<NodeId> vote;
    std::vector<Term> log;  // the term of entry i at position i - 1
    Index commit, applied, durable;
    std::uint32_t quorums = 0;                 // the configuration in force, of those seen
    std::optional<Index> configuration_index;  // of its entry; not told yet since the start
    std::map<NodeId, Index> member_since;      // the entry by which it saw each one become one
    Index held;                                // the most that it ever held durably
    Index snapshot;                            // of the newest on its disk
    bool installed = false;                    // just now; its configuration comes next
    Term durable_term;
    std::optional<NodeId> durable_vote;
    // What faults took of what was durable: copies from an index on, votes up to a term.
    std::vector<std::pair<Index, std::string>> destroyed_from;
    Term vote_destroyed;
    std::string destroyed_by;       // the fault that excuses a loss at the next start
    bool destroyed_always = false;  // and at each one after it
    bool excuses_loss = true;       // of what was committed, too
    // What was durable before a fault destroyed it: acknowledgements of it may be on their way.
    std::vector<Term> lost;
    bool HeldOnce(Index index, Term of_term) const {
      return index.value() <= lost.size() && lost[index.value() - 1] == of_term;
    }
    Index last() const { return Index(log.size()); }
    Term TermAt(Index index) const { return index == Index(0) ? Term(0) : log[index.value() - 1]; }
    bool Holds(Index index, Term of_term) const {
      return index <= Safe() && index <= last() && TermAt(index) == of_term;
    }
    Index Safe() const { return std::max(durable, snapshot); }
  };
  // What every entry with this index and term must be (log matching).
  struct Position {
    Term term;
    Term previous_term;
    EntryKind kind = EntryKind::kNoop;
    Bytes payload;
  };

  void On(const EventMeta& meta, const drydock::trace::RoleChanged& event);
  void On(const EventMeta& meta, const drydock::trace::TermAndVote& event);
  void On(const EventMeta& meta, const drydock::trace::Appended& event);
  void On(const EventMeta& meta, const drydock::trace::Truncated& event);
  void On(const EventMeta& meta, const drydock::trace::Durable& event);
  void On(const EventMeta& meta, const drydock::trace::Committed& event);
  void On(const EventMeta& meta, const drydock::trace::Applied& event);
  void On(const EventMeta& meta, const drydock::trace::ConfigurationInForce& event);
  void On(const EventMeta& meta, const drydock::trace::SnapshotSaved& event);
  void On(const EventMeta& meta, const drydock::trace::Compacted& event);
  void On(const EventMeta& meta, const drydock::trace::SnapshotInstalled& event);
  void On(const EventMeta& meta, const trace::Started& event);
  void On(const EventMeta& meta, const trace::Crashed& event);
  void On(const EventMeta& meta, const trace::Fault& event);
  void On(const EventMeta& meta, const trace::Refounded& event);
  void On(const EventMeta& meta, const trace::Sent& event);
  void On(const EventMeta& meta, const trace::Replied& event);
  void On(const EventMeta& meta, const trace::Called& event);
  void On(const EventMeta& meta, const trace::Answered& event);
  template <class Event>
  void On(const EventMeta&, const Event&) {}  // says nothing about safety

  void CheckElection(const EventMeta& meta, const Shadow& node);
  void TwoLeaders(const EventMeta& meta, const Shadow& node, NodeId first);
  void CheckMatching(const EventMeta& meta, const Shadow& node, Index index, const Entry& entry);
  void CheckOnce(const EventMeta& meta, const std::optional<std::string>& problem);
  void CheckCommitted(const EventMeta& meta, const Shadow& node, Index index);
  void Commit(const EventMeta& meta, const Shadow& node, Index index);
  void CheckNewVoters(const EventMeta& meta, Shadow& node, const Configuration& before,
                      const drydock::trace::ConfigurationInForce& event);
  void CheckSnapshot(const EventMeta& meta, Index index, Term term, std::uint64_t bytes,
                     std::uint32_t checksum);
  void StartLogBehind(Shadow& node, Index kept, Index base) const;
  void CheckRestart(const EventMeta& meta, Shadow& node, const trace::Started& event);
  std::uint64_t HoldersOf(Index index, Term term) const;
  bool IsQuorum(std::uint64_t nodes, std::uint32_t quorums) const;
  void Require(bool holds, const EventMeta& meta, const char* property, const std::string& detail);
  template <class Detail>
  void Check(bool holds, const EventMeta& meta, const char* property, Detail detail) {
    ++checks_;
    if (!holds) [[unlikely]]
      Require(false, meta, property, detail());
  }
  // A committed entry is gone: is there a fault to blame?
  template <class Detail>
  void CheckKept(bool holds, const EventMeta& meta, const char* property, Index index,
                 Detail detail) {
    ++checks_;
    if (!holds) [[unlikely]]
      Lost(meta, property, index, detail());
  }
  void Lost(const EventMeta& meta, const char* property, Index index, const std::string& detail);
  // Committed entries that the only member of a refounded cluster did not hold.
  struct GivenUp {
    Index from, to;
    NodeId by;
  };
  bool IsGivenUp(Index index) const;
  bool Quiet() const { return violation_.has_value() || lawful_loss_.has_value(); }

  std::vector<Shadow> nodes_;
  std::map<Term, NodeId> leaders_;
  std::vector<std::vector<Position>> positions_;  // by index, one for each term
  std::vector<CommittedEntry> committed_;
  std::vector<Configuration> configurations_;  // that were in force anywhere; few
  std::map<Index, std::pair<std::uint64_t, std::uint32_t>> snapshots_;  // size and checksum
  SessionJudge sessions_;
  std::optional<Violation> violation_;
  std::optional<LawfulLoss> lawful_loss_;
  std::optional<GivenUp> given_up_;
  std::vector<Index> refoundings_;  // of the configurations that each began with
  std::uint64_t checks_ = 0;
};

}  // namespace drydock::sim
