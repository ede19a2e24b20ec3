#include "net/runtime/lead_times.h"

#include <algorithm>
#include <variant>

namespace drydock::net {

void LeadTimes::Take(std::deque<Waiting>& waiting, Index upto, TimePoint now, Histogram& into) {
  for (; !waiting.empty() && waiting.front().index <= upto; waiting.pop_front()) {
    into.Record((now - waiting.front().at).nanoseconds());
  }
}

// What a lost leadership left open stays open; what it has measured can be read until the next one.
void LeadTimes::ChangeRole(Role role) {
  leads_ = role == Role::kLeader;
  commit_.clear();
  everywhere_.clear();
  commit_known_.clear();
  if (!leads_) return;
  recent_.clear();
  marked_ = {};
}

void LeadTimes::Append(const trace::Appended& appended, TimePoint now) {
  if (commit_.size() < kMaxWaiting) commit_.push_back({appended.index, now});
  if (everywhere_.size() < kMaxWaiting) everywhere_.push_back({appended.index, now});
  if (recent_.size() == kMaxRecent) recent_.pop_front();
  recent_.push_back({appended.index, appended.entry.term, now, {}});
}

void LeadTimes::Mark(Stage stage, Index upto, TimePoint now) {
  if (!leads_ || recent_.empty() || upto <= marked_[stage]) return;
  const Index first = recent_.front().index;
  const Index end = std::min(upto, recent_.back().index);
  for (Index at = std::max(first, Next(marked_[stage])); at <= end; at = Next(at)) {
    Proposal& proposal = recent_[at.value() - first.value()];
    proposal.took[stage] = now - proposal.at;
  }
  marked_[stage] = upto;
}

void LeadTimes::Observe(const TraceEvent& event, TimePoint now) {
  if (const auto* role = std::get_if<trace::RoleChanged>(&event)) ChangeRole(role->role);
  if (!leads_) return;
  if (const auto* appended = std::get_if<trace::Appended>(&event)) {
    Append(*appended, now);
  } else if (const auto* durable = std::get_if<trace::Durable>(&event)) {
    Mark(kDurable, durable->last, now);
  } else if (const auto* committed = std::get_if<trace::Committed>(&event)) {
    Take(commit_, committed->commit, now, commit_times_);
    Mark(kCommitted, committed->commit, now);
  }
}

void LeadTimes::KnowsCommit(NodeId member, Index commit) {
  Index& known = commit_known_[member];
  known = std::max(known, commit);
}

Index LeadTimes::CommitKnownBy(NodeId member) const {
  const auto known = commit_known_.find(member);
  return known == commit_known_.end() ? Index(0) : known->second;
}

void LeadTimes::HeldEverywhere(Index index, TimePoint now) {
  Take(everywhere_, index, now, everywhere_times_);
  Mark(kEverywhere, index, now);
}

bool LeadTimes::WaitsForOthers() const {
  if (!everywhere_.empty()) return true;
  return leads_ && !recent_.empty() && marked_[kKnown] < recent_.back().index;
}

}  // namespace drydock::net
