#include "net/runtime/lead_times.h"

#include <doctest/doctest.h>

namespace drydock::net {
namespace {

TimePoint At(std::int64_t ms) {
  return TimePoint() + Duration::Milliseconds(ms);
}
TraceEvent Became(Role role) {
  return trace::RoleChanged{role, RoleCause::kElectionWon, std::nullopt};
}
TraceEvent Appended(std::uint64_t index) {
  return trace::Appended{Index(index), Entry{}};
}

}  // namespace

TEST_CASE("an entry's time runs from the proposal to the commitment, and to everybody's disk") {
  LeadTimes times;
  times.Observe(Became(Role::kLeader), At(0));
  times.Observe(Appended(1), At(10));
  times.Observe(Appended(2), At(11));
  times.Observe(trace::Committed{Index(2)}, At(13));
  CHECK(times.commit().count() == 2);
  CHECK(times.commit().max() == 3'000'000);
  CHECK(times.WaitsForOthers());
  times.HeldEverywhere(Index(1), At(20));
  CHECK(times.everywhere().count() == 1);
  CHECK(times.everywhere().max() == 10'000'000);
}

TEST_CASE("what a follower appends, or a lost leader left open, is not counted") {
  LeadTimes times;
  times.Observe(Appended(1), At(0));
  times.Observe(trace::Committed{Index(1)}, At(1));
  times.Observe(Became(Role::kLeader), At(2));
  times.Observe(Appended(2), At(3));
  times.Observe(Became(Role::kFollower), At(4));
  times.Observe(trace::Committed{Index(2)}, At(5));
  CHECK(times.commit().count() == 0);
  CHECK_FALSE(times.WaitsForOthers());
}

TEST_CASE("each of the latest entries is told with the times that are known so far") {
  LeadTimes times;
  times.Observe(Became(Role::kLeader), At(0));
  times.Observe(Appended(7), At(10));
  times.Observe(Appended(8), At(11));
  times.Observe(trace::Durable{Index(7), Term(1), std::nullopt}, At(12));
  times.Observe(trace::Committed{Index(8)}, At(13));
  times.HeldEverywhere(Index(8), At(15));
  times.KnowsCommit(NodeId(1), Index(7));
  CHECK(times.CommitKnownBy(NodeId(1)) == Index(7));
  CHECK(times.CommitKnownBy(NodeId(2)) == Index(0));
  times.KnownEverywhere(Index(7), At(20));
  CHECK(times.WaitsForOthers());
  REQUIRE(times.recent().size() == 2);
  const LeadTimes::Proposal& first = times.recent()[0];
  CHECK(first.index == Index(7));
  CHECK(first.took[LeadTimes::kDurable] == Duration::Milliseconds(2));
  CHECK(first.took[LeadTimes::kCommitted] == Duration::Milliseconds(3));
  CHECK(first.took[LeadTimes::kEverywhere] == Duration::Milliseconds(5));
  CHECK(first.took[LeadTimes::kKnown] == Duration::Milliseconds(10));
  const LeadTimes::Proposal& second = times.recent()[1];
  CHECK_FALSE(second.took[LeadTimes::kDurable].has_value());
  CHECK(second.took[LeadTimes::kEverywhere] == Duration::Milliseconds(4));
  CHECK_FALSE(second.took[LeadTimes::kKnown].has_value());
  times.KnownEverywhere(Index(8), At(21));
  CHECK_FALSE(times.WaitsForOthers());
}

TEST_CASE("a leader remembers its latest 1024 entries, and those of its last term only") {
  LeadTimes times;
  times.Observe(Became(Role::kLeader), At(0));
  for (std::uint64_t index = 1; index <= 1500; ++index) times.Observe(Appended(index), At(1));
  times.Observe(trace::Committed{Index(1500)}, At(2));
  REQUIRE(times.recent().size() == 1024);
  CHECK(times.recent().front().index == Index(477));
  CHECK(times.recent().front().took[LeadTimes::kCommitted] == Duration::Milliseconds(1));
  times.Observe(Became(Role::kFollower), At(3));
  CHECK(times.recent().size() == 1024);
  times.Observe(Became(Role::kLeader), At(4));
  CHECK(times.recent().empty());
  times.Observe(Appended(3), At(5));
  times.Observe(trace::Committed{Index(3)}, At(6));
  CHECK(times.recent()[0].took[LeadTimes::kCommitted] == Duration::Milliseconds(1));
}

}  // namespace drydock::net
