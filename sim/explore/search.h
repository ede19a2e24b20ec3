// Every state that a small cluster can be in within given bounds, breadth first: whatever order
// messages, timeouts, disks, crashes and clients come in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/explore/bounds.h"
#include "sim/explore/id_table.h"
#include "sim/explore/start.h"
#include "sim/explore/tables.h"

namespace drydock::sim::explore {

struct Figures {
  std::uint64_t states = 0;                            // distinct ones, that of the start included
  std::uint64_t expanded = 0;                          // of them: whose successors are known
  std::uint64_t successors = 0;                        // generated
  std::uint64_t cut = 0;                               // of them: beyond a bound
  std::uint32_t depth = 0;                             // steps to the state that is the furthest
  std::uint64_t bytes = 0;                             // of memory for states, about
  std::uint64_t members = 0, messages = 0, steps = 0;  // distinct ones, of single nodes
};

enum class End : std::uint8_t { kNotYet, kExhausted, kDepth, kStates, kViolation };

struct PathStep {
  StepKind kind = StepKind::kTimeout;
  NodeId node;
  std::optional<Message> message;  // that is delivered
  std::uint32_t write = 0;
};

class Search {
 public:
  Search(const Bounds& bounds, const Start& start);

  // Expands states until so many more successors are generated, or the end has come.
  End Advance(std::uint64_t successors);
  Figures figures() const;
  // What is violated, and the steps from the start to it: none is shorter.
  const std::optional<Problem>& problem() const { return problem_; }
  const std::vector<PathStep>& path() const { return path_; }
  // A shortest way to a state; they are numbered from 0, the start, in the order of their finding.
  std::vector<PathStep> PathTo(std::uint32_t state) const;

 private:
  struct State {
    std::array<MemberId, kMaxNodes> members{};
    HistoryId history = 0;
    std::uint8_t message_count = 0;
    std::uint8_t crashes = 0, writes = 0, heartbeats = 0, duplicates = 0;  // used up
    std::array<MessageId, kMaxMessages> messages{};                        // ascending
  };
  // How a state was reached first.
  struct Origin {
    std::uint32_t before = 0;
    std::uint32_t step = 0;  // packed
  };

  void Expand(const State& state, std::uint32_t number);
  void ExpandMember(const State& state, std::uint32_t node);
  void ExpandMessages(const State& state);
  void Take(const State& state, std::uint32_t node, StepKind kind, std::uint32_t what);
  bool IsWithinBounds(const Member& member) const;
  static void UseUp(StepKind kind, const Member& before, State& next);
  bool JudgeStep(std::uint32_t node, const Tables::Step& step, State& next);
  std::vector<MessageId> InFlightAfter(const State& state, const State& next, StepKind kind,
                                       std::uint32_t what, const Tables::Step& step) const;
  void Meet(State& state, std::vector<MessageId> in_flight);
  void Choose(State& state, const std::vector<MessageId>& in_flight, std::size_t from);
  void Note(const State& state);
  std::uint64_t Digest(const State& state) const;
  bool IsIgnored(const Problem& problem) const;
  void Violate(const Problem& problem);
  PathStep Unpacked(std::uint32_t packed) const;

  Bounds bounds_;
  Term last_term_;
  Index last_index_;
  Tables tables_;
  IdTable seen_;
  std::vector<Origin> origins_;  // by number of the state
  std::vector<State> level_, next_;
  std::uint32_t level_begin_ = 0;  // number of the first state of the level
  std::size_t at_ = 0;             // in the level
  std::uint32_t expanding_ = 0, step_ = 0;
  Figures figures_;
  std::optional<Problem> problem_;
  std::vector<PathStep> path_;
};

}  // namespace drydock::sim::explore
