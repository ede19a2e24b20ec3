// The arithmetic of membership changes: which configuration follows from which (Raft paper, section
// 6; thesis, section 4.3). Pure: when a change may happen is core/raft/membership.cc's business.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/configuration.h"

namespace drydock {

// Of one cluster, learners among them, and those who leave until they have left: more would cost
// each leader more than they are worth.
inline constexpr std::size_t kMaxMembers = 31;

// What somebody wants changed, several nodes at once; each node is named once. To replace a node is
// to add one and remove another in the same change.
struct MembershipChange {
  std::vector<NodeId> add;           // new members that are to vote
  std::vector<NodeId> add_learners;  // new members that only follow (thesis, section 4.2.1)
  std::vector<NodeId> promote;       // learners that are to vote
  std::vector<NodeId> demote;        // voters that are to follow only
  std::vector<NodeId> remove;        // members that leave
  // Of nodes in `add` and `add_learners`, as Member has them; nodes that are not added are passed
  // over.
  std::map<NodeId, std::string> addresses = {};
  friend bool operator==(const MembershipChange&, const MembershipChange&) = default;

  bool empty() const {
    return add.empty() && add_learners.empty() && promote.empty() && demote.empty() &&
           remove.empty();
  }
};

// "add n3 and remove n0"; "nothing" for an empty change.
std::string Describe(const MembershipChange& change);

// The configuration that is wanted in the end. `before` is not joint. The error names the node and
// what is wrong with it.
Result<Configuration> Changed(const Configuration& before, const MembershipChange& change);

// Both halves of joint consensus: the voters of `before` and those wanted decide together. A voter
// that is demoted is a learner only once the joint configuration is left.
Result<Configuration> EnterJoint(const Configuration& before, const MembershipChange& change);
Result<Configuration> LeaveJoint(const Configuration& joint);

}  // namespace drydock
