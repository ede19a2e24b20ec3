// What a person reads about an event.
#include "sim/trace/sentence.h"

#include <doctest/doctest.h>

#include <string>

#include "core/kv/command.h"

namespace drydock::sim {
namespace {

std::string AtNode(std::uint32_t node, const TraceEvent& event) {
  return SentenceOf({.id = 2, .cause = 1, .time = 5, .node = NodeId(node)}, event);
}
std::string AtNode(std::uint32_t node, const SimEvent& event) {
  return SentenceOf({.id = 2, .cause = 1, .time = 5, .node = NodeId(node)}, event);
}
std::string Outside(const SimEvent& event) {
  return SentenceOf({.id = 1, .time = 5}, event);
}

Message From0To2(Term term, MessageBody body) {
  return {.from = NodeId(0),
          .to = NodeId(2),
          .store = StoreId(1),
          .term = term,
          .body = std::move(body)};
}

TEST_CASE("an election is told in the words of Raft") {
  CHECK(AtNode(3, drydock::trace::TimerFired{TimerId::kElection}) ==
        "n3 hears nothing from a leader for its election timeout");
  CHECK(AtNode(3, drydock::trace::RoleChanged{Role::kPreCandidate, RoleCause::kElectionTimeout,
                                              std::nullopt}) ==
        "n3 becomes a pre-candidate and asks who would vote for it, since its election timeout has "
        "passed");
  CHECK(AtNode(3, drydock::trace::TermAndVote{Term(4), NodeId(3)}) ==
        "n3 enters term 4 and votes for itself");
  CHECK(AtNode(1, drydock::trace::TermAndVote{Term(4), NodeId(3)}) ==
        "n1 grants its vote for term 4 to n3");
  CHECK(AtNode(1, drydock::trace::Refused{RefusalReason::kLogBehind, NodeId(3)}) ==
        "n1 refuses n3 a vote: the log of n3 lacks entries that it has");
  CHECK(AtNode(3, drydock::trace::RoleChanged{Role::kLeader, RoleCause::kElectionWon, NodeId(3)}) ==
        "n3 becomes the leader, since a quorum has voted for it");
  CHECK(AtNode(0, drydock::trace::RoleChanged{Role::kFollower, RoleCause::kLeaderAppeared,
                                              NodeId(3)}) ==
        "n0 becomes a follower of n3, since it has heard from the leader of its term");
}

TEST_CASE("a lost append tells what was in it and why it did not arrive") {
  AppendRequest append{.previous_index = Index(4)};
  append.entries.resize(5);
  const Message message = From0To2(Term(2), append);
  CHECK(AtNode(0, trace::Sent{&message}) == "n0 sends n2 the append of entries 5..9");
  CHECK(AtNode(2, trace::Delivered{&message}) == "n2 gets from n0 the append of entries 5..9");
  CHECK(AtNode(2, trace::Dropped{&message, DropReason::kPartition}) ==
        "the append of entries 5..9 from n0 to n2 is lost: n0 cannot reach n2");
  CHECK(AtNode(2, trace::Dropped{&message, DropReason::kNodeDown}) ==
        "the append of entries 5..9 from n0 to n2 is lost: n2 does not run");
}

TEST_CASE("votes on their way name the term and the end of the log") {
  const Message ask = From0To2(Term(4), VoteRequest{Index(7), Term(3)});
  CHECK(AtNode(0, trace::Sent{&ask}) ==
        "n0 sends n2 the request for a vote for term 4 (its log ends with entry 7 of term 3)");
  const Message yes = From0To2(Term(4), VoteResponse{true});
  CHECK(AtNode(2, trace::Delivered{&yes}) == "n2 gets from n0 the vote for term 4");
}

TEST_CASE("entries are told by what they do, and bytes that are no text by their number") {
  const ClientRequest put{.op = PutOp{Bytes("x"), Bytes("\xff\xff")}};
  const Entry entry{
      .term = Term(3), .kind = EntryKind::kCommand, .payload = Bytes(EncodeCommand(put))};
  CHECK(AtNode(1, drydock::trace::Appended{Index(6), entry}) ==
        "n1 appends entry 6 of term 3: the put of 2 bytes under \"x\"");
  const ClientRequest cas{.op = CompareAndSetOp{Bytes("x"), std::nullopt, Bytes("1")}};
  CHECK(Outside(trace::Called{2, 5, &cas}) ==
        "client 2 begins call 5: the compare-and-set of \"x\" from nothing to \"1\"");
}

TEST_CASE("starts and crashes tell what was kept and what is gone") {
  CHECK(AtNode(1, trace::Started{.incarnation = Incarnation(2),
                                 .store = StoreId(1),
                                 .term = Term(3),
                                 .vote = NodeId(0),
                                 .kept = Index(8),
                                 .last = Index(9),
                                 .torn = ""}) ==
        "n1 starts for the 2nd time in term 3, having voted for n0, with entries up to 9 on its "
        "disk");
  CHECK(AtNode(1, trace::Crashed{"unsynced", 0}) == "n1 crashes; what was not synced may be gone");
  CHECK(Outside(trace::Fault{"crash of n1"}) == "the scenario: crash of n1");
}

TEST_CASE("answers are told as the client gets them") {
  const ClientAnswer refused{.outcome = Outcome::kNotLeader, .leader = NodeId(2)};
  CHECK(AtNode(1, trace::Replied{CallId(1), &refused}) ==
        "n1 answers a client: refused by a node that does not lead (n2 leads)");
  const ClientAnswer unknown{.outcome = Outcome::kUnknown};
  CHECK(Outside(trace::Answered{0, 3, Outcome::kUnknown, "no answer in time", &unknown}) ==
        "call 3 of client 0 ends: given up (no answer in time), and nobody knows whether it was "
        "done");
}

TEST_CASE("reads are told by how far a node must have applied, and on whose word") {
  const Message ask = From0To2(Term(4), ReadIndexRequest{Incarnation(1), 7});
  CHECK(AtNode(0, trace::Sent{&ask}) ==
        "n0 sends n2 question 7 how far it must apply before it may answer reads");
  const Message tell = From0To2(Term(4), ReadIndexResponse{Incarnation(1), 7, true, Index(9)});
  CHECK(AtNode(2, trace::Delivered{&tell}) ==
        "n2 gets from n0 the answer to question 7: reads need entry 9");
  CHECK(AtNode(1, drydock::trace::ReadIndexLearnt{NodeId(0), Index(9), 2}) ==
        "n1 learns from n0 that 2 reads may be answered once entry 9 is applied");
  const auto until = TimePoint::FromNanoseconds(1500000000);
  CHECK(AtNode(1, drydock::trace::ReadUnderLease{Index(9), until}) ==
        "n1 answers a read under its lease once entry 9 is applied; the lease holds until 1.5s on "
        "its clock");
}

TEST_CASE("who asks for a transfer or for other members is answered in words") {
  CHECK(AtNode(1, drydock::trace::TransferRefused{NodeId(2), TransferOutcome::kNotVoter}) ==
        "n1 does not hand leadership over to n2: that is no voter");
  CHECK(AtNode(1, drydock::trace::TransferRefused{std::nullopt, TransferOutcome::kNoSuccessor}) ==
        "n1 does not hand leadership over: no other voter answers");
  CHECK(AtNode(1, drydock::trace::ChangeAnswered{ChangeOutcome::kBusy}) ==
        "n1 answers that another change of members is under way");
}

}  // namespace
}  // namespace drydock::sim
