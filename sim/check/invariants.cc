#include "sim/check/invariants.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}
std::string Text(Index index) {
  return std::to_string(index.value());
}
std::string Text(Term term) {
  return std::to_string(term.value());
}
std::string Who(const std::optional<NodeId>& node) {
  return node.has_value() ? Name(*node) : std::string("nobody");
}

}  // namespace

// Until a node tells its configuration, all are taken for voters.
Invariants::Invariants(std::uint32_t nodes) : nodes_(nodes) {
  std::vector<NodeId> all;
  for (std::uint32_t i = 0; i < nodes; ++i) all.emplace_back(i);
  configurations_.emplace_back(std::move(all));
}

void Invariants::OnNodeEvent(const EventMeta& meta, const TraceEvent& event) {
  if (Quiet()) return;
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

void Invariants::OnSimEvent(const EventMeta& meta, const SimEvent& event) {
  if (Quiet()) return;
  std::visit([&](const auto& e) { On(meta, e); }, event);
}

void Invariants::Require(bool holds, const EventMeta& meta, const char* property,
                         const std::string& detail) {
  if (holds || violation_.has_value()) return;
  violation_ = Violation{property, detail, meta.id, meta.time};
}

// --- Elections and terms ------------------------------------------------------------------------

void Invariants::On(const EventMeta& meta, const drydock::trace::RoleChanged& event) {
  Shadow& node = nodes_[meta.node->value()];
  node.role = event.role;
  if (event.role == Role::kLeader) CheckElection(meta, node);
}

void Invariants::CheckElection(const EventMeta& meta, const Shadow& node) {
  const NodeId leader = leaders_.emplace(node.term, *meta.node).first->second;
  ++checks_;
  if (leader != *meta.node) return TwoLeaders(meta, node, leader);
  // Leader completeness: the newest entry committed in an earlier term must be in its log; by log
  // matching all those before it are, too.
  std::size_t count = committed_.size();
  while (count > 0 && committed_[count - 1].claimed_in >= node.term) --count;
  if (count == 0) return;
  const Index index(count);
  CheckKept(node.last() >= index && node.TermAt(index) == committed_[count - 1].term, meta,
            "leader completeness", index, [&] {
              return Name(*meta.node) + " leads term " + Text(node.term) +
                     " without the committed entry " + Text(index);
            });
}

// Lawful only if a voter lost the vote that it had given in this term, and gave another.
void Invariants::TwoLeaders(const EventMeta& meta, const Shadow& node, NodeId first) {
  const std::string what =
      Name(first) + " and " + Name(*meta.node) + " both lead term " + Text(node.term);
  const auto forgetful = std::find_if(nodes_.begin(), nodes_.end(), [&](const Shadow& voter) {
    return voter.vote_destroyed >= node.term;
  });
  if (forgetful == nodes_.end()) return Require(false, meta, "election safety", what);
  const NodeId who(static_cast<std::uint32_t>(forgetful - nodes_.begin()));
  lawful_loss_ = LawfulLoss{what + ": the vote of " + Name(who) + " was destroyed", meta.time};
}

void Invariants::On(const EventMeta& meta, const drydock::trace::TermAndVote& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(event.term >= node.term, meta, "terms never go back", [&] {
    return Name(*meta.node) + " goes from term " + Text(node.term) + " to " + Text(event.term);
  });
  const bool same_vote = !node.vote.has_value() || node.vote == event.vote;
  Check(event.term > node.term || same_vote, meta, "one vote a term", [&] {
    return Name(*meta.node) + " voted for " + Who(node.vote) + " and now for " + Who(event.vote) +
           " in term " + Text(event.term);
  });
  node.term = event.term;
  node.vote = event.vote;
}

// --- The log ------------------------------------------------------------------------------------

void Invariants::On(const EventMeta& meta, const drydock::trace::Appended& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(event.index == Next(node.last()), meta, "log is contiguous", [&] {
    return Name(*meta.node) + " appends entry " + Text(event.index) + " after " + Text(node.last());
  });
  if (violation_.has_value()) return;
  CheckMatching(meta, node, event.index, event.entry);
  node.log.push_back(event.entry.term);
}

// Two logs with the same term at an index are equal up to there: each (index, term) has one payload
// and one predecessor, and so on down by induction (paper, section 5.3).
void Invariants::CheckMatching(const EventMeta& meta, const Shadow& node, Index index,
                               const Entry& entry) {
  if (positions_.size() < index.value()) positions_.resize(index.value());
  std::vector<Position>& here = positions_[index.value() - 1];
  const Term previous = node.TermAt(Previous(index));
  const auto known = std::find_if(here.begin(), here.end(),
                                  [&](const Position& p) { return p.term == entry.term; });
  if (known == here.end()) {
    here.push_back({entry.term, previous, entry.kind, entry.payload});
    return;
  }
  const bool same_bytes = known->payload.view().data() == entry.payload.view().data() ||
                          known->payload == entry.payload;
  Check(known->previous_term == previous && known->kind == entry.kind && same_bytes, meta,
        "log matching", [&] {
          return Name(*meta.node) + " holds another entry " + Text(index) + " of term " +
                 Text(entry.term) + " than was there before";
        });
}

void Invariants::On(const EventMeta& meta, const drydock::trace::Truncated& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(node.role != Role::kLeader, meta, "leader append-only", [&] {
    return Name(*meta.node) + " leads term " + Text(node.term) + " and drops entries after " +
           Text(event.last);
  });
  Check(event.last >= node.commit, meta, "commit never goes back", [&] {
    return Name(*meta.node) + " drops entries after " + Text(event.last) + ", committed up to " +
           Text(node.commit);
  });
  // A restarted node has forgotten what is committed; the cluster has not.
  const Index first = Next(event.last);
  if (first <= node.last() && first.value() <= committed_.size()) {
    CheckKept(committed_[event.last.value()].term != node.TermAt(first), meta,
              "committed entries stay", first,
              [&] { return Name(*meta.node) + " drops the committed entry " + Text(first); });
  }
  if (event.last < node.last()) node.log.resize(event.last.value());
  node.durable = std::min(node.durable, event.last);
}

void Invariants::On(const EventMeta& meta, const drydock::trace::Durable& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(event.last <= node.last() && event.term <= node.term, meta, "durable state exists", [&] {
    return Name(*meta.node) + " calls entry " + Text(event.last) + " durable, and has " +
           Text(node.last());
  });
  node.durable = event.last;
  node.held = std::max(node.held, event.last);
  node.durable_term = event.term;
  node.durable_vote = event.vote;
}

// --- Commitment ---------------------------------------------------------------------------------

void Invariants::On(const EventMeta& meta, const drydock::trace::Committed& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(event.commit > node.commit && event.commit <= node.last(), meta, "commit never goes back",
        [&] {
          return Name(*meta.node) + " commits up to " + Text(event.commit) + " after " +
                 Text(node.commit) + ", with " + Text(node.last()) + " entries";
        });
  // A leader counts copies of its own term's entries only (paper, section 5.4.2, figure 8).
  const bool counted = node.role == Role::kLeader;
  Check(!counted || node.TermAt(std::min(event.commit, node.last())) == node.term, meta,
        "a leader commits its own term", [&] {
          return Name(*meta.node) + ", leading term " + Text(node.term) + ", commits entry " +
                 Text(event.commit) + " of an earlier term by counting copies";
        });
  for (Index i = Next(node.commit); i <= event.commit && !Quiet(); i = Next(i))
    Commit(meta, node, i);
  node.commit = event.commit;
}

void Invariants::Commit(const EventMeta& meta, const Shadow& node, Index index) {
  if (index.value() <= committed_.size()) return CheckCommitted(meta, node, index);
  const Term term = node.TermAt(index);
  const std::uint64_t holders = HoldersOf(index, term);
  const auto copies = static_cast<std::size_t>(std::popcount(holders));
  std::uint64_t counted = holders;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].HeldOnce(index, term)) counted |= std::uint64_t{1} << i;
  }
  Check(IsQuorum(counted, node.quorums), meta, "commitment is durable", [&] {
    return Name(*meta.node) + " commits entry " + Text(index) + " of term " + Text(term) +
           " with " + std::to_string(copies) + " durable copies on " +
           std::to_string(nodes_.size()) + " nodes";
  });
  const std::vector<Position>& here = positions_[index.value() - 1];
  const auto position =
      std::find_if(here.begin(), here.end(), [&](const Position& p) { return p.term == term; });
  committed_.push_back({.term = term,
                        .claimed_in = node.term,
                        .entry = {term, position->kind, position->payload},
                        .holders = holders,
                        .quorums = node.quorums});
}

