// The log of a node, what of it is durable and committed, and the configurations in it.
#include "core/base/check.h"
#include "core/raft/raft.h"

namespace drydock {

void Raft::AppendEntry(const Entry& entry, RaftOutput& out) {
  const Index index = Next(log_.last());
  lsn_ = Next(lsn_);
  writes_.emplace_back(lsn_, index);
  out.mutations.emplace_back(StoreEntry{index, entry});
  out.trace.emplace_back(trace::Appended{index, entry});
  log_.Append(entry);
  if (entry.kind == EntryKind::kConfiguration) NoteConfiguration(index, entry, out);
}

// A server uses the latest configuration in its log, committed or not (paper, section 6).
void Raft::NoteConfiguration(Index index, const Entry& entry, RaftOutput& out) {
  std::optional<Configuration> configuration = Configuration::Decode(entry.payload.view());
  DRYDOCK_CHECK(configuration.has_value(), index);
  out.trace.emplace_back(trace::ConfigurationInForce{index, *configuration});
  configurations_.emplace_back(index, std::move(*configuration));
  FollowConfiguration();
}

void Raft::TruncateAfter(Index last, RaftOutput& out) {
  DRYDOCK_CHECK(last >= commit_, last, commit_);
  lsn_ = Next(lsn_);
  // A write under way for an entry that is gone must not make its successor count as durable.
  while (!writes_.empty() && writes_.back().second > last) writes_.pop_back();
  durable_index_ = std::min(durable_index_, last);
  out.mutations.emplace_back(StoreTruncation{last, log_.TermAt(last)});
  out.trace.emplace_back(trace::Truncated{last});
  log_.TruncateAfter(last);
  if (configurations_.back().first <= last) return;
  while (configurations_.back().first > last) configurations_.pop_back();
  const auto& [index, configuration] = configurations_.back();
  out.trace.emplace_back(trace::ConfigurationInForce{index, configuration});
}

void Raft::NoteDurable(RaftOutput& out) {
  for (; !writes_.empty() && writes_.front().first <= durable_lsn_; writes_.pop_front()) {
    durable_index_ = writes_.front().second;
  }
  for (; !ballots_.empty() && ballots_.front().first <= durable_lsn_; ballots_.pop_front()) {
    durable_ballot_ = ballots_.front().second;
  }
  out.trace.emplace_back(
      trace::Durable{durable_index_, durable_ballot_.first, durable_ballot_.second});
}

void Raft::CommitTo(Index index, RaftOutput& out) {
  if (index <= commit_) return;
  DRYDOCK_CHECK(index <= log_.last(), index, log_.last());
  if (Leader* leader = AsLeader()) {
    for (Index i = Next(commit_); i <= index; i = Next(i)) {
      leader->uncommitted_bytes -= Cost(log_.At(i));
    }
  }
  commit_ = index;
  out.trace.emplace_back(trace::Committed{commit_});
}

}  // namespace drydock
