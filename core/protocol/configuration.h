// Who is in the cluster, and what a quorum of them has decided.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/strong.h"

namespace drydock {

enum class VoteOutcome : std::uint8_t { kPending, kWon, kLost };

// A set of voters deciding by majority. The empty set agrees to everything, so that it can stand
// as the missing half of a joint configuration.
class Majority {
 public:
  Majority() = default;
  explicit Majority(std::vector<NodeId> voters);  // any order, no duplicates

  const std::vector<NodeId>& voters() const { return voters_; }  // ascending
  bool Contains(NodeId node) const;
  std::size_t QuorumSize() const { return voters_.size() / 2 + 1; }

  // The largest value that a majority has reached; the maximum of T for an empty set.
  template <class T, class ValueOf>
  T Reached(ValueOf value_of) const;
  // `vote_of(node)` gives nullopt for a vote not heard yet.
  template <class VoteOf>
  VoteOutcome Outcome(VoteOf vote_of) const;

  friend bool operator==(const Majority&, const Majority&) = default;

 private:
  std::vector<NodeId> voters_;
};

// One member and the store that it is bound to (0: not bound yet).
struct Member {
  NodeId node;
  StoreId store;
  // How drivers reach it, in their own words: the core only keeps it. "" when nobody said.
  std::string address = {};
  friend bool operator==(const Member&, const Member&) = default;
};

// The replicated configuration. Outside a membership change `outgoing` is empty; within one, both
// majorities must agree (joint consensus: Raft paper, section 6). A learner does not vote; one that
// is in `outgoing`, too, becomes a learner once the change is over.
class Configuration {
 public:
  Configuration() = default;
  explicit Configuration(std::vector<NodeId> voters);

  const Majority& incoming() const { return incoming_; }
  const Majority& outgoing() const { return outgoing_; }
  const std::vector<NodeId>& learners() const { return learners_; }
  const std::vector<Member>& members() const { return members_; }  // all of them, ascending
  const Member* FindMember(NodeId node) const;                     // null when it is none
  bool IsMember(NodeId node) const { return FindMember(node) != nullptr; }
  bool IsJoint() const { return !outgoing_.voters().empty(); }
  bool IsVoter(NodeId node) const;

  // The store that the node is bound to; 0 when it is not bound or not a member.
  StoreId StoreOf(NodeId node) const;
  void Bind(NodeId node, StoreId store);
  // Of a member; "" for none.
  void SetAddress(NodeId node, std::string address);
  // A cluster takes its first client write once it is founded (docs/decisions/0003).
  bool founded() const { return founded_; }
  void SetFounded() { founded_ = true; }
  // How many voters must have bound stores, and hold the binding, before the cluster is founded:
  // one more than a quorum, so that any later quorum knows of any one binding.
  std::size_t FoundingSize() const;

  // The same bindings, addresses and founding mark, with these roles; members are those that have
  // one, and who is new is not bound. The lists may be in any order.
  Configuration WithRoles(Majority incoming, Majority outgoing, std::vector<NodeId> learners) const;

  template <class T, class ValueOf>
  T Reached(ValueOf value_of) const;
  template <class VoteOf>
  VoteOutcome Outcome(VoteOf vote_of) const;

  std::string Encode() const;
  static std::optional<Configuration> Decode(std::string_view bytes);

  friend bool operator==(const Configuration&, const Configuration&) = default;

 private:
  std::vector<NodeId> NodesWithRoles() const;
  bool IsConsistent() const;

  Majority incoming_;
  Majority outgoing_;
  std::vector<NodeId> learners_;
  std::vector<Member> members_;
  bool founded_ = false;
};

template <class T, class ValueOf>
T Majority::Reached(ValueOf value_of) const {
  if (voters_.empty()) return T(std::numeric_limits<decltype(T().value())>::max());
  // Insertion into a small descending array: the value at the quorum's size is what all of some
  // majority have reached.
  T small[16];
  std::vector<T> large;
  T* values = small;
  if (voters_.size() > 16) {
    large.resize(voters_.size());
    values = large.data();
  }
  std::size_t count = 0;
  for (const NodeId node : voters_) {
    const T value = value_of(node);
    std::size_t at = count++;
    for (; at > 0 && values[at - 1] < value; --at) values[at] = values[at - 1];
    values[at] = value;
  }
  return values[QuorumSize() - 1];
}

template <class VoteOf>
VoteOutcome Majority::Outcome(VoteOf vote_of) const {
  if (voters_.empty()) return VoteOutcome::kWon;
  std::size_t granted = 0;
  std::size_t open = 0;
  for (const NodeId node : voters_) {
    const std::optional<bool> vote = vote_of(node);
    if (!vote.has_value()) ++open;
    if (vote.value_or(false)) ++granted;
  }
  if (granted >= QuorumSize()) return VoteOutcome::kWon;
  return granted + open >= QuorumSize() ? VoteOutcome::kPending : VoteOutcome::kLost;
}

template <class T, class ValueOf>
T Configuration::Reached(ValueOf value_of) const {
  const T in = incoming_.Reached<T>(value_of);
  const T out = outgoing_.Reached<T>(value_of);
  return out < in ? out : in;
}

template <class VoteOf>
VoteOutcome Configuration::Outcome(VoteOf vote_of) const {
  const VoteOutcome in = incoming_.Outcome(vote_of);
  const VoteOutcome out = outgoing_.Outcome(vote_of);
  if (in == out) return in;
  if (in == VoteOutcome::kLost || out == VoteOutcome::kLost) return VoteOutcome::kLost;
  return VoteOutcome::kPending;
}

}  // namespace drydock
