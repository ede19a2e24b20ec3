#include "sim/explore/search.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace drydock::sim::explore {
namespace {

// A step in 32 bits: kind, node, and the message or the number of the write.
constexpr std::uint32_t kWhatBits = 25;
constexpr std::uint32_t kNodeBits = 3;

std::uint32_t Packed(StepKind kind, std::uint32_t node, std::uint32_t what) {
  DRYDOCK_CHECK(what < (1u << kWhatBits), what);
  return (static_cast<std::uint32_t>(kind) << (kWhatBits + kNodeBits)) | (node << kWhatBits) | what;
}

}  // namespace

Search::Search(const Bounds& bounds, const Start& start)
    : bounds_(bounds),
      last_term_(start.term.value() + bounds.terms),
      last_index_(start.last.value() + bounds.entries),
      tables_(bounds, start.settings) {
  DRYDOCK_CHECK(bounds.nodes <= kMaxNodes && bounds.messages <= kMaxMessages, bounds.nodes);
  State state;
  for (std::uint32_t i = 0; i < bounds.nodes; ++i) {
    state.members[i] = tables_.Add(Member(start.members[i]));
  }
  state.history = tables_.Add(start.history);
  Note(state);
  figures_.successors = 0;
  level_.swap(next_);
}

End Search::Advance(std::uint64_t successors) {
  const std::uint64_t enough = figures_.successors + successors;
  while (figures_.successors < enough) {
    if (problem_.has_value()) return End::kViolation;
    if (bounds_.states > 0 && seen_.size() >= bounds_.states) return End::kStates;
    if (at_ == level_.size()) {
      if (next_.empty()) return End::kExhausted;
      if (bounds_.depth > 0 && figures_.depth + 1 >= bounds_.depth) return End::kDepth;
      level_begin_ += static_cast<std::uint32_t>(level_.size());
      level_.swap(next_);
      next_.clear();
      at_ = 0;
      ++figures_.depth;
    }
    Expand(level_[at_], level_begin_ + static_cast<std::uint32_t>(at_));
    ++at_;
    ++figures_.expanded;
  }
  return problem_.has_value() ? End::kViolation : End::kNotYet;
}

Figures Search::figures() const {
  Figures figures = figures_;
  figures.states = seen_.size();
  if (!next_.empty()) ++figures.depth;
  // A node takes some ten kilobytes, most of them in queues that are empty.
  constexpr std::uint64_t kNodeBytes = 12000;
  constexpr std::uint64_t kStepBytes = 300;
  figures.bytes = tables_.members() * kNodeBytes + tables_.steps() * kStepBytes + seen_.bytes() +
                  origins_.capacity() * sizeof(Origin) +
                  (level_.capacity() + next_.capacity()) * sizeof(State);
  figures.members = tables_.members();
  figures.messages = tables_.messages();
  figures.steps = tables_.steps();
  return figures;
}

// --- Successors ---------------------------------------------------------------------------------

void Search::Expand(const State& state, std::uint32_t number) {
  expanding_ = number;
  ExpandMessages(state);
  for (std::uint32_t node = 0; node < bounds_.nodes; ++node) ExpandMember(state, node);
}

// Of two equal messages it does not matter which one comes first.
void Search::ExpandMessages(const State& state) {
  for (std::uint32_t i = 0; i < state.message_count; ++i) {
    const MessageId message = state.messages[i];
    if (i > 0 && state.messages[i - 1] == message) continue;
    const std::uint32_t node = tables_.message(message).to.value();
    if (!tables_.member(state.members[node]).Runs()) continue;
    Take(state, node, StepKind::kDeliver, message);
    if (state.duplicates < bounds_.duplicates) {
      Take(state, node, StepKind::kDeliverTwice, message);
    }
  }
}

void Search::ExpandMember(const State& state, std::uint32_t node) {
  const Member& member = tables_.member(state.members[node]);
  if (!member.Runs()) return Take(state, node, StepKind::kRestart, 0);
  const bool leads = member.role == Role::kLeader;
  const bool may_time_out = member.node->NextDeadline() != TimePoint::Max() &&
                            (!leads || state.heartbeats < bounds_.heartbeats);
  if (may_time_out) Take(state, node, StepKind::kTimeout, 0);
  if (member.under_way.has_value()) Take(state, node, StepKind::kDiskDone, 0);
  if (leads && state.writes < bounds_.writes) {
    Take(state, node, StepKind::kWrite, state.writes + 1u);
  }
  if (state.crashes == bounds_.crashes) return;
  Take(state, node, StepKind::kCrashLosing, 0);
  if (member.under_way.has_value()) Take(state, node, StepKind::kCrashKeeping, 0);
}

bool Search::IsWithinBounds(const Member& member) const {
  return member.term <= last_term_ && member.last() <= last_index_;
}

void Search::Take(const State& state, std::uint32_t node, StepKind kind, std::uint32_t what) {
  if (problem_.has_value()) return;
  const Tables::Step& step = tables_.StepOf(state.members[node], kind, what);
  step_ = Packed(kind, node, what);
  if (step.problem.has_value()) return Violate(*step.problem);
  State next = state;
  UseUp(kind, tables_.member(state.members[node]), next);
  next.members[node] = step.after;
  if (!step.facts.empty() && !JudgeStep(node, step, next)) return;
  if (!IsWithinBounds(tables_.member(step.after))) {
    ++figures_.successors;
    ++figures_.cut;
    return;
  }
  Meet(next, InFlightAfter(state, next, kind, what, step));
}