void Invariants::CheckCommitted(const EventMeta& meta, const Shadow& node, Index index) {
  const CommittedEntry& known = committed_[index.value() - 1];
  CheckKept(known.term == node.TermAt(index), meta, "state machine safety", index, [&] {
    return Name(*meta.node) + " commits entry " + Text(index) + " of term " +
           Text(node.TermAt(index)) + ", committed before with term " + Text(known.term);
  });
}

std::uint64_t Invariants::HoldersOf(Index index, Term term) const {
  std::uint64_t holders = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].Holds(index, term)) holders |= std::uint64_t{1} << i;
  }
  return holders;
}

void Invariants::On(const EventMeta& meta, const drydock::trace::Applied& event) {
  Shadow& node = nodes_[meta.node->value()];
  Check(event.index == Next(node.applied) && event.index <= node.commit, meta, "applied in order",
        [&] {
          return Name(*meta.node) + " applies entry " + Text(event.index) + " after " +
                 Text(node.applied) + ", committed up to " + Text(node.commit);
        });
  if (violation_.has_value()) return;
  node.applied = event.index;
  CommittedEntry& entry = committed_[event.index.value() - 1];
  if (!entry.applied) {
    entry.applied = true;
    entry.outcome = event.outcome;
    entry.duplicate = event.duplicate;
    return CheckOnce(meta,
                     sessions_.Apply(event.index, entry.entry, event.outcome, event.duplicate));
  }
  Check(entry.outcome == event.outcome && entry.duplicate == event.duplicate, meta,
        "state machine safety", [&] {
          return Name(*meta.node) + " applies entry " + Text(event.index) +
                 " with another result than a node before it";
        });
}

