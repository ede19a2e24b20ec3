#include "net/runtime/lead_times.h"

#include <variant>

namespace drydock::net {

void LeadTimes::Take(std::deque<Proposal>& waiting, Index upto, TimePoint now, Histogram& into) {
  for (; !waiting.empty() && waiting.front().index <= upto; waiting.pop_front()) {
    into.Record((now - waiting.front().at).nanoseconds());
  }
}

void LeadTimes::Observe(const TraceEvent& event, TimePoint now) {
  if (const auto* role = std::get_if<trace::RoleChanged>(&event)) {
    leads_ = role->role == Role::kLeader;
    commit_.clear();
    everywhere_.clear();
  }
  if (!leads_) return;
  if (const auto* appended = std::get_if<trace::Appended>(&event)) {
    if (commit_.size() < kMaxWaiting) commit_.push_back({appended->index, now});
    if (everywhere_.size() < kMaxWaiting) everywhere_.push_back({appended->index, now});
  } else if (const auto* committed = std::get_if<trace::Committed>(&event)) {
    Take(commit_, committed->commit, now, commit_times_);
  }
}

void LeadTimes::HeldEverywhere(Index index, TimePoint now) {
  Take(everywhere_, index, now, everywhere_times_);
}

}  // namespace drydock::net
