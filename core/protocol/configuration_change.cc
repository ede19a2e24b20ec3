#include "core/protocol/configuration_change.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace drydock {
namespace {

std::string Name(NodeId node) {
  return "n" + std::to_string(node.value());
}

bool Has(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

// The roles of a configuration while they are changed.
class Roles {
 public:
  explicit Roles(const Configuration& before)
      : before_(before), voters_(before.incoming().voters()), learners_(before.learners()) {}

  void Apply(const MembershipChange& change) {
    for (const NodeId node : change.add) Add(node, voters_);
    for (const NodeId node : change.add_learners) Add(node, learners_);
    for (const auto& [node, address] : change.addresses) {
      if (!before_.IsMember(node)) addresses_.emplace(node, address);
    }
    for (const NodeId node : change.promote) {
      Move(node, learners_, voters_, "cannot be promoted: it is no learner");
    }
    for (const NodeId node : change.demote) {
      Move(node, voters_, learners_, "cannot be demoted: it is no voter");
    }
    for (const NodeId node : change.remove) Remove(node);
    if (voters_.empty()) Fail("the change would leave no voter");
  }
  Result<Configuration> Finish(Majority outgoing) && {
    const std::size_t members = before_.members().size() + added_;
    if (added_ > 0 && members > kMaxMembers) {
      Fail("there would be " + std::to_string(members) +
           " members until it is done, and there may " + "be " + std::to_string(kMaxMembers));
    }
    if (!problem_.empty()) return Error{problem_};
    Configuration result =
        before_.WithRoles(Majority(std::move(voters_)), std::move(outgoing), std::move(learners_));
    for (const auto& [node, address] : addresses_) result.SetAddress(node, address);
    return result;
  }

 private:
  void Fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
  }
  // False when the change names the node twice, or it is not there as it should be.
  bool Take(NodeId node, bool must_be_member) {
    if (Has(touched_, node)) {
      Fail(Name(node) + " is named twice");
      return false;
    }
    touched_.push_back(node);
    if (before_.IsMember(node) == must_be_member) return true;
    Fail(Name(node) + (must_be_member ? " is not a member" : " is a member already"));
    return false;
  }
  void Add(NodeId node, std::vector<NodeId>& to) {
    if (!Take(node, false)) return;
    to.push_back(node);
    ++added_;
  }
  void Move(NodeId node, std::vector<NodeId>& from, std::vector<NodeId>& to, const char* problem) {
    if (!Take(node, true)) return;
    if (!Has(from, node)) return Fail(Name(node) + " " + problem);
    std::erase(from, node);
    to.push_back(node);
  }
  void Remove(NodeId node) {
    if (!Take(node, true)) return;
    std::erase(voters_, node);
    std::erase(learners_, node);
  }

  const Configuration& before_;
  std::vector<NodeId> voters_;
  std::vector<NodeId> learners_;
  std::vector<NodeId> touched_;
  std::size_t added_ = 0;
  std::map<NodeId, std::string> addresses_;  // of who is new
  std::string problem_;
};

void AddPart(std::string& text, const char* verb, const std::vector<NodeId>& nodes,
             const char* as = "") {
  if (nodes.empty()) return;
  text += text.empty() ? "" : " and ";
  text += verb;
  for (std::size_t i = 0; i < nodes.size(); ++i) text += (i == 0 ? " " : ", ") + Name(nodes[i]);
  text += as;
}

}  // namespace

std::string Describe(const MembershipChange& change) {
  std::string text;
  AddPart(text, "add", change.add);
  AddPart(text, "add", change.add_learners,
          change.add_learners.size() == 1 ? " as a learner" : " as learners");
  AddPart(text, "promote", change.promote);
  AddPart(text, "demote", change.demote);
  AddPart(text, "remove", change.remove);
  return text.empty() ? "nothing" : text;
}

Result<Configuration> Changed(const Configuration& before, const MembershipChange& change) {
  if (before.IsJoint()) return Error{"a change is under way"};
  Roles roles(before);
  roles.Apply(change);
  return std::move(roles).Finish(Majority());
}

Result<Configuration> EnterJoint(const Configuration& before, const MembershipChange& change) {
  if (before.IsJoint()) return Error{"a change is under way"};
  if (before.incoming().voters().empty()) return Error{"there is no voter to change from"};
  Roles roles(before);
  roles.Apply(change);
  return std::move(roles).Finish(before.incoming());
}

Result<Configuration> LeaveJoint(const Configuration& joint) {
  if (!joint.IsJoint()) return Error{"no change is under way"};
  return joint.WithRoles(joint.incoming(), Majority(), joint.learners());
}

}  // namespace drydock
