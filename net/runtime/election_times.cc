#include "net/runtime/election_times.h"

#include <variant>

namespace drydock::net {

void ElectionTimes::Observe(const TraceEvent& event, TimePoint now) {
  if (const auto* state = std::get_if<trace::TermAndVote>(&event)) term_ = state->term;
  if (const auto* role = std::get_if<trace::RoleChanged>(&event)) ChangeRole(*role, now);
}

// The votes belong to the election that asked for them before; every other candidacy is a new one.
void ElectionTimes::ChangeRole(const trace::RoleChanged& change, TimePoint now) {
  if (open_.has_value() && change.cause == RoleCause::kPreVoteWon) {
    open_->asked_after = now - open_->at;
    return;
  }
  End(change.cause, now);
  const bool asks_for_votes = change.role == Role::kCandidate;
  if (!asks_for_votes && change.role != Role::kPreCandidate) return;
  open_ = {.at = now, .began = change.cause, .asked_after = {}};
  if (asks_for_votes) open_->asked_after = Duration();
}

void ElectionTimes::End(RoleCause why, TimePoint now) {
  if (!open_.has_value()) return;
  if (recent_.size() == kMaxRecent) recent_.pop_front();
  recent_.push_back({.number = ++count_,
                     .term = term_,
                     .began = open_->began,
                     .ended = why,
                     .took = now - open_->at,
                     .asked_after = open_->asked_after});
  open_.reset();
}

}  // namespace drydock::net
