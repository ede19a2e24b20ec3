// Where a search begins: a cluster as the simulator has made it, and how to make it again.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "sim/explore/bounds.h"
#include "sim/explore/judge.h"
#include "sim/explore/member.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim::explore {

struct Start {
  MemberSettings settings;
  std::vector<Member> members;
  History history;
  Term term;   // the highest
  Index last;  // of the longest log
  // Its first part: no fault and no call; every election timeout that is ever drawn is pinned.
  Scenario scenario;
  std::int64_t at = 0;  // virtual time
  // How many decisions were made by then.
  std::vector<std::vector<std::uint64_t>> messages;  // from, to
  std::vector<std::uint64_t> disk_operations;
  std::vector<std::uint64_t> timeouts;  // drawn
};

// Founded and at rest (n0 leads, and all know that everything is committed), or just started.
// An error if the cluster does not come to rest: then the core is broken in a way that needs no
// search.
Result<Start> MakeStart(const Bounds& bounds);

// The decisions of a node's election timeouts: those of its start number `incarnation` begin here.
std::uint64_t FirstTimeoutOf(Incarnation incarnation);

}  // namespace drydock::sim::explore
