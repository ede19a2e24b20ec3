// Configurations and the quorums by them, broken by hand.
#include <doctest/doctest.h>

#include "core/protocol/configuration_change.h"
#include "sim/check/invariants.h"
#include "tests/sim/check/told.h"

namespace drydock::sim {
namespace {

using testing::OneCommitted;
using testing::Told;

Configuration Voters(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> nodes;
  for (const std::uint32_t number : numbers) nodes.emplace_back(number);
  return Configuration(std::move(nodes));
}
Configuration Joint() {  // n0, n1 and n2 give way to n0, n3 and n4
  return EnterJoint(Voters({0, 1, 2}),
                    {.add = {NodeId(3), NodeId(4)}, .remove = {NodeId(1), NodeId(2)}})
      .value();
}

// n0 leads, has entry 1 and goes by the configuration; `durable` hold the entry, too.
Told LedBy(const Configuration& configuration, std::vector<std::uint32_t> durable) {
  Told told(5);
  told.Lead(0, 0, 1);
  for (std::uint32_t n = 1; n < 5; ++n) told.Join(n, 0, 1, 0);
  told.Goes(0, 0, configuration);
  told.Store(0, 1, 1, 0);
  for (const std::uint32_t n : durable) told.Store(n, 1, 1, 0);
  told.Commit(0, 1);
  return told;
}

TEST_CASE("invariants: copies are counted by the configuration in force at who commits") {
  CHECK(LedBy(Voters({0, 1, 2}), {1}).broken() == "nothing");
  CHECK(LedBy(Voters({0, 1, 2}), {3, 4}).broken() == "commitment is durable");
  CHECK(LedBy(Voters({0, 1, 2, 3, 4}), {1}).broken() == "commitment is durable");
}

TEST_CASE("invariants: while joint, both majorities must hold what is committed") {
  CHECK(LedBy(Joint(), {1, 2}).broken() == "commitment is durable");
  CHECK(LedBy(Joint(), {3, 4}).broken() == "commitment is durable");
  CHECK(LedBy(Joint(), {1, 3}).broken() == "nothing");
}

TEST_CASE("invariants: configurations follow each other in steps whose quorums intersect") {
  const auto broken = [](const Configuration& before, const Configuration& after) {
    Told told = OneCommitted(3, 5);
    told.Goes(1, 1, before);
    told.Goes(1, 2, after);
    return told.broken();
  };
  const Configuration next = LeaveJoint(Joint()).value();
  CHECK(broken(Voters({0, 1, 2}), Joint()) == "nothing");
  CHECK(broken(Joint(), next) == "nothing");
  CHECK(broken(Configuration(), next) == "nothing");  // it had waited
  CHECK(broken(Voters({0, 1, 2}), next) == "no two disjoint quorums");
  CHECK(broken(Joint(), Voters({0, 1, 2})) == "no two disjoint quorums");
  CHECK(broken(Voters({1, 2, 3}), Joint()) == "no two disjoint quorums");
}

TEST_CASE("invariants: no configuration follows one that is not committed") {
  Told told = OneCommitted(3, 5);
  told.Goes(1, 2, Voters({0, 1, 2}));
  told.Goes(1, 3, Joint());
  CHECK(told.broken() == "one change at a time");
}

TEST_CASE("invariants: who gets a vote holds the log up to where it became a member") {
  const auto broken = [](std::uint64_t held) {
    Told told = OneCommitted(3, 5);
    const Configuration learning =
        Changed(Voters({0, 1, 2}), {.add_learners = {NodeId(3)}}).value();
    told.Goes(0, 0, Voters({0, 1, 2}));
    told.Store(0, 2, 1, 0);
    told.Goes(0, 2, learning);
    told.Store(1, 2, 1, 0);
    told.Commit(0, 2);
    for (std::uint64_t index = 1; index <= held; ++index) told.Store(3, index, 1, 0);
    told.Goes(0, 3, EnterJoint(learning, {.promote = {NodeId(3)}}).value());
    return told.broken();
  };
  CHECK(broken(0) == "who gets a vote has caught up");
  CHECK(broken(1) == "who gets a vote has caught up");
  CHECK(broken(2) == "nothing");
}

TEST_CASE("invariants: a configuration that was cut off is forgotten") {
  Told told = OneCommitted(3, 5);
  told.Goes(1, 1, Voters({0, 1, 2}));
  told.Goes(1, 2, Joint());
  told.Goes(1, 1, Voters({0, 1, 2}));
  told.Goes(1, 2, Voters({0, 1, 2}));
  CHECK(told.broken() == "nothing");
}

}  // namespace
}  // namespace drydock::sim