// --- Sessions -----------------------------------------------------------------------------------

void Invariants::CheckOnce(const EventMeta& meta, const std::optional<std::string>& problem) {
  Check(!problem.has_value(), meta, "exactly once", [&] { return *problem; });
}

void Invariants::On(const EventMeta&, const trace::Called& event) {
  sessions_.Called(event.client, event.operation, *event.request);
}

void Invariants::On(const EventMeta& meta, const trace::Answered& event) {
  const bool decided =
      event.given_up.empty() && !IsRefusal(event.outcome) && event.outcome != Outcome::kUnknown;
  CheckOnce(meta, sessions_.Answered(event.client, event.operation, *event.answer, decided));
}

// --- Snapshots ----------------------------------------------------------------------------------

void Invariants::CheckSnapshot(const EventMeta& meta, Index index, Term term, std::uint64_t bytes,
                               std::uint32_t checksum) {
  const bool committed = index.value() >= 1 && index.value() <= committed_.size();
  Check(committed && committed_[index.value() - 1].term == term, meta,
        "snapshots are of committed entries", [&] {
          return Name(*meta.node) + " has a snapshot of entry " + Text(index) + " of term " +
                 Text(term) + ", which is not committed";
        });
  const auto known = snapshots_.emplace(index, std::pair(bytes, checksum)).first->second;
  Check(known == std::pair(bytes, checksum), meta, "snapshots are equal", [&] {
    return Name(*meta.node) + "'s snapshot of entry " + Text(index) +
           " differs from that of another node";
  });
}

void Invariants::On(const EventMeta& meta, const drydock::trace::SnapshotSaved& event) {
  Shadow& node = nodes_[meta.node->value()];
  CheckSnapshot(meta, event.index, event.term, event.bytes, event.checksum);
  Check(event.index <= node.applied, meta, "snapshots are of applied entries", [&] {
    return Name(*meta.node) + " has a snapshot of entry " + Text(event.index) + ", applied up to " +
           Text(node.applied);
  });
  node.snapshot = std::max(node.snapshot, event.index);
}

void Invariants::On(const EventMeta& meta, const drydock::trace::Compacted& event) {
  const Shadow& node = nodes_[meta.node->value()];
  Check(event.index <= node.snapshot && event.index <= node.applied, meta,
        "compacted entries are in a snapshot", [&] {
          return Name(*meta.node) + " forgets its entries up to " + Text(event.index) +
                 ", its snapshot reaches to " + Text(node.snapshot);
        });
}

// What stands before a snapshot is what was committed.
void Invariants::StartLogBehind(Shadow& node, Index kept, Index base) const {
  node.log.resize(std::min<std::size_t>(node.log.size(), kept.value()));
  while (node.log.size() < std::min<std::size_t>(base.value(), committed_.size())) {
    node.log.push_back(committed_[node.log.size()].term);
  }
}

