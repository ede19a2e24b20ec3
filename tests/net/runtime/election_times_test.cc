#include "net/runtime/election_times.h"

#include <doctest/doctest.h>

namespace drydock::net {
namespace {

TimePoint At(std::int64_t ms) {
  return TimePoint() + Duration::Milliseconds(ms);
}
TraceEvent Became(Role role, RoleCause why) {
  return trace::RoleChanged{role, why, std::nullopt};
}
TraceEvent InTerm(std::int64_t term) {
  return trace::TermAndVote{Term(static_cast<std::uint64_t>(term)), std::nullopt};
}

}  // namespace

TEST_CASE("an election runs from the timeout to the victory, and tells when it asked for votes") {
  ElectionTimes times;
  times.Observe(Became(Role::kPreCandidate, RoleCause::kElectionTimeout), At(10));
  times.Observe(InTerm(4), At(11));
  times.Observe(Became(Role::kCandidate, RoleCause::kPreVoteWon), At(11));
  CHECK(times.recent().empty());
  times.Observe(Became(Role::kLeader, RoleCause::kElectionWon), At(14));
  REQUIRE(times.recent().size() == 1);
  const ElectionTimes::Election& election = times.recent()[0];
  CHECK(election.number == 1);
  CHECK(election.term == Term(4));
  CHECK(election.began == RoleCause::kElectionTimeout);
  CHECK(election.ended == RoleCause::kElectionWon);
  CHECK(election.took == Duration::Milliseconds(4));
  CHECK(election.asked_after == Duration::Milliseconds(1));
}

TEST_CASE(
    "one that the leader bade asks for votes at once, and losing it is told with the reason") {
  ElectionTimes times;
  times.StartIn(Term(2));
  times.Observe(Became(Role::kCandidate, RoleCause::kTransfer), At(5));
  times.Observe(Became(Role::kFollower, RoleCause::kLeaderAppeared), At(7));
  REQUIRE(times.recent().size() == 1);
  CHECK(times.recent()[0].term == Term(2));
  CHECK(times.recent()[0].ended == RoleCause::kLeaderAppeared);
  CHECK(times.recent()[0].took == Duration::Milliseconds(2));
  CHECK(times.recent()[0].asked_after == Duration());
}

TEST_CASE("who gets no votes in time has an undecided election behind it, and the next before it") {
  ElectionTimes times;
  times.Observe(Became(Role::kPreCandidate, RoleCause::kElectionTimeout), At(0));
  times.Observe(Became(Role::kPreCandidate, RoleCause::kNoVotesInTime), At(200));
  times.Observe(Became(Role::kFollower, RoleCause::kVotedForAnother), At(210));
  REQUIRE(times.recent().size() == 2);
  CHECK(times.recent()[0].ended == RoleCause::kNoVotesInTime);
  CHECK_FALSE(times.recent()[0].asked_after.has_value());
  CHECK(times.recent()[1].number == 2);
  CHECK(times.recent()[1].took == Duration::Milliseconds(10));
}

TEST_CASE(
    "leaders and followers that change their role are no elections; the latest 256 are kept") {
  ElectionTimes times;
  times.Observe(Became(Role::kFollower, RoleCause::kHigherTerm), At(0));
  CHECK(times.recent().empty());
  for (int i = 0; i < 300; ++i) {
    times.Observe(Became(Role::kPreCandidate, RoleCause::kElectionTimeout), At(2 * i));
    times.Observe(Became(Role::kFollower, RoleCause::kLeaderAppeared), At(2 * i + 1));
  }
  REQUIRE(times.recent().size() == 256);
  CHECK(times.recent().front().number == 45);
  CHECK(times.recent().back().number == 300);
}

}  // namespace drydock::net
