#include "sim/explore/member.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/base/check.h"
#include "core/base/hasher.h"
#include "core/base/overloaded.h"
#include "core/storage/recovery.h"
#include "core/storage/wal_format.h"
#include "sim/disk/sim_disk.h"

namespace drydock::sim::explore {
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

// --- The disk -----------------------------------------------------------------------------------

void Apply(const Mutation& mutation, Stored& stored) {
  std::visit(Overloaded{[&](const StoreTermAndVote& state) {
                          stored.term = state.term;
                          stored.vote = state.vote;
                        },
                        [&](const StoreEntry& entry) { stored.log.push_back(MarkOf(entry.entry)); },
                        [&](const StoreTruncation& cut) { stored.log.resize(cut.last.value()); },
                        [&](const StoreLogStart&) {}},
             mutation);
}

void WriteIt(Member& member) {
  const auto* write = std::get_if<WriteAndSync>(&member.under_way->action);
  DRYDOCK_CHECK(write != nullptr, member.id);
  std::string bytes;
  for (const Bytes& piece : write->pieces) bytes += piece.view();
  std::string_view records(bytes);
  records.remove_prefix(kBatchHeaderBytes);
  while (!records.empty()) {
    const std::optional<Mutation> mutation = TakeRecord(records);
    DRYDOCK_CHECK(mutation.has_value(), member.id, records.size());
    Apply(*mutation, member.stored);
  }
  member.disk = std::make_shared<const DiskPast>(DiskPast{member.disk, *write});
}

StartOptions OptionsOf(const Member& member, const MemberSettings& settings) {
  return {.node = member.id,
          .bootstrap = member.store,
          .segment_bytes = settings.settings.segment_bytes,
          .vote_promise = settings.settings.VotePromise()};
}

Recovered MustRecover(SimDisk& disk, const StartOptions& options) {
  Result<Recovered> recovered = Recover(disk, options);
  DRYDOCK_CHECK(recovered.ok(), recovered.ok() ? std::string() : recovered.error().text);
  return std::move(recovered.value());
}

// Everything that ever became durable there is done again on a new disk.
Recovered StartFrom(const DiskPastPtr& past, const StartOptions& options) {
  SimDisk disk(Stream(), DiskSettings{});
  std::vector<const DiskPast*> steps;
  for (const DiskPast* step = past.get(); step != nullptr; step = step->before.get()) {
    steps.push_back(step);
  }
  Recovered recovered = MustRecover(disk, options);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (!(*step)->write.has_value()) {
      recovered = MustRecover(disk, options);
      continue;
    }
    disk.Submit({Lane::kWal, Ticket(1), *(*step)->write});
    disk.Complete(Ticket(1));
  }
  return recovered;
}

// --- One step -----------------------------------------------------------------------------------

class Stepping {
 public:
  Stepping(const Member& member, const MemberSettings& settings, TimePoint now)
      : settings_(settings), now_(now), begin_(now), step_{.after = member} {}

  MemberStep Take(StepKind kind, const Message* message, std::uint32_t write) {
    try {
      Do(kind, message, write);
      while (settings_.instant_disks && step_.after.under_way.has_value()) {
        now_ = now_ + kInstant;
        DiskIsDone();
      }
    } catch (const std::exception& failed) {
      step_.problem = Problem{"check in the core", failed.what()};
    }
    step_.after.clock = now_;
    return std::move(step_);
  }

 private:
  void Do(StepKind kind, const Message* message, std::uint32_t write) {
    switch (kind) {
      case StepKind::kDeliver:
      case StepKind::kDeliverTwice:
        return Receive(*message);
      case StepKind::kTimeout:
        return StepNode(Wake{});
      case StepKind::kDiskDone:
        return DiskIsDone();
      case StepKind::kCrashKeeping:
        return Crash(true);
      case StepKind::kCrashLosing:
        return Crash(false);
      case StepKind::kRestart:
        return Restart();
      case StepKind::kWrite:
        return StepNode(ClientCall{NewCall(), WriteRequest(write)});
    }
  }

  CallId NewCall() { return CallId(++step_.after.calls); }

  void Receive(const Message& message) {
    if (IsRequest(message.body)) return StepNode(PeerRequest{NewCall(), message});
    StepNode(PeerResponse{message});
  }

  void DiskIsDone() {
    Member& member = step_.after;
    WriteIt(member);
    const Ticket ticket = member.under_way->ticket;
    member.under_way.reset();
    StepNode(DiskDone{ticket, std::nullopt, {}});
  }

  void Crash(bool keeps) {
    Member& member = step_.after;
    if (keeps && member.under_way.has_value()) WriteIt(member);
    member.under_way.reset();
    member.node.reset();
    member.role = Role::kFollower;
  }