void Invariants::On(const EventMeta& meta, const drydock::trace::SnapshotInstalled& event) {
  Shadow& node = nodes_[meta.node->value()];
  CheckSnapshot(meta, event.index, event.term, event.bytes, event.checksum);
  Check(event.index > node.commit, meta, "commit never goes back", [&] {
    return Name(*meta.node) + " takes over the snapshot of entry " + Text(event.index) +
           ", committed up to " + Text(node.commit);
  });
  const bool fits = event.index <= node.last() && node.TermAt(event.index) == event.term;
  Check(fits == event.log_kept, meta, "a newer log is kept", [&] {
    return Name(*meta.node) + (fits ? " gives up" : " keeps") + " a log that " +
           (fits ? "agrees with" : "contradicts") + " the snapshot of entry " + Text(event.index);
  });
  if (violation_.has_value()) return;
  node.snapshot = event.index;
  node.applied = event.index;
  if (event.log_kept) return;
  node.configuration_index.reset();  // it may leap over several
  node.installed = true;
  StartLogBehind(node, node.commit, event.index);
  node.commit = event.index;
  node.durable = event.index;
  node.held = std::max(node.held, event.index);
}

// --- What leaves a node stands on its disk ------------------------------------------------------

void Invariants::On(const EventMeta& meta, const trace::Sent& event) {
  const Message& message = *event.message;
  const Shadow& node = nodes_[meta.node->value()];
  const auto* vote = std::get_if<VoteResponse>(&message.body);
  const bool asks = std::holds_alternative<VoteRequest>(message.body);
  if (asks || (vote != nullptr && vote->granted)) {
    const NodeId candidate = asks ? message.from : message.to;
    Check(node.durable_term > message.term ||
              (node.durable_term == message.term && node.durable_vote == candidate),
          meta, "votes are durable", [&] {
            return Name(message.from) + "'s vote for " + Name(candidate) + " in term " +
                   Text(message.term) + " leaves before it is on disk";
          });
  }
  if (const auto* heartbeat = std::get_if<HeartbeatResponse>(&message.body)) {
    Check(node.Safe() >= heartbeat->match, meta, "acknowledgements are durable", [&] {
      return Name(message.from) + " acknowledges entry " + Text(heartbeat->match) +
             " with a heartbeat, durable up to " + Text(node.durable);
    });
  }
  const auto* chunk = std::get_if<SnapshotChunkResponse>(&message.body);
  if (chunk != nullptr && chunk->installed) {
    Check(node.Safe() >= chunk->index, meta, "acknowledgements are durable", [&] {
      return Name(message.from) + " says that it has everything up to entry " + Text(chunk->index) +
             ", durable up to " + Text(node.Safe());
    });
  }
  const auto* append = std::get_if<AppendResponse>(&message.body);
  // A node that went on to a later term may have cut off what it acknowledges here, lawfully.
  if (append == nullptr || !append->accepted || node.term != message.term) return;
  Check(node.Safe() >= append->match, meta, "acknowledgements are durable", [&] {
    return Name(message.from) + " acknowledges entry " + Text(append->match) + ", durable up to " +
           Text(node.durable);
  });
}

// A success answer names an entry; it must be among the committed ones, and stay so.
void Invariants::On(const EventMeta& meta, const trace::Replied& event) {
  const ClientAnswer& answer = *event.answer;
  if (IsRefusal(answer.outcome) || answer.outcome == Outcome::kUnknown) return;
  const bool committed = answer.index.value() <= committed_.size();
  Check(committed, meta, "answers are committed", [&] {
    return Name(*meta.node) + " answers from entry " + Text(answer.index) + ", committed are " +
           std::to_string(committed_.size());
  });
}

// --- Crash and restart --------------------------------------------------------------------------

void Invariants::On(const EventMeta& meta, const trace::Crashed& event) {
  Shadow& node = nodes_[meta.node->value()];
  node.running = false;
  node.role = Role::kFollower;
  if (event.lose == "everything") node.destroyed_by = "a crash that lost everything";
  if (event.lost_lies > 0) node.destroyed_by = "a sync that lied";
  if (node.destroyed_by.empty() || event.lose == "nothing") return;
  if (event.lose == "everything") node.destroyed_from.emplace_back(Index(1), node.destroyed_by);
}

void Invariants::On(const EventMeta& meta, const trace::Fault& event) {
  if (!meta.node.has_value()) return;
  Shadow& node = nodes_[meta.node->value()];
  node.destroyed_by = event.what;
  node.destroyed_always |= event.lasts;
  node.excuses_loss = event.excuses_loss;
}

