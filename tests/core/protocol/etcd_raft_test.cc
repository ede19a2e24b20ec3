// Our arithmetic of quorums and configurations against all cases of etcd's raft.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "core/protocol/configuration_change.h"
#include "tests/core/protocol/etcd_cases.h"

namespace drydock {
namespace {

NodeId NodeOf(const std::string& text) {
  return NodeId(static_cast<std::uint32_t>(std::stoul(text)));
}
std::vector<NodeId> NodesOf(const std::string& text) {
  std::vector<NodeId> nodes;
  for (const std::string& item : ReadList(text)) nodes.push_back(NodeOf(item));
  return nodes;
}

// --- Quorums ------------------------------------------------------------------------------------

// What each node has said: by the order in which both configurations name it first.
std::map<NodeId, std::string> Said(const EtcdCase& one, const std::string& key) {
  std::map<NodeId, std::string> said;
  const std::vector<std::string> items =
      one.named.contains(key) ? ReadList(one.named.at(key)) : std::vector<std::string>();
  std::size_t next = 0;
  for (const char* configuration : {"cfg", "cfgj"}) {
    if (!one.named.contains(configuration)) continue;
    for (const NodeId node : NodesOf(one.named.at(configuration))) {
      if (!said.contains(node) && next < items.size()) said[node] = items[next++];
    }
  }
  CHECK_MESSAGE(next == items.size(), one.place);
  return said;
}

Configuration QuorumsOf(const EtcdCase& one) {
  const auto nodes = [&](const char* key) {
    return one.named.contains(key) ? NodesOf(one.named.at(key)) : std::vector<NodeId>();
  };
  return Configuration().WithRoles(Majority(nodes("cfg")), Majority(nodes("cfgj")), {});
}

TEST_CASE("every vote of etcd's quorums has the same outcome here") {
  std::size_t count = 0;
  for (const char* file : {"quorum/majority_vote.txt", "quorum/joint_vote.txt"}) {
    for (const EtcdCase& one : ReadEtcdCases(file)) {
      const auto said = Said(one, "votes");
      const VoteOutcome outcome = QuorumsOf(one).Outcome([&](NodeId node) -> std::optional<bool> {
        const std::string& vote = said.at(node);
        return vote == "_" ? std::nullopt : std::optional(vote == "y");
      });
      const char* names[] = {"VotePending", "VoteWon", "VoteLost"};
      CHECK_MESSAGE(one.expected.back() == names[static_cast<std::size_t>(outcome)], one.place);
      ++count;
    }
  }
  CHECK(count == 61);
}

TEST_CASE("every commit index of etcd's quorums is the same here") {
  std::size_t count = 0;
  for (const char* file : {"quorum/majority_commit.txt", "quorum/joint_commit.txt"}) {
    for (const EtcdCase& one : ReadEtcdCases(file)) {
      const auto said = Said(one, "idx");
      const Index reached = QuorumsOf(one).Reached<Index>([&](NodeId node) {
        const std::string& index = said.at(node);
        return Index(index == "_" ? 0 : std::stoull(index));
      });
      const bool all = reached == Index(std::numeric_limits<std::uint64_t>::max());
      const std::string text = all ? "∞" : std::to_string(reached.value());
      // Empty quorums print a remark before it.
      CHECK_MESSAGE(one.expected.back().ends_with(text), one.place);
      ++count;
    }
  }
  CHECK(count == 66);
}

// --- Configurations -----------------------------------------------------------------------------

std::string Join(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : " ") + std::to_string(node.value());
  return "(" + text + ")";
}

// In etcd's words. Who learns only once a joint configuration is left is listed apart there.
std::vector<std::string> TextOf(const Configuration& now) {
  std::vector<NodeId> learners;
  std::vector<NodeId> next;
  for (const NodeId node : now.learners()) {
    (now.outgoing().Contains(node) ? next : learners).push_back(node);
  }
  std::string head = "voters=" + Join(now.incoming().voters());
  if (now.IsJoint()) head += "&&" + Join(now.outgoing().voters());
  if (!learners.empty()) head += " learners=" + Join(learners);
  if (!next.empty()) head += " learners_next=" + Join(next);
  std::vector<std::string> lines = {head};
  for (const Member& member : now.members()) {
    const bool learns = std::find(learners.begin(), learners.end(), member.node) != learners.end();
    lines.push_back(std::to_string(member.node.value()) + (learns ? ": learner" : ":"));
  }
  return lines;
}

// Without what is not ours: the state of replication, and a flag that etcd passes through.
std::vector<std::string> Reduced(std::vector<std::string> lines) {
  for (std::string& line : lines) {
    if (const auto at = line.find(" autoleave"); at != std::string::npos) line.resize(at);
    const auto state = line.find(": StateProbe");
    if (state == std::string::npos) continue;
    line = line.substr(0, state) + (line.ends_with(" learner") ? ": learner" : ":");
  }
  return lines;
}

// etcd takes operations one after another and ignores those that change nothing, on node 0 and
// "u" (an update outside of raft). Ours names each node once: the last operation on a node counts.
MembershipChange ChangeOf(const Configuration& now, const std::vector<std::string>& operations) {
  std::map<NodeId, char> last;
  for (const std::string& operation : operations) {
    const NodeId node = NodeOf(operation.substr(1));
    if (operation[0] != 'u' && node != NodeId(0)) last[node] = operation[0];
  }
  MembershipChange change;
  for (const auto& [node, operation] : last) {
    const bool member = now.IsMember(node);
    const bool voter = now.incoming().Contains(node);
    if (operation == 'v' && !member) change.add.push_back(node);
    if (operation == 'v' && member && !voter) change.promote.push_back(node);
    if (operation == 'l' && !member) change.add_learners.push_back(node);
    if (operation == 'l' && voter) change.demote.push_back(node);
    if (operation == 'r' && member) change.remove.push_back(node);
  }
  return change;
}

// Changes of one voter at a time: we have only their result, since we take the way over the joint
// configuration, whatever the number.
bool IsSkipped(const EtcdCase& one) {
  return one.expected.front() == "more than one voter changed without entering joint config";
}

Result<Configuration> Play(const Configuration& now, const EtcdCase& one) {
  if (one.command == "leave-joint") return LeaveJoint(now);
  const MembershipChange change = ChangeOf(now, one.input);
  return one.command == "enter-joint" ? EnterJoint(now, change) : Changed(now, change);
}

TEST_CASE("every configuration change of etcd gives the same configuration here, or is refused") {
  std::size_t count = 0;
  std::size_t skipped = 0;
  for (const char* file :
       {"joint_autoleave", "joint_idempotency", "joint_learners_next", "joint_safety",
        "simple_idempotency", "simple_promote_demote", "simple_safety", "update", "zero"}) {
    Configuration now;
    for (const EtcdCase& one : ReadEtcdCases("confchange/" + std::string(file) + ".txt")) {
      ++count;
      if (IsSkipped(one)) {
        ++skipped;
        continue;
      }
      const Result<Configuration> result = Play(now, one);
      const bool refused = !one.expected.front().starts_with("voters=");
      CHECK_MESSAGE(result.ok() != refused, one.place);
      if (!result.ok()) continue;
      CHECK_MESSAGE(TextOf(result.value()) == Reduced(one.expected), one.place);
      now = result.value();
    }
  }
  CHECK(count == 58);
  CHECK(skipped == 3);
}

}  // namespace
}  // namespace drydock