  void Restart() {
    Member& member = step_.after;
    member.disk = std::make_shared<const DiskPast>(DiskPast{member.disk, std::nullopt});
    Recovered recovered = StartFrom(member.disk, OptionsOf(member, settings_));
    Marks found;
    for (Index i(1); i <= recovered.log.last(); i = Next(i)) {
      found.push_back(MarkOf(recovered.log.At(i)));
    }
    RequireDurable(recovered, found);
    DRYDOCK_CHECK(found == member.stored.log && recovered.term == member.stored.term &&
                      recovered.vote == member.stored.vote,
                  member.id, recovered.term, found.size(), member.stored.log.size());
    TakeOver(recovered, std::move(found));
    member.node.emplace(NodeConfig{settings_.voters, settings_.settings, 0, settings_.draws},
                        std::move(recovered), now_);
    ++step_.timeouts_drawn;
    // Its log may be longer than what was told to be durable: the others have to agree with it.
    step_.facts.push_back({.what = Fact::What::kAppended, .index = member.last()});
  }

  // What was durable must be there again; more may be.
  void RequireDurable(const Recovered& recovered, const Marks& found) {
    const Member& member = step_.after;
    const auto durable = static_cast<std::ptrdiff_t>(member.durable.value());
    const bool log_lost = member.durable.value() > found.size() ||
                          !std::equal(found.begin(), found.begin() + durable, member.log.begin());
    const bool voted = member.durable_vote.has_value();
    const bool vote_lost =
        recovered.term < member.durable_term ||
        (recovered.term == member.durable_term && voted && recovered.vote != member.durable_vote);
    Require(!log_lost && !vote_lost, "durable state survives",
            [&] { return Name(member.id) + " restarts with less than was durable"; });
  }

  void TakeOver(const Recovered& recovered, Marks&& log) {
    Member& member = step_.after;
    member.incarnation = recovered.incarnation;
    member.term = recovered.term;
    member.vote = recovered.vote;
    member.log = std::move(log);
    member.commit = Index(0);
    member.durable = member.last();
    member.durable_term = recovered.term;
    member.durable_vote = recovered.vote;
    member.role = Role::kFollower;
  }

  void StepNode(Input&& input) {
    effects_.Clear();
    Member& member = step_.after;
    member.node->Step(now_, std::span(&input, 1), effects_);
    for (const TraceEvent& event : effects_.trace) {
      std::visit([this](const auto& e) { On(e); }, event);
    }
    for (DiskOp& op : effects_.disk) {
      DRYDOCK_CHECK(!member.under_way.has_value(), member.id);
      member.under_way = std::move(op);
      ++step_.writes_begun;
    }
    for (Message& message : effects_.messages) Send(std::move(message));
    for (PeerReply& reply : effects_.peer_replies) Send(std::move(reply.message));
    for (const ClientReply& reply : effects_.client_replies) Answer(reply.answer);
  }

  // --- What a node tells, judged as far as it concerns the node alone ---

  template <class Detail>
  void Require(bool holds, const char* property, Detail detail) {
    if (holds || step_.problem.has_value()) return;
    const auto& ignored = settings_.ignored;
    if (std::find(ignored.begin(), ignored.end(), property) != ignored.end()) return;
    step_.problem = Problem{property, detail()};
  }

  template <class Event>
  void On(const Event&) {}  // says nothing about safety

  void On(const drydock::trace::RoleChanged& event) {
    Member& member = step_.after;
    member.role = event.role;
    if (event.role != Role::kLeader) {
      ++step_.timeouts_drawn;
      return;
    }
    step_.facts.push_back({.what = Fact::What::kLeads, .term = member.term});
  }

  void On(const drydock::trace::TermAndVote& event) {
    Member& member = step_.after;
    Require(event.term >= member.term, "terms never go back", [&] {
      return Name(member.id) + " goes from term " + Text(member.term) + " to " + Text(event.term);
    });
    const bool same_vote = !member.vote.has_value() || member.vote == event.vote;
    Require(event.term > member.term || same_vote, "one vote a term",
            [&] { return Name(member.id) + " votes twice in term " + Text(event.term); });
    member.term = event.term;
    member.vote = event.vote;
  }

  void On(const drydock::trace::Appended& event) {
    Member& member = step_.after;
    Require(event.index == Next(member.last()), "log is contiguous",
            [&] { return Name(member.id) + " appends entry " + Text(event.index); });
    if (step_.problem.has_value()) return;
    member.log.push_back(MarkOf(event.entry));
    step_.facts.push_back({.what = Fact::What::kAppended, .index = event.index});
  }

  void On(const drydock::trace::Truncated& event) {
    Member& member = step_.after;
    Require(member.role != Role::kLeader, "leader append-only", [&] {
      return Name(member.id) + " leads term " + Text(member.term) + " and drops entries after " +
             Text(event.last);
    });
    Require(event.last >= member.commit, "commit never goes back",
            [&] { return Name(member.id) + " drops committed entries after " + Text(event.last); });
    if (event.last >= member.last()) return;
    step_.facts.push_back({.what = Fact::What::kTruncated,
                           .index = event.last,
                           .mark = member.log[event.last.value()]});
    member.log.resize(event.last.value());
    member.durable = std::min(member.durable, event.last);
  }

