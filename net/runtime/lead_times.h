// How long a leader's entries take: from the proposal to the commitment, to being durable on every
// member, and until every member knows of the commitment. All on the leader's own clock.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "core/base/strong.h"
#include "core/base/time.h"
#include "core/protocol/trace_event.h"
#include "net/metrics/histogram.h"

namespace drydock::net {

class LeadTimes {
 public:
  enum Stage {
    kDurable,     // on the leader itself
    kCommitted,   // as the leader sees it
    kEverywhere,  // durable on every member
    kKnown,       // every member knows that it is committed
    kStages
  };
  struct Proposal {
    Index index;
    Term term;
    TimePoint at;
    std::array<std::optional<Duration>, kStages> took;
  };

  // Each event of the node, and when.
  void Observe(const TraceEvent& event, TimePoint now);
  // A member has answered a message from which it learnt that the log is committed up to here.
  void KnowsCommit(NodeId member, Index commit);
  Index CommitKnownBy(NodeId member) const;
  // All members hold the log durably up to here, as the leader knows.
  void HeldEverywhere(Index index, TimePoint now);
  // All members know that it is committed up to here.
  void KnownEverywhere(Index index, TimePoint now) { Mark(kKnown, index, now); }
  bool WaitsForOthers() const;

  const Histogram& commit() const { return commit_times_; }
  const Histogram& everywhere() const { return everywhere_times_; }
  // The latest of the last term as leader, by index.
  const std::deque<Proposal>& recent() const { return recent_; }

 private:
  struct Waiting {
    Index index;
    TimePoint at;
  };
  // A member that is away must not make this grow for ever: what it misses then is not counted.
  static constexpr std::size_t kMaxWaiting = 1 << 20;
  static constexpr std::size_t kMaxRecent = 1024;

  static void Take(std::deque<Waiting>& waiting, Index upto, TimePoint now, Histogram& into);
  void ChangeRole(Role role);
  void Append(const trace::Appended& appended, TimePoint now);
  void Mark(Stage stage, Index upto, TimePoint now);

  bool leads_ = false;
  std::deque<Waiting> commit_;  // by index
  std::deque<Waiting> everywhere_;
  Histogram commit_times_;
  Histogram everywhere_times_;
  std::deque<Proposal> recent_;           // without gaps
  std::array<Index, kStages> marked_;     // up to where each stage was reached
  std::map<NodeId, Index> commit_known_;  // since the node leads
};

}  // namespace drydock::net