void Invariants::On(const EventMeta& meta, const trace::Started& event) {
  Shadow& node = nodes_[meta.node->value()];
  CheckRestart(meta, node, event);
  if (!node.destroyed_always) node.destroyed_by.clear();
  node.running = true;
  node.role = Role::kFollower;
  StartLogBehind(node, event.kept, event.base);
  node.term = event.term;
  node.vote = event.vote;
  node.snapshot = event.snapshot;
  node.commit = event.snapshot;
  node.applied = event.snapshot;
  node.durable = Index(0);
  node.durable_term = Term(0);
  node.configuration_index.reset();
}

// Whatever a node called durable must be there again, unless its disk is known to have lost it.
void Invariants::CheckRestart(const EventMeta& meta, Shadow& node, const trace::Started& event) {
  // A log that does not reach the snapshot, or contradicts it, is given up for it.
  const bool given_up = event.base > event.kept;
  const bool log_lost = (event.kept < node.durable && !given_up) || event.snapshot < node.snapshot;
  Check(event.snapshot.value() <= committed_.size(), meta, "snapshots are of committed entries",
        [&] { return Name(*meta.node) + " has a snapshot of entry " + Text(event.snapshot); });
  const bool vote_lost = event.term < node.durable_term ||
                         (event.term == node.durable_term && node.durable_vote.has_value() &&
                          event.vote != node.durable_vote);
  if (log_lost) {
    node.lost = node.log;
    node.lost.resize(std::min<std::size_t>(node.log.size(), node.Safe().value()));
  }
  const bool excused = std::exchange(node.excuses_loss, true);
  if (log_lost && excused) node.destroyed_from.emplace_back(Next(event.kept), node.destroyed_by);
  if (vote_lost && excused) node.vote_destroyed = std::max(node.vote_destroyed, node.durable_term);
  Check(!(log_lost || vote_lost) || !node.destroyed_by.empty(), meta, "durable state survives",
        [&] {
          return Name(*meta.node) + " restarts with term " + Text(event.term) + ", vote for " +
                 Who(event.vote) + " and entries up to " + Text(event.kept) +
                 " of those it had; durable were term " + Text(node.durable_term) + ", vote for " +
                 Who(node.durable_vote) + " and entries up to " + Text(node.durable);
        });
}

// What the old cluster did in later terms, and further on in its log, is another history.
void Invariants::On(const EventMeta& meta, const trace::Refounded& event) {
  const Shadow& node = nodes_[meta.node->value()];
  leaders_.erase(leaders_.upper_bound(event.term), leaders_.end());
  if (positions_.size() > event.last.value()) positions_.resize(event.last.value());
  refoundings_.push_back(Next(event.last));
  std::size_t held = committed_.size();
  while (held > 0 && !node.Holds(Index(held), committed_[held - 1].term)) --held;
  if (held == committed_.size()) return;
  given_up_ = GivenUp{Index(held + 1), Index(committed_.size()), *meta.node};
}

bool Invariants::IsGivenUp(Index index) const {
  return given_up_.has_value() && given_up_->from <= index && index <= given_up_->to;
}

// Lawful only if so many durable copies were destroyed that a quorum without any is possible.
void Invariants::Lost(const EventMeta& meta, const char* property, Index index,
                      const std::string& detail) {
  if (IsGivenUp(index)) {
    lawful_loss_ = LawfulLoss{detail + ": it was given up when " + Name(given_up_->by) +
                                  ", which did not hold it, became the only member",
                              meta.time};
    return;
  }
  const CommittedEntry& entry = committed_[index.value() - 1];
  std::uint64_t holders = entry.holders | HoldersOf(index, entry.term);
  std::string faults;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto destroyed =
        std::find_if(nodes_[i].destroyed_from.begin(), nodes_[i].destroyed_from.end(),
                     [&](const auto& from) { return from.first <= index; });
    // A copy made again since then counts as any other.
    const bool again = nodes_[i].Holds(index, entry.term);
    if (destroyed == nodes_[i].destroyed_from.end() || again || ((holders >> i) & 1) == 0) continue;
    holders &= ~(std::uint64_t{1} << i);
    faults += (faults.empty() ? "" : ", ") + Name(NodeId(static_cast<std::uint32_t>(i))) + " (" +
              destroyed->second + ")";
  }
  if (faults.empty() || !IsQuorum(~holders, entry.quorums)) {
    return Require(false, meta, property, detail);
  }
  lawful_loss_ = LawfulLoss{detail + ": its durable copies were destroyed on " + faults, meta.time};
}

}  // namespace drydock::sim
