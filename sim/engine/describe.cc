// Expectations and durations in words.
#include "sim/engine/expectations.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;

std::string TextOf(const Target& target) {
  switch (target.kind) {
    case Target::Kind::kNode:
      return "n" + std::to_string(target.node.value());
    case Target::Kind::kBound:
      return "$" + target.name;
    case Target::Kind::kLeader:
      return "leader";
    case Target::Kind::kFollower:
      return "follower";
    case Target::Kind::kAll:
      return "all";
    case Target::Kind::kAlive:
      return "alive";
    case Target::Kind::kFollowers:
      return "followers";
    case Target::Kind::kMinority:
      return "minority";
    case Target::Kind::kMajority:
      return "majority";
    case Target::Kind::kMembers:
      return "members";
  }
  return "";
}

std::string TextOf(const Targets& targets) {
  std::string text;
  for (const Target& target : targets) text += (text.empty() ? "" : ", ") + TextOf(target);
  return text;
}

std::string RolesOf(const Expectation& expectation) {
  std::string text;
  for (const Role role : expectation.is) {
    const char* names[] = {"follower", "pre-candidate", "candidate", "leader"};
    text += (text.empty() ? "" : " or ") + std::string(names[static_cast<std::size_t>(role)]);
  }
  return text;
}

std::string Bounds(const Expectation& expectation) {
  std::string text;
  if (expectation.at_least) text += "at least " + std::to_string(*expectation.at_least) + " ";
  if (expectation.at_least && expectation.at_most) text += "and ";
  if (expectation.at_most) text += "at most " + std::to_string(*expectation.at_most) + " ";
  return text;
}

std::string WhatOf(const Expectation& expectation) {
  switch (expectation.that) {
    case That::kOneLeader:
      return "one leader";
    case That::kNoLeader:
      return "no leader";
    case That::kRole:
      return TextOf(expectation.node) + " is " + RolesOf(expectation);
    case That::kNewLeader:
      return "a leader other than " + TextOf(expectation.not_node);
    case That::kLogsEqual:
      return "equal logs on " +
             (expectation.among.empty() ? std::string("alive") : TextOf(expectation.among));
    case That::kValue:
      return (expectation.node.empty() ? std::string("alive") : TextOf(expectation.node)) +
             " hold " + expectation.key + " = " +
             (expectation.value ? "\"" + *expectation.value + "\"" : std::string("nothing"));
    case That::kLinearizable:
      return "the client history is linearizable";
    case That::kExactlyOnce:
      return "each write in a session is applied once";
    case That::kNotLinearizable:
      return "the client history is not linearizable";
    case That::kProgress:
      return Bounds(expectation) + "client calls done";
    case That::kElections:
      return Bounds(expectation) + "elections won";
    case That::kBusy:
      return Bounds(expectation) + "attempts refused as busy";
    case That::kUncommitted:
      return TextOf(expectation.node) + " has " + Bounds(expectation) + "bytes uncommitted";
    case That::kCallsAnswered:
      return (expectation.node.empty() ? std::string("alive") : TextOf(expectation.node)) +
             " hold no client call" +
             (expectation.within ? " for longer than " + sim::TextOf(*expectation.within) : "");
    case That::kHalted:
      return TextOf(expectation.node) + " halted";
    case That::kOut:
      return TextOf(expectation.node) + " refused to start";
    case That::kLawfulLoss:
      return "a loss that the faults explain";
    case That::kMembers:
      return TextOf(expectation.node) + " goes by the voters " + TextOf(expectation.voters) +
             (expectation.learners.empty() ? "" : " and learners " + TextOf(expectation.learners));
  }
  return "";
}

}  // namespace

std::string TextOf(Duration duration) {
  const std::int64_t ns = duration.nanoseconds();
  if (ns == 0) return "0";
  const struct {
    std::int64_t size;
    const char* name;
  } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
  for (const auto& unit : units) {
    const std::int64_t magnitude = ns < 0 ? -ns : ns;
    if (magnitude < unit.size) continue;
    std::string fraction = std::to_string(unit.size + magnitude % unit.size).substr(1);
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    return (ns < 0 ? "-" : "") + std::to_string(magnitude / unit.size) +
           (fraction.empty() ? "" : "." + fraction) + unit.name;
  }
  return "";
}

std::string Describe(const Expectation& expectation) {
  std::string text = WhatOf(expectation);
  if (expectation.by) text += ", by " + TextOf(*expectation.by);
  if (expectation.during) {
    text +=
        ", from " + TextOf(expectation.during->first) + " to " + TextOf(expectation.during->second);
  }
  if (expectation.at) text += ", at " + TextOf(*expectation.at);
  return text;
}

}  // namespace drydock::sim
