// When the loss of a committed entry is the fault of disks, and when it is Raft's.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "tests/sim/check/told.h"

namespace drydock::sim {
namespace {

using testing::OneCommitted;
using testing::Told;

TEST_CASE("invariants: a loss is lawful when faults destroyed enough copies") {
  Told told = OneCommitted(2);  // on n0 and n1; the quorum n1 and n2 needs n1's copy
  SUBCASE("by a sync that lied") {
    told.Crash(1, "unsynced", 1);
    told.Start(1, 0, 1, 0);
  }
  SUBCASE("by a crash that lost everything") {
    told.Crash(1, "everything");
    told.Start(1, 0, 0, std::nullopt);
  }
  SUBCASE("by a flipped bit") {
    told.Fault(1, "one bit of n1's log is flipped");
    told.Crash(1);
    told.Start(1, 0, 1, 0);
  }
  REQUIRE(told.broken() == "nothing");
  REQUIRE_FALSE(told.judge().lawful_loss().has_value());
  told.Lead(2, 0, 2);
  CHECK(told.broken() == "nothing");
  REQUIRE(told.judge().lawful_loss().has_value());
  const std::string what = told.judge().lawful_loss()->what;
  CHECK(what.starts_with("n2 leads term 2 without the committed entry 1: its durable copies"));
  CHECK(what.find("n1 (") != std::string::npos);
}

TEST_CASE("invariants: the same loss with too few copies destroyed is a violation") {
  Told told = OneCommitted(3);  // without n1's copy, every quorum still holds one
  SUBCASE("by a sync that lied") {
    told.Crash(1, "unsynced", 1);
    told.Start(1, 0, 1, 0);
  }
  SUBCASE("by a crash that lost everything") {
    told.Crash(1, "everything");
    told.Start(1, 0, 0, std::nullopt);
  }
  told.Lead(1, 0, 2);
  CHECK(told.broken() == "leader completeness");
  CHECK_FALSE(told.judge().lawful_loss().has_value());
}

TEST_CASE("invariants: how many copies must be destroyed depends on how many there were") {
  for (const std::uint32_t copies : {3u, 4u, 5u}) {
    for (std::uint32_t destroyed = 1; destroyed <= copies; ++destroyed) {
      CAPTURE(copies);
      CAPTURE(destroyed);
      Told told = OneCommitted(copies, 5);
      for (std::uint32_t n = 0; n < destroyed; ++n) {
        told.Crash(n, "unsynced", 1);
        told.Start(n, 0, 1, 0);
      }
      told.Lead(0, 0, 2);
      const bool lawful = copies - destroyed < 3;  // a quorum of three without any copy exists
      CHECK(told.judge().lawful_loss().has_value() == lawful);
      CHECK(told.broken() == (lawful ? "nothing" : "leader completeness"));
    }
  }
}

TEST_CASE("invariants: a lie about another entry excuses nothing") {
  Told told = OneCommitted(2);
  told.Store(1, 2, 1, 0, "later");
  told.Crash(1, "unsynced", 1);
  told.Start(1, 1, 1, 0);  // entry 2 is lost, entry 1 is there
  told.Lead(2, 0, 2);
  CHECK(told.broken() == "leader completeness");
}

}  // namespace
}  // namespace drydock::sim
