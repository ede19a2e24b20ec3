// Configurations as they travel, and changes of them.
#include <doctest/doctest.h>

#include "core/protocol/configuration_change.h"

namespace drydock {
namespace {

std::vector<NodeId> Nodes(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> nodes;
  for (const std::uint32_t number : numbers) nodes.emplace_back(number);
  return nodes;
}

Configuration Bound() {
  Configuration configuration(Nodes({0, 1, 2}));
  for (std::uint32_t i = 0; i < 3; ++i) configuration.Bind(NodeId(i), StoreId(i + 10));
  configuration.SetFounded();
  return configuration;
}

std::string ErrorOf(const MembershipChange& change) {
  const Result<Configuration> result = Changed(Bound(), change);
  return result.ok() ? "" : result.error().text;
}

TEST_CASE("a joint configuration with learners survives its encoding") {
  const Configuration joint = EnterJoint(Bound(), {.add = Nodes({3}),
                                                   .add_learners = Nodes({4}),
                                                   .demote = Nodes({1}),
                                                   .remove = Nodes({0})})
                                  .value();
  CHECK(joint.incoming().voters() == Nodes({2, 3}));
  CHECK(joint.outgoing().voters() == Nodes({0, 1, 2}));
  CHECK(joint.learners() == Nodes({1, 4}));
  CHECK(Configuration::Decode(joint.Encode()) == joint);
}

TEST_CASE("bindings and the founding mark stay through a change; who leaves is forgotten") {
  const MembershipChange change{.add = Nodes({3}), .remove = Nodes({0})};
  const Configuration joint = EnterJoint(Bound(), change).value();
  CHECK(joint.StoreOf(NodeId(0)) == StoreId(10));
  const Configuration after = LeaveJoint(joint).value();
  CHECK(after == Changed(Bound(), change).value());
  CHECK(after.founded());
  CHECK(after.StoreOf(NodeId(1)) == StoreId(11));
  CHECK(after.StoreOf(NodeId(3)) == StoreId(0));
  CHECK(!after.IsMember(NodeId(0)));
}

TEST_CASE("the address of who is added stays with it through every change, and travels") {
  const MembershipChange add{.add = Nodes({3}),
                             .add_learners = Nodes({4}),
                             .remove = Nodes({0}),
                             .addresses = {{NodeId(3), "c:3"}, {NodeId(4), "d:4"}}};
  const Configuration after = LeaveJoint(EnterJoint(Bound(), add).value()).value();
  CHECK(after.FindMember(NodeId(3))->address == "c:3");
  CHECK(after.FindMember(NodeId(4))->address == "d:4");
  CHECK(after.FindMember(NodeId(1))->address.empty());
  CHECK(Configuration::Decode(after.Encode()) == after);
  const Configuration promoted = Changed(after, {.promote = Nodes({4})}).value();
  CHECK(promoted.FindMember(NodeId(4))->address == "d:4");
  const Configuration gone = Changed(promoted, {.remove = Nodes({4})}).value();
  const MembershipChange again{.add = Nodes({4}), .addresses = {{NodeId(4), "e:5"}}};
  CHECK(Changed(gone, again).value().FindMember(NodeId(4))->address == "e:5");
}

TEST_CASE("an address of who is not added changes nothing") {
  const MembershipChange change{.remove = Nodes({0}),
                                .addresses = {{NodeId(1), "b:1"}, {NodeId(7), "c:7"}}};
  const Configuration after = Changed(Bound(), change).value();
  CHECK(after == Changed(Bound(), {.remove = Nodes({0})}).value());
}

TEST_CASE("a configuration without addresses is encoded as before there were any") {
  CHECK(Bound().Encode().front() == 1);
  Configuration placed = Bound();
  placed.SetAddress(NodeId(2), "b:2");
  CHECK(placed.Encode().front() == 2);
  const std::string bytes = placed.Encode();
  CHECK(Configuration::Decode(bytes) == placed);
  CHECK(!Configuration::Decode(bytes.substr(0, bytes.size() - 1)).has_value());
}

TEST_CASE("a voter that is demoted votes until the joint configuration is left") {
  const Configuration joint = EnterJoint(Bound(), {.demote = Nodes({2})}).value();
  CHECK(joint.IsVoter(NodeId(2)));
  CHECK(!LeaveJoint(joint).value().IsVoter(NodeId(2)));
  CHECK(LeaveJoint(joint).value().learners() == Nodes({2}));
}

TEST_CASE("a change that makes no sense names the node and what is wrong") {
  CHECK(ErrorOf({.add = Nodes({1})}) == "n1 is a member already");
  CHECK(ErrorOf({.add_learners = Nodes({1})}) == "n1 is a member already");
  CHECK(ErrorOf({.promote = Nodes({1})}) == "n1 cannot be promoted: it is no learner");
  CHECK(ErrorOf({.demote = Nodes({5})}) == "n5 is not a member");
  CHECK(ErrorOf({.remove = Nodes({5})}) == "n5 is not a member");
  CHECK(ErrorOf({.demote = Nodes({0}), .remove = Nodes({1, 2})}) ==
        "the change would leave no voter");
  CHECK(ErrorOf({.add = Nodes({3, 3})}) == "n3 is named twice");
  const Configuration joint = EnterJoint(Bound(), {.add = Nodes({3})}).value();
  CHECK(EnterJoint(joint, {.add = Nodes({4})}).error().text == "a change is under way");
  CHECK(Changed(joint, {.add = Nodes({4})}).error().text == "a change is under way");
  CHECK(LeaveJoint(Bound()).error().text == "no change is under way");
}

TEST_CASE("more members than there may be are refused, those counted who are about to leave") {
  MembershipChange grow;
  for (std::uint32_t node = 100; node < 100 + kMaxMembers; ++node) {
    grow.add_learners.push_back(NodeId(node));
  }
  const Configuration one(Nodes({0}));
  CHECK(Changed(one, grow).error().text ==
        "there would be 32 members until it is done, and there may be 31");
  grow.add_learners.pop_back();
  const Configuration full = Changed(one, grow).value();
  CHECK_FALSE(Changed(full, {.add = Nodes({7}), .remove = Nodes({100})}).ok());
  CHECK(Changed(full, {.remove = Nodes({100})}).ok());
}

TEST_CASE("a change in words") {
  CHECK(Describe({}) == "nothing");
  CHECK(Describe({.add = Nodes({3, 4}), .add_learners = Nodes({5}), .remove = Nodes({0})}) ==
        "add n3, n4 and add n5 as a learner and remove n0");
}

// What Encode never writes; each is one edit of a good configuration's bytes.
TEST_CASE("a configuration that contradicts itself is refused") {
  const auto bytes = [](std::vector<std::uint32_t> incoming, std::vector<std::uint32_t> learners,
                        std::vector<std::uint32_t> members) {
    std::string out = "\x01";
    out += '\0';
    const auto number = [&out](std::uint64_t value, int size) {
      for (int i = 0; i < size; ++i) out += static_cast<char>((value >> (8 * i)) & 0xff);
    };
    for (const auto& list : {incoming, {}, learners}) {
      number(list.size(), 4);
      for (const std::uint32_t node : list) number(node, 4);
    }
    number(members.size(), 4);
    for (const std::uint32_t node : members) {
      number(node, 4);
      number(0, 8);
    }
    return Configuration::Decode(out).has_value();
  };
  CHECK(bytes({0, 1}, {2}, {0, 1, 2}));
  CHECK(!bytes({0, 1}, {1}, {0, 1}));    // voter and learner
  CHECK(!bytes({0, 1}, {2}, {0, 2}));    // a voter that is no member
  CHECK(!bytes({0, 1}, {2}, {0, 1}));    // a learner that is no member
  CHECK(!bytes({0, 1}, {}, {0, 1, 2}));  // a member without a role
  CHECK(!bytes({}, {0}, {0}));           // nobody votes
  CHECK(!bytes({1, 0}, {}, {0, 1}));     // not in order
  CHECK(!bytes({0, 0}, {}, {0}));        // twice
}

}  // namespace
}  // namespace drydock