  void On(const drydock::trace::Durable& event) {
    Member& member = step_.after;
    Require(event.last <= member.last() && event.term <= member.term, "durable state exists",
            [&] { return Name(member.id) + " calls entry " + Text(event.last) + " durable"; });
    member.durable = event.last;
    member.durable_term = event.term;
    member.durable_vote = event.vote;
  }

  void On(const drydock::trace::Committed& event) {
    Member& member = step_.after;
    Require(event.commit > member.commit && event.commit <= member.last(), "commit never goes back",
            [&] { return Name(member.id) + " commits up to " + Text(event.commit); });
    if (step_.problem.has_value()) return;
    Require(member.role != Role::kLeader || member.TermAt(event.commit) == member.term,
            "a leader commits its own term", [&] {
              return Name(member.id) + ", leading term " + Text(member.term) + ", commits entry " +
                     Text(event.commit) + " of an earlier term by counting copies";
            });
    for (Index i = Next(member.commit); i <= event.commit; i = Next(i)) {
      step_.facts.push_back({.what = Fact::What::kCommitted,
                             .term = member.term,
                             .index = i,
                             .mark = member.log[i.value() - 1]});
    }
    member.commit = event.commit;
  }

  void Send(Message&& message) {
    const Member& member = step_.after;
    const auto* vote = std::get_if<VoteResponse>(&message.body);
    const bool asks = std::holds_alternative<VoteRequest>(message.body);
    if (asks || (vote != nullptr && vote->granted)) {
      const NodeId candidate = asks ? message.from : message.to;
      Require(member.durable_term > message.term ||
                  (member.durable_term == message.term && member.durable_vote == candidate),
              "votes are durable", [&] {
                return Name(member.id) + "'s vote for " + Name(candidate) + " in term " +
                       Text(message.term) + " leaves before it is on disk";
              });
    }
    const auto* heartbeat = std::get_if<HeartbeatResponse>(&message.body);
    const auto* append = std::get_if<AppendResponse>(&message.body);
    // A node that went on to a later term may have cut off what it acknowledges here, lawfully.
    const bool accepted = append != nullptr && append->accepted && member.term == message.term;
    const Index told = heartbeat != nullptr ? heartbeat->match
                       : accepted           ? append->match
                                            : Index(0);
    Require(member.durable >= told, "acknowledgements are durable", [&] {
      return Name(member.id) + " acknowledges entry " + Text(told) + ", durable up to " +
             Text(member.durable);
    });
    step_.sent.push_back({std::move(message), (now_ - begin_).nanoseconds()});
  }

  void Answer(const ClientAnswer& answer) {
    if (IsRefusal(answer.outcome) || answer.outcome == Outcome::kUnknown) return;
    step_.facts.push_back({.what = Fact::What::kAnswered, .index = answer.index});
  }

  const MemberSettings& settings_;
  TimePoint now_;
  TimePoint begin_;
  MemberStep step_;
  Effects effects_;
};

void AddMarks(Hasher& hasher, const Marks& marks) {
  hasher.Add(marks.size());
  for (const Mark& mark : marks) {
    hasher.Add(mark.term);
    hasher.Add(mark.content);
  }
}

}  // namespace

Mark MarkOf(const Entry& entry) {
  Hasher hasher;
  hasher.Add(static_cast<std::uint64_t>(entry.kind));
  hasher.Add(entry.payload.view());
  return {entry.term, hasher.Finish()};
}

ClientRequest WriteRequest(std::uint32_t write) {
  return {.op = PutOp{Bytes("key"), Bytes("write " + std::to_string(write))}};
}

// What the node told follows from its state; of a crashed one it matters to the judge, who counts
// its durable copies.
std::uint64_t Member::Digest(Permutation permutation) const {
  Hasher hasher;
  hasher.Add(Renamed(id, permutation));
  hasher.Add(incarnation);
  hasher.Add(node.has_value() ? node->Digest(permutation) : 0);
  hasher.Add(stored.term);
  AddNode(hasher, stored.vote, permutation);
  AddMarks(hasher, stored.log);
  if (node.has_value()) return hasher.Finish();
  hasher.Add(durable);
  hasher.Add(durable_term);
  AddNode(hasher, durable_vote, permutation);
  for (Index i(1); i <= durable; i = Next(i)) hasher.Add(TermAt(i));
  return hasher.Finish();
}

MemberStep StepMember(const Member& member, const MemberSettings& settings, StepKind kind,
                      TimePoint now, const Message* message, std::uint32_t write) {
  return Stepping(member, settings, now).Take(kind, message, write);
}

// Who asked for votes, or led, in a term has that term on its disk; and each candidacy begins a new
// one. So the answers that belong to a role of an earlier term, or of this one when it is over,
// find nobody who waits for them.
bool IsSpent(const Message& message, const Member& receiver) {
  if (IsRequest(message.body) || std::holds_alternative<PreVoteResponse>(message.body))
    return false;
  if (message.term > receiver.stored.term) return false;
  if (!receiver.Runs() || receiver.term != message.term) return true;
  if (std::holds_alternative<VoteResponse>(message.body)) return receiver.role != Role::kCandidate;
  return receiver.role != Role::kLeader;
}

}  // namespace drydock::sim::explore
