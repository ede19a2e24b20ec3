// Every property of Raft that the simulator watches, broken by hand in a few events: a check that
// never bites proves nothing.
#include "sim/check/invariants.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/sim/check/told.h"

namespace drydock::sim {
namespace {

using testing::OneCommitted;
using testing::Told;

AppendResponse Accepted(std::uint64_t match) {
  AppendResponse response;
  response.accepted = true;
  response.match = Index(match);
  return response;
}

TEST_CASE("invariants: a right run breaks nothing") {
  Told told;
  told.Join(0, 0, 1, 0);
  told.Send(0, 1, 1, VoteRequest{});
  told.Join(1, 0, 1, 0);
  told.Send(1, 0, 1, VoteResponse{.granted = true});
  told.Role(0, Role::kLeader);
  for (std::uint64_t index = 1; index <= 3; ++index) {
    for (std::uint32_t n = 0; n < 2; ++n) told.Store(n, index, 1, 0);
    told.Send(1, 0, 1, Accepted(index));
    told.Commit(0, index);
    told.Apply(0, index);
    told.Reply(0, Outcome::kOk, index);
    told.Commit(1, index);
    told.Apply(1, index);
  }
  told.Append(1, 4, 1);  // was never synced
  told.Crash(1);
  told.Start(1, 3, 1, 0);
  told.Sync(1, 3, 1, 0);
  told.Crash(0);
  told.Lead(1, 3, 2);
  told.Store(1, 4, 2, 1, "y");
  told.Vote(2, 2, 1);
  for (std::uint64_t index = 1; index <= 3; ++index) told.Append(2, index, 1);
  told.Append(2, 4, 2, "y");
  told.Sync(2, 4, 2, 1);
  HeartbeatResponse alive;
  alive.match = Index(4);
  told.Send(2, 1, 2, alive);
  told.Commit(1, 4);
  for (std::uint64_t index = 1; index <= 4; ++index) told.Apply(1, index);
  CHECK(told.broken() == "nothing");
  CHECK(told.detail().empty());
  CHECK_FALSE(told.judge().lawful_loss().has_value());
  REQUIRE(told.judge().committed().size() == 4);
  CHECK(told.judge().committed()[3].entry.payload.view() == "y");
  CHECK(told.judge().committed()[3].term == Term(2));
  CHECK(told.judge().checks() > 30);
}

// --- Elections and terms ------------------------------------------------------------------------

TEST_CASE("invariants: election safety: two leaders of one term") {
  Told told;
  told.Lead(0, 0, 1);
  told.Lead(1, 0, 1);
  CHECK(told.broken() == "election safety");
  CHECK(told.detail() == "n0 and n1 both lead term 1");
  CHECK(told.judge().violation()->event == told.last());
  CHECK(told.judge().violation()->time == static_cast<std::int64_t>(told.last()));
}

TEST_CASE("invariants: leaders of different terms may overlap") {
  Told told;
  told.Lead(0, 0, 1);
  told.Lead(1, 0, 2);
  CHECK(told.broken() == "nothing");
}

TEST_CASE("invariants: one vote a term") {
  Told told;
  told.Vote(0, 1, std::nullopt);
  told.Vote(0, 1, 1);
  SUBCASE("for another candidate") {
    told.Vote(0, 1, 2);
    CHECK(told.broken() == "one vote a term");
    CHECK(told.detail() == "n0 voted for n1 and now for n2 in term 1");
  }
  SUBCASE("forgotten") {
    told.Vote(0, 1, std::nullopt);
    CHECK(told.broken() == "one vote a term");
  }
  SUBCASE("another one in the next term") {
    told.Vote(0, 2, 2);
    CHECK(told.broken() == "nothing");
  }
}

TEST_CASE("invariants: terms never go back") {
  Told told;
  told.Vote(0, 5, std::nullopt);
  told.Vote(0, 4, std::nullopt);
  CHECK(told.broken() == "terms never go back");
}

TEST_CASE("invariants: leader completeness: a leader without a committed entry") {
  Told told = OneCommitted(2);
  SUBCASE("with an empty log") {
    told.Lead(2, 0, 2);
  }
  SUBCASE("with another entry in its place") {
    told.Join(2, 0, 2, 2);
    told.Store(2, 1, 2, 2);
    told.Lead(2, 1, 3);
  }
  CHECK(told.broken() == "leader completeness");
}

TEST_CASE("invariants: a leader of an older term need not hold what was committed later") {
  Told told(5);
  told.Lead(0, 0, 2);
  for (std::uint32_t n = 0; n < 3; ++n) {
    if (n > 0) told.Join(n, 0, 2, 0);
    told.Store(n, 1, 2, 0);
  }
  told.Commit(0, 1);
  told.Lead(3, 0, 1);  // its votes arrived late
  CHECK(told.broken() == "nothing");
}

// --- The log ------------------------------------------------------------------------------------

TEST_CASE("invariants: the log is contiguous") {
  Told told;
  SUBCASE("a gap") {
    told.Append(0, 2, 1);
  }
  SUBCASE("the same entry twice") {
    told.Append(0, 1, 1);
    told.Append(0, 1, 1);
  }
  CHECK(told.broken() == "log is contiguous");
}

TEST_CASE("invariants: log matching: one entry for an index and a term") {
  Told told;
  told.Append(0, 1, 1, "a");
  told.Append(0, 2, 2, "b");
  SUBCASE("another payload") {
    told.Append(1, 1, 1, "other");
  }
  SUBCASE("another kind") {
    told.Append(1, 1, 1, "a", EntryKind::kPart);
  }
  SUBCASE("another predecessor") {
    told.Append(1, 1, 2, "a");
    told.Append(1, 2, 2, "b");
  }
  CHECK(told.broken() == "log matching");
}

TEST_CASE("invariants: logs of different terms may differ") {
  Told told;
  told.Append(0, 1, 1, "a");
  told.Append(1, 1, 2, "b");
  CHECK(told.broken() == "nothing");
}

TEST_CASE("invariants: leader append-only") {
  Told told;
  told.Lead(0, 0, 1);
  told.Append(0, 1, 1);
  SUBCASE("a leader drops an entry") {
    told.Truncate(0, 0);
    CHECK(told.broken() == "leader append-only");
  }
  SUBCASE("a follower may") {
    told.Role(0, Role::kFollower);
    told.Truncate(0, 0);
    CHECK(told.broken() == "nothing");
  }
}

TEST_CASE("invariants: what is called durable is there") {
  Told told;
  told.Vote(0, 1, 0);
  SUBCASE("an entry that the log lacks") {
    told.Sync(0, 1, 1, 0);
  }
  SUBCASE("a term that the node has not reached") {
    told.Sync(0, 0, 2, 0);
  }
  CHECK(told.broken() == "durable state exists");
}

// --- Commitment ---------------------------------------------------------------------------------

TEST_CASE("invariants: commit never goes back") {
  Told told = OneCommitted(3);
  SUBCASE("the same again") {
    told.Commit(0, 1);
  }
  SUBCASE("beyond the log") {
    told.Commit(0, 2);
  }
  SUBCASE("a committed entry is dropped") {
    told.Commit(1, 1);
    told.Truncate(1, 0);
  }
  CHECK(told.broken() == "commit never goes back");
}

// Figure 8 of the paper, (c): the entry of term 2 is on a majority, and not committed by that.
TEST_CASE("invariants: a leader commits entries of its own term by counting") {
  Told told(5);
  told.Lead(0, 0, 2);
  told.Store(0, 1, 2, 0);
  told.Join(1, 0, 2, 0);
  told.Store(1, 1, 2, 0);
  told.Crash(0);
  told.Start(0, 1, 2, 0);
  told.Lead(0, 1, 4);
  told.Join(1, 1, 4, 0);
  told.Join(2, 0, 4, 0);
  told.Append(2, 1, 2);
  told.Sync(2, 1, 4, 0);
  SUBCASE("an old entry on a majority is not enough") {
    told.Commit(0, 1);
    CHECK(told.broken() == "a leader commits its own term");
  }
  SUBCASE("an entry of its own term commits those before it") {
    for (std::uint32_t n = 0; n < 3; ++n) told.Store(n, 2, 4, 0);
    told.Commit(0, 2);
    CHECK(told.broken() == "nothing");
    CHECK(told.judge().committed().size() == 2);
  }
}

TEST_CASE("invariants: commitment is durable") {
  Told told;
  told.Lead(0, 0, 1);
  for (std::uint32_t n = 1; n < 3; ++n) told.Join(n, 0, 1, 0);
  told.Store(0, 1, 1, 0);
  for (std::uint32_t n = 1; n < 3; ++n) told.Append(n, 1, 1);  // in memory only
  SUBCASE("one copy of three on disk") {
    told.Commit(0, 1);
    CHECK(told.broken() == "commitment is durable");
    CHECK(told.detail() == "n0 commits entry 1 of term 1 with 1 durable copies on 3 nodes");
  }
  SUBCASE("two of three, the leader's among them or not") {
    told.Sync(2, 1, 1, 0);
    told.Commit(0, 1);
    CHECK(told.broken() == "nothing");
  }
}

TEST_CASE("invariants: state machine safety: two entries committed at one index") {
  Told told = OneCommitted(2);
  told.Join(2, 0, 2, std::nullopt);
  told.Store(2, 1, 2, std::nullopt, "other");
  told.Commit(2, 1);
  CHECK(told.broken() == "state machine safety");
}

TEST_CASE("invariants: state machine safety: one entry, two results") {
  Told told = OneCommitted(2);
  told.Commit(1, 1);
  told.Apply(0, 1, Outcome::kOk, false);
  SUBCASE("another outcome") {
    told.Apply(1, 1, Outcome::kCompareFailed, false);
  }
  SUBCASE("a duplicate for one of them only") {
    told.Apply(1, 1, Outcome::kOk, true);
  }
  CHECK(told.broken() == "state machine safety");
}

TEST_CASE("invariants: entries are applied in order, when committed") {
  Told told = OneCommitted(2);
  SUBCASE("one is left out") {
    for (std::uint32_t n = 0; n < 2; ++n) told.Store(n, 2, 1, 0);
    told.Commit(0, 2);
    told.Apply(0, 2);
  }
  SUBCASE("applied twice") {
    told.Apply(0, 1);
    told.Apply(0, 1);
  }
  SUBCASE("before the node knows that it is committed") {
    told.Apply(1, 1);
  }
  CHECK(told.broken() == "applied in order");
}

TEST_CASE("invariants: answers name committed entries") {
  Told told = OneCommitted(2);
  told.Reply(0, Outcome::kNotLeader, 9);  // refusals and unknown outcomes promise nothing
  told.Reply(0, Outcome::kUnknown, 9);
  told.Reply(0, Outcome::kOk, 1);
  REQUIRE(told.broken() == "nothing");
  SUBCASE("a write") {
    told.Reply(0, Outcome::kOk, 2);
  }
  SUBCASE("a read of a missing key") {
    told.Reply(0, Outcome::kNotFound, 2);
  }
  SUBCASE("a compare-and-set") {
    told.Reply(0, Outcome::kCompareFailed, 2);
  }
  CHECK(told.broken() == "answers are committed");
}

// --- What leaves a node stands on its disk ------------------------------------------------------

TEST_CASE("invariants: votes are durable before they leave") {
  Told told;
  told.Vote(0, 1, 1);
  SUBCASE("a vote for another, not on disk") {
    told.Send(0, 1, 1, VoteResponse{.granted = true});
  }
  SUBCASE("on disk is a vote for somebody else") {
    told.Sync(0, 0, 1, 1);
    told.Send(0, 2, 1, VoteResponse{.granted = true});
  }
  SUBCASE("a candidate's own vote, not on disk") {
    told.Vote(2, 1, 2);
    told.Send(2, 1, 1, VoteRequest{});
  }
  CHECK(told.broken() == "votes are durable");
}

TEST_CASE("invariants: a refused vote and a pre-vote need no disk") {
  Told told;
  told.Vote(0, 1, 1);
  told.Send(0, 2, 1, VoteResponse{.granted = false});
  told.Send(0, 2, 1, PreVoteRequest{});
  told.Send(0, 2, 1, PreVoteResponse{.next_term = Term(2), .granted = true});
  CHECK(told.broken() == "nothing");
}

TEST_CASE("invariants: acknowledgements are durable before they leave") {
  Told told;
  told.Lead(0, 0, 1);
  told.Join(1, 0, 1, 0);
  told.Append(1, 1, 1);
  HeartbeatResponse alive;
  alive.received = Index(1);  // promises nothing
  told.Send(1, 0, 1, alive);
  AppendResponse refused;
  refused.match = Index(1);
  told.Send(1, 0, 1, refused);
  REQUIRE(told.broken() == "nothing");
  SUBCASE("of an append") {
    told.Send(1, 0, 1, Accepted(1));
  }
  SUBCASE("of a heartbeat") {
    alive.match = Index(1);
    told.Send(1, 0, 1, alive);
  }
  CHECK(told.broken() == "acknowledgements are durable");
}

// --- Crash and restart --------------------------------------------------------------------------

TEST_CASE("invariants: durable state survives a restart") {
  Told told = OneCommitted(2);
  told.Crash(1);
  SUBCASE("all of it") {
    told.Start(1, 1, 1, 0);
    CHECK(told.broken() == "nothing");
    return;
  }
  SUBCASE("the entry is gone") {
    told.Start(1, 0, 1, 0);
  }
  SUBCASE("the term is gone") {
    told.Start(1, 1, 0, std::nullopt);
  }
  SUBCASE("the vote is gone") {
    told.Start(1, 1, 1, std::nullopt);
  }
  SUBCASE("the vote is another") {
    told.Start(1, 1, 1, 2);
  }
  CHECK(told.broken() == "durable state survives");
}

TEST_CASE("invariants: committed entries stay, though the restarted node forgot that they are") {
  Told told = OneCommitted(3);
  told.Commit(1, 1);
  told.Crash(1);
  told.Start(1, 1, 1, 0);
  told.Truncate(1, 0);
  CHECK(told.broken() == "committed entries stay");
}

TEST_CASE("invariants: the first finding stands") {
  Told told;
  told.Append(0, 2, 1);
  const EventId first = told.last();
  told.Vote(0, 5, std::nullopt);
  told.Vote(0, 4, std::nullopt);
  CHECK(told.broken() == "log is contiguous");
  CHECK(told.judge().violation()->event == first);
}

}  // namespace
}  // namespace drydock::sim
