// A made-up cluster for the judge of invariants: the test says what its nodes do, event by event.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/check/invariants.h"

namespace drydock::sim::testing {

// A cluster that does what the test says, right or wrong, and the judge that is told of it.
class Told {
 public:
  explicit Told(std::uint32_t nodes = 3) : judge_(nodes) {
    for (std::uint32_t n = 0; n < nodes; ++n) Start(n, 0, 0, std::nullopt);
  }

  void Start(std::uint32_t n, std::uint64_t kept, std::uint64_t term,
             std::optional<std::uint32_t> vote) {
    Sim(n, trace::Started{.incarnation = {},
                          .store = {},
                          .term = Term(term),
                          .vote = Node(vote),
                          .kept = Index(kept),
                          .last = Index(kept),
                          .torn = ""});
  }
  void Crash(std::uint32_t n, std::string lose = "unsynced", std::uint64_t lies = 0) {
    Sim(n, trace::Crashed{std::move(lose), lies});
  }
  void Fault(std::uint32_t n, std::string what) { Sim(n, trace::Fault{std::move(what)}); }

  void Vote(std::uint32_t n, std::uint64_t term, std::optional<std::uint32_t> vote) {
    Tell(n, drydock::trace::TermAndVote{Term(term), Node(vote)});
  }
  void Role(std::uint32_t n, drydock::Role role) {
    Tell(n, drydock::trace::RoleChanged{role, RoleCause::kElectionWon, std::nullopt});
  }
  void Append(std::uint32_t n, std::uint64_t index, std::uint64_t term,
              std::string_view payload = "x", EntryKind kind = EntryKind::kCommand) {
    Tell(n, drydock::trace::Appended{Index(index), {Term(term), kind, Bytes(payload)}});
  }
  void Truncate(std::uint32_t n, std::uint64_t last) {
    Tell(n, drydock::trace::Truncated{Index(last)});
  }
  void Sync(std::uint32_t n, std::uint64_t last, std::uint64_t term,
            std::optional<std::uint32_t> vote) {
    Tell(n, drydock::trace::Durable{Index(last), Term(term), Node(vote)});
  }
  void Goes(std::uint32_t n, std::uint64_t index, const Configuration& configuration) {
    Tell(n, drydock::trace::ConfigurationInForce{Index(index), configuration});
  }
  void Commit(std::uint32_t n, std::uint64_t commit) {
    Tell(n, drydock::trace::Committed{Index(commit)});
  }
  void Apply(std::uint32_t n, std::uint64_t index, Outcome outcome = Outcome::kOk,
             bool duplicate = false) {
    Tell(n, drydock::trace::Applied{Index(index), outcome, duplicate});
  }
  void Send(std::uint32_t from, std::uint32_t to, std::uint64_t term, MessageBody body) {
    const Message message{NodeId(from), NodeId(to), StoreId(0), Term(term), std::move(body)};
    Sim(from, trace::Sent{&message});
  }
  void Reply(std::uint32_t n, Outcome outcome, std::uint64_t index) {
    ClientAnswer answer;
    answer.outcome = outcome;
    answer.index = Index(index);
    Sim(n, trace::Replied{CallId(1), &answer});
  }

  void Call(std::uint32_t client, std::uint64_t operation, const ClientRequest& request) {
    Sim(0, trace::Called{client, operation, &request});
  }
  void Answer(std::uint32_t client, std::uint64_t operation, const ClientAnswer& answer) {
    Sim(0, trace::Answered{client, operation, answer.outcome, "", &answer});
  }

  // `n` takes part in `term`, on disk, voting for `vote`.
  void Join(std::uint32_t n, std::uint64_t durable, std::uint64_t term,
            std::optional<std::uint32_t> vote) {
    Vote(n, term, vote);
    Sync(n, durable, term, vote);
  }
  void Lead(std::uint32_t n, std::uint64_t durable, std::uint64_t term) {
    Join(n, durable, term, n);
    Role(n, drydock::Role::kLeader);
  }
  // Entry `index` of `term` reaches the log and the disk of `n`.
  void Store(std::uint32_t n, std::uint64_t index, std::uint64_t term,
             std::optional<std::uint32_t> vote, std::string_view payload = "x") {
    Append(n, index, term, payload);
    Sync(n, index, term, vote);
  }

  std::string broken() const {
    return judge_.violation().has_value() ? judge_.violation()->property : "nothing";
  }
  std::string detail() const {
    return judge_.violation().has_value() ? judge_.violation()->detail : "";
  }
  EventId last() const { return id_; }
  const Invariants& judge() const { return judge_; }

 private:
  static std::optional<NodeId> Node(std::optional<std::uint32_t> n) {
    return n.has_value() ? std::optional<NodeId>(NodeId(*n)) : std::nullopt;
  }
  EventMeta Meta(std::uint32_t n) {
    ++id_;
    return {.id = id_, .cause = 0, .time = static_cast<std::int64_t>(id_), .node = NodeId(n)};
  }
  void Tell(std::uint32_t n, const TraceEvent& event) { judge_.OnNodeEvent(Meta(n), event); }
  void Sim(std::uint32_t n, const SimEvent& event) { judge_.OnSimEvent(Meta(n), event); }

  Invariants judge_;
  EventId id_ = 0;
};

// n0 leads term 1, and its first entry is durable on the first `copies` nodes and committed by n0.
inline Told OneCommitted(std::uint32_t copies, std::uint32_t nodes = 3) {
  Told told(nodes);
  for (std::uint32_t n = 1; n < nodes; ++n) told.Join(n, 0, 1, 0);
  told.Lead(0, 0, 1);
  for (std::uint32_t n = 0; n < copies; ++n) told.Store(n, 1, 1, 0);
  told.Commit(0, 1);
  REQUIRE(told.broken() == "nothing");
  return told;
}

}  // namespace drydock::sim::testing