void Search::UseUp(StepKind kind, const Member& before, State& next) {
  if (kind == StepKind::kCrashLosing || kind == StepKind::kCrashKeeping) ++next.crashes;
  if (kind == StepKind::kWrite) ++next.writes;
  if (kind == StepKind::kTimeout && before.role == Role::kLeader) ++next.heartbeats;
  if (kind == StepKind::kDeliverTwice) ++next.duplicates;
}

// False after a violation.
bool Search::JudgeStep(std::uint32_t node, const Tables::Step& step, State& next) {
  std::array<const Member*, kMaxNodes> members{};
  for (std::uint32_t i = 0; i < bounds_.nodes; ++i) members[i] = &tables_.member(next.members[i]);
  History history = tables_.history(next.history);
  const auto problem =
      Judge(std::span(members).first(bounds_.nodes), NodeId(node), step.facts, history);
  if (problem.has_value() && !IsIgnored(*problem)) {
    Violate(*problem);
    return false;
  }
  next.history = tables_.Add(history);
  return true;
}

std::vector<MessageId> Search::InFlightAfter(const State& state, const State& next, StepKind kind,
                                             std::uint32_t what, const Tables::Step& step) const {
  std::vector<MessageId> in_flight(state.messages.begin(),
                                   state.messages.begin() + state.message_count);
  if (kind == StepKind::kDeliver) {
    in_flight.erase(std::find(in_flight.begin(), in_flight.end(), what));
  }
  in_flight.insert(in_flight.end(), step.sent.begin(), step.sent.end());
  std::erase_if(in_flight, [&](MessageId id) {
    const Message& message = tables_.message(id);
    return IsSpent(message, tables_.member(next.members[message.to.value()]));
  });
  return in_flight;
}

// If there are too many messages, some of them are lost: any.
void Search::Meet(State& state, std::vector<MessageId> in_flight) {
  std::sort(in_flight.begin(), in_flight.end());
  state.message_count = 0;
  state.messages.fill(0);
  Choose(state, in_flight, 0);
}

// Of equal messages the first ones are kept.
void Search::Choose(State& state, const std::vector<MessageId>& in_flight, std::size_t from) {
  const std::size_t wanted = std::min<std::size_t>(in_flight.size(), bounds_.messages);
  if (state.message_count == wanted) return Note(state);
  const std::size_t missing = wanted - state.message_count;
  for (std::size_t i = from; i + missing <= in_flight.size(); ++i) {
    if (i > from && in_flight[i] == in_flight[i - 1]) continue;
    state.messages[state.message_count++] = in_flight[i];
    Choose(state, in_flight, i + 1);
    state.messages[--state.message_count] = 0;
  }
}

void Search::Note(const State& state) {
  ++figures_.successors;
  const auto [number, is_new] = seen_.Add(Digest(state));
  if (!is_new) return;
  origins_.push_back({expanding_, step_});
  next_.push_back(state);
}

// The least of the digests under all ways to name the nodes: states that differ in names only are
// one. Sums do not depend on the order of their terms.
std::uint64_t Search::Digest(const State& state) const {
  const std::uint64_t used = (std::uint64_t{state.crashes} << 24) |
                             (std::uint64_t{state.writes} << 16) |
                             (std::uint64_t{state.heartbeats} << 8) | state.duplicates;
  std::uint64_t least = ~std::uint64_t{0};
  for (std::size_t p = 0; p < tables_.permutations(); ++p) {
    std::uint64_t sum = Mix(tables_.DigestsOfHistory(state.history)[p]) + used;
    for (std::uint32_t i = 0; i < bounds_.nodes; ++i) {
      sum += tables_.DigestsOf(state.members[i])[p];
    }
    std::uint64_t messages = 0;
    for (std::uint32_t i = 0; i < state.message_count; ++i) {
      messages += tables_.DigestsOfMessage(state.messages[i])[p];
    }
    least = std::min(least, Mix(sum, messages));
  }
  return least;
}

// --- Violations ---------------------------------------------------------------------------------

bool Search::IsIgnored(const Problem& problem) const {
  const auto& ignored = bounds_.ignored;
  return std::find(ignored.begin(), ignored.end(), problem.property) != ignored.end();
}

void Search::Violate(const Problem& problem) {
  ++figures_.successors;
  problem_ = problem;
  path_ = PathTo(expanding_);
  path_.push_back(Unpacked(step_));
}

std::vector<PathStep> Search::PathTo(std::uint32_t state) const {
  std::vector<PathStep> path;
  for (; state != 0; state = origins_[state].before) path.push_back(Unpacked(origins_[state].step));
  std::reverse(path.begin(), path.end());
  return path;
}

PathStep Search::Unpacked(std::uint32_t packed) const {
  const std::uint32_t what = packed & ((1u << kWhatBits) - 1);
  PathStep step{.kind = static_cast<StepKind>(packed >> (kWhatBits + kNodeBits)),
                .node = NodeId((packed >> kWhatBits) & ((1u << kNodeBits) - 1)),
                .message = std::nullopt};
  if (step.kind == StepKind::kDeliver || step.kind == StepKind::kDeliverTwice) {
    step.message = tables_.message(what);
  }
  if (step.kind == StepKind::kWrite) step.write = what;
  return step;
}

}  // namespace drydock::sim::explore
