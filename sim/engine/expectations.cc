#include "sim/engine/expectations.h"

#include <algorithm>

namespace drydock::sim {
namespace {

using That = Expectation::That;

// Judged from the history and the invariants, after the run.
bool IsJudgedLater(That that) {
  return that == That::kLinearizable || that == That::kExactlyOnce || that == That::kLawfulLoss ||
         that == That::kNotLinearizable;
}

bool DependsOnData(That that) {
  return that == That::kLogsEqual || that == That::kValue || that == That::kProgress ||
         that == That::kMembers || that == That::kUncommitted || that == That::kCallsAnswered;
}

// What happened within the interval is told when it ends.
bool IsCounted(That that) {
  return that == That::kProgress || that == That::kBusy;
}

std::string NameOf(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "";
}

std::string NodeName(NodeId node) {
  return "n" + std::to_string(node.value());
}

std::string StateOf(const NodeStatus& status) {
  if (status.state == NodeState::kCrashed) return "down";
  if (status.state == NodeState::kHalted) return "halted";
  if (status.state == NodeState::kOut) return "out";
  return NameOf(status.role);
}

}  // namespace

Expectations::Expectations(const std::vector<Expectation>& list, std::int64_t until,
                           Cluster& cluster, TargetResolver& targets)
    : until_(until), cluster_(cluster), targets_(targets) {
  for (const Expectation& expectation : list) {
    results_.push_back({.text = Describe(expectation), .why = "", .because = expectation.because});
    if (IsJudgedLater(expectation.that)) continue;
    Watch watch{
        .expectation = &expectation, .result = results_.size() - 1, .from = until, .to = until};
    if (IsCounted(expectation.that)) watch.from = 0;  // of the whole run
    if (expectation.by.has_value()) {
      watch.from = 0;
      watch.to = expectation.by->nanoseconds();
    } else if (expectation.during.has_value()) {
      watch.from = expectation.during->first.nanoseconds();
      watch.to = expectation.during->second.nanoseconds();
    } else if (expectation.at.has_value()) {
      watch.from = watch.to = expectation.at->nanoseconds();
    }
    watches_.push_back(watch);
  }
}

std::vector<std::int64_t> Expectations::Moments() const {
  std::vector<std::int64_t> moments;
  for (const Watch& watch : watches_) {
    moments.push_back(watch.from);
    moments.push_back(watch.to);
  }
  std::sort(moments.begin(), moments.end());
  moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
  return moments;
}

void Expectations::AddResult(ExpectationResult result) {
  const auto number = static_cast<std::uint32_t>(results_.size());
  cluster_.TellExpectation(number, result.held, result.why);
  results_.push_back(std::move(result));
}

// --- Watching -----------------------------------------------------------------------------------

void Expectations::Open(Watch& watch) {
  watch.open = true;
  watch.calls_before = cluster_.calls_done();
  watch.busy_before = cluster_.calls_busy();
  ++open_;
}

void Expectations::OnMoment(std::int64_t now) {
  for (Watch& watch : watches_) {
    if (results_[watch.result].decided) continue;
    const bool at_end = watch.to >= until_;  // Finish decides it, after the last event
    if (!watch.open && watch.from <= now && !(at_end && watch.from == watch.to)) {
      Open(watch);
      Look(watch, now);
    }
    if (!watch.open || at_end || watch.to > now) continue;
    Conclude(watch, now);
  }
}

void Expectations::Conclude(Watch& watch, std::int64_t now) {
  const Seen seen = See(watch);
  const bool lasting = seen.holds && watch.expectation->by.has_value() && watch.since.has_value();
  Decide(watch, seen.holds, lasting ? *watch.since : now, seen.what);
}

void Expectations::OnChange(std::int64_t now) {
  if (open_ == 0) return;
  const Versions& versions = cluster_.versions();
  const bool roles = versions.roles != seen_.roles;
  const bool data = versions.data != seen_.data;
  if (!roles && !data) return;
  seen_ = versions;
  for (Watch& watch : watches_) {
    if (watch.open && (roles || DependsOnData(watch.expectation->that))) Look(watch, now);
  }
}

// "during" is decided by the first moment at which it does not hold, all others by the last.
void Expectations::Look(Watch& watch, std::int64_t now) {
  if (watch.from == watch.to || IsCounted(watch.expectation->that)) return;
  const Seen seen = See(watch);
  if (!seen.holds) watch.since.reset();
  if (seen.holds && !watch.since.has_value()) watch.since = now;
  if (!seen.holds && watch.expectation->during.has_value()) Decide(watch, false, now, seen.what);
}

void Expectations::Decide(Watch& watch, bool held, std::int64_t now, std::string why) {
  ExpectationResult& result = results_[watch.result];
  watch.open = false;
  --open_;
  result.decided = true;
  result.held = held;
  result.decided_at = now;
  result.why = std::move(why);
  cluster_.TellExpectation(static_cast<std::uint32_t>(watch.result), held, result.why);
}

void Expectations::Finish(std::int64_t now) {
  for (Watch& watch : watches_) {
    if (results_[watch.result].decided) continue;
    if (!watch.open) Open(watch);
    Conclude(watch, now);
  }
}

// --- Seeing -------------------------------------------------------------------------------------

Expectations::Seen Expectations::See(const Watch& watch) {
  const Expectation& expectation = *watch.expectation;
  switch (expectation.that) {
    case That::kOneLeader:
    case That::kNoLeader:
      return SeeLeaders(expectation);
    case That::kNewLeader:
      return SeeNewLeader(expectation);
    case That::kRole:
      return SeeRoles(expectation);
    case That::kLogsEqual:
      return SeeLogsEqual(expectation);
    case That::kValue:
      return SeeValue(expectation);
    case That::kProgress:
      return SeeCount(expectation, cluster_.calls_done() - watch.calls_before, "client calls");
    case That::kElections:
      return SeeCount(expectation, cluster_.elections(), "elections won");
    case That::kHalted:
      return SeeState(expectation, NodeState::kHalted, "halted");
    case That::kOut:
      return SeeState(expectation, NodeState::kOut, "out");
    case That::kMembers:
      return SeeMembers(expectation);
    case That::kBusy:
      return SeeCount(expectation, cluster_.calls_busy() - watch.busy_before, "refused as busy");
    case That::kUncommitted:
      return SeeUncommitted(expectation);
    case That::kCallsAnswered:
      return SeeCallsAnswered(expectation);
    case That::kLinearizable:
    case That::kExactlyOnce:
    case That::kLawfulLoss:
    case That::kNotLinearizable:
      break;
  }
  return {};
}

Expectations::Seen Expectations::SeeLeaders(const Expectation& expectation) {
  std::vector<NodeId> leaders;
  for (std::uint32_t i = 0; i < cluster_.size(); ++i) {
    const NodeStatus status = cluster_.StatusOf(NodeId(i));
    if (status.runs() && status.role == Role::kLeader) leaders.push_back(NodeId(i));
  }
  const std::size_t wanted = expectation.that == That::kOneLeader ? 1 : 0;
  return {leaders.size() == wanted, NamesOf(leaders) + (leaders.size() > 1 ? " lead" : " leads")};
}

Expectations::Seen Expectations::SeeNewLeader(const Expectation& expectation) {
  const std::optional<NodeId> leader = targets_.Leader();
  if (!leader.has_value()) return {false, "nobody leads"};
  const std::vector<NodeId> old = targets_.Resolve(expectation.not_node);
  const bool is_new = std::find(old.begin(), old.end(), *leader) == old.end();
  return {is_new, NodeName(*leader) + " leads"};
}

Expectations::Seen Expectations::SeeRoles(const Expectation& expectation) {
  Seen seen{.holds = true, .what = ""};
  for (const NodeId node : targets_.Resolve(expectation.node)) {
    const NodeStatus status = cluster_.StatusOf(node);
    const bool fits = status.runs() && std::find(expectation.is.begin(), expectation.is.end(),
                                                 status.role) != expectation.is.end();
    seen.holds &= fits;
    seen.what += (seen.what.empty() ? "" : ", ") + NodeName(node) + " is " + StateOf(status);
  }
  if (seen.what.empty()) return {false, "there is no such node"};
  return seen;
}

Expectations::Seen Expectations::SeeLogsEqual(const Expectation& expectation) {
  const Target alive{.kind = Target::Kind::kAlive, .node = NodeId(0), .name = ""};
  const std::vector<NodeId> nodes =
      targets_.Resolve(expectation.among.empty() ? Targets{alive} : expectation.among);
  if (nodes.empty()) return {false, "there is no such node"};
  const NodeStatus first = cluster_.StatusOf(nodes.front());
  for (const NodeId node : nodes) {
    const NodeStatus status = cluster_.StatusOf(node);
    if (!status.runs()) return {false, NodeName(node) + " is " + StateOf(status)};
    if (status.last != first.last || status.last_term != first.last_term ||
        status.applied != first.applied) {
      return {false, NodeName(nodes.front()) + " has " + std::to_string(first.last.value()) +
                         " entries and applied " + std::to_string(first.applied.value()) + ", " +
                         NodeName(node) + " has " + std::to_string(status.last.value()) +
                         " and applied " + std::to_string(status.applied.value())};
    }
  }
  return {true, NamesOf(nodes) + (nodes.size() == 1 ? " holds " : " hold the same ") +
                    std::to_string(first.last.value()) + " entries" + LeftOut(expectation.among)};
}

// Nobody is passed over in silence.
std::string Expectations::LeftOut(const Targets& among) const {
  const auto is_members = [](const Target& one) { return one.kind == Target::Kind::kMembers; };
  const std::vector<NodeId> nodes = targets_.MustBeWiped();
  if (nodes.empty() || std::none_of(among.begin(), among.end(), is_members)) return "";
  return "; left out until wiped: " + NamesOf(nodes) + " (removed before, and this leader unknown)";
}

Expectations::Seen Expectations::SeeValue(const Expectation& expectation) {
  const Target alive{.kind = Target::Kind::kAlive, .node = NodeId(0), .name = ""};
  const std::vector<NodeId> nodes =
      targets_.Resolve(expectation.node.empty() ? Targets{alive} : expectation.node);
  if (nodes.empty()) return {false, "there is no such node"};
  for (const NodeId node : nodes) {
    const std::optional<Bytes> value = cluster_.ValueAt(node, expectation.key);
    const bool same = value.has_value() == expectation.value.has_value() &&
                      (!value.has_value() || value->view() == *expectation.value);
    const std::string text =
        value.has_value() ? "\"" + std::string(value->view()) + "\"" : "nothing";
    if (!same) return {false, NodeName(node) + " holds " + text};
  }
  return {true, NamesOf(nodes) + (nodes.size() == 1 ? " holds it" : " hold it")};
}

Expectations::Seen Expectations::SeeMembers(const Expectation& expectation) {
  const std::vector<NodeId> voters = targets_.Resolve(expectation.voters);
  const std::vector<NodeId> learners = targets_.Resolve(expectation.learners);
  const std::vector<NodeId> nodes = targets_.Resolve(expectation.node);
  if (nodes.empty()) return {false, "there is no such node"};
  std::string what;
  for (const NodeId node : nodes) {
    const Configuration members = cluster_.MembersOf(node);
    what = NodeName(node) + " goes by: " + RolesIn(members);
    const bool same = !members.IsJoint() && members.incoming().voters() == voters &&
                      members.learners() == learners;
    if (!same) return {false, what};
  }
  return {true, what};
}

Expectations::Seen Expectations::SeeState(const Expectation& expectation, NodeState wanted,
                                          const char* word) {
  for (const NodeId node : targets_.Resolve(expectation.node)) {
    const NodeStatus status = cluster_.StatusOf(node);
    if (status.state != wanted) return {false, NodeName(node) + " is " + StateOf(status)};
  }
  return {true, NamesOf(targets_.Resolve(expectation.node)) + " " + word};
}

Expectations::Seen Expectations::SeeUncommitted(const Expectation& expectation) {
  Seen seen{.holds = true, .what = ""};
  for (const NodeId node : targets_.Resolve(expectation.node)) {
    const Seen one = SeeCount(expectation, cluster_.StatusOf(node).uncommitted_bytes, "bytes");
    seen.holds &= one.holds;
    seen.what += (seen.what.empty() ? "" : ", ") + NodeName(node) + " has " + one.what;
  }
  if (seen.what.empty()) return {false, "there is no such node"};
  return seen;
}

Expectations::Seen Expectations::SeeCallsAnswered(const Expectation& expectation) {
  const Target alive{.kind = Target::Kind::kAlive, .node = NodeId(0), .name = ""};
  for (const NodeId node :
       targets_.Resolve(expectation.node.empty() ? Targets{alive} : expectation.node)) {
    const NodeStatus status = cluster_.StatusOf(node);
    const std::int64_t within = expectation.within.value_or(Duration()).nanoseconds();
    if (status.client_calls == 0 || status.oldest_client_call > cluster_.Time() - within) continue;
    const std::string calls = std::to_string(status.client_calls);
    return {false, NodeName(node) + " has not answered " + calls +
                       (status.client_calls == 1 ? " call" : " calls") + ", since " +
                       TextOf(Duration::Nanoseconds(status.oldest_client_call))};
  }
  return {true, "each call was answered"};
}

Expectations::Seen Expectations::SeeCount(const Expectation& expectation, std::uint64_t count,
                                          const char* unit) {
  const bool enough = count >= expectation.at_least.value_or(0);
  const bool not_too_many = !expectation.at_most.has_value() || count <= *expectation.at_most;
  return {enough && not_too_many, std::to_string(count) + " " + unit};
}

}  // namespace drydock::sim
