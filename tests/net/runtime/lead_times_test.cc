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

}  // namespace drydock::net
