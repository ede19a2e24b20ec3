// How a node's snapshots come about and what follows from them: thesis, section 5.1.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/node/node.h"

namespace drydock {
namespace {

// So many entries at a step, so that none takes long.
constexpr std::uint64_t kCompactedAtOnce = 4096;

}  // namespace

// --- Taking -------------------------------------------------------------------------------------

bool Node::IsSnapshotDue() const {
  const Settings& settings = raft_.settings();
  const StoredSnapshot* newest = shelf_.newest();
  const std::uint64_t entries = applied_ - (newest == nullptr ? Index(0) : newest->meta.index);
  if (settings.snapshot_every > 0 && entries >= settings.snapshot_every) return true;
  const std::uint64_t last_bytes = newest == nullptr ? 0 : newest->meta.bytes;
  return applied_bytes_ - snapshot_at_bytes_ >= std::max(settings.snapshot_log_bytes, last_bytes);
}

// The configuration and the term are those of the entry applied last, whatever is behind it.
void Node::BeginSnapshot(Effects& out) {
  const auto& [configuration_index, configuration] = raft_.ConfigurationAt(applied_);
  const SnapshotMeta meta{.index = applied_,
                          .term = raft_.log().TermAt(applied_),
                          .configuration_index = configuration_index,
                          .configuration = configuration};
  taking_at_bytes_ = applied_bytes_;
  taker_.Begin(meta, raft_.store(), kv_, bulk_, out.disk);
}

void Node::Handle(TakeSnapshot take, Effects& out, RaftOutput&) {
  if (raft_.suspended()) return out.drops.push_back(take.call);
  if (taker_.busy()) {
    out.client_replies.push_back(
        {take.call, ClientAnswer{.outcome = Outcome::kBusy, .term = raft_.term()}});
    return;
  }
  const StoredSnapshot* newest = shelf_.newest();
  snapshot_calls_.push_back(take.call);
  if (applied_ == Index(0) || (newest != nullptr && newest->meta.index == applied_)) {
    return AnswerSnapshotCalls(out);
  }
  BeginSnapshot(out);
}

void Node::AnswerSnapshotCalls(Effects& out) {
  const StoredSnapshot* newest = shelf_.newest();
  const Term term = newest == nullptr ? Term(0) : newest->meta.term;
  const Index index = newest == nullptr ? Index(0) : newest->meta.index;
  for (const CallId call : snapshot_calls_) {
    out.client_replies.push_back(
        {call, ClientAnswer{.outcome = Outcome::kOk, .term = term, .index = index}});
  }
  snapshot_calls_.clear();
}

void Node::Saved(StoredSnapshot stored, Effects& out) {
  out.trace.emplace_back(trace::SnapshotSaved{stored.meta.index, stored.meta.term,
                                              stored.meta.bytes, stored.meta.checksum});
  garbage_.push_back(taker_.Release().TakeMap());
  const StoredSnapshot* newest = shelf_.newest();
  if (newest != nullptr && stored.meta.index <= newest->meta.index) {
    // One that the leader sent is newer.
    bulk_.Submit(RemoveDurably{SnapshotPath(stored.meta.index)}, out.disk);
  } else {
    raft_.NoteSnapshot(stored.meta);
    shelf_.Add(std::move(stored));
    snapshot_at_bytes_ = taking_at_bytes_;
  }
  AnswerSnapshotCalls(out);
}

// --- The disk has done something ----------------------------------------------------------------

void Node::HandleBulk(const DiskDone& done, Effects& out, RaftOutput& raft_out) {
  if (taker_.Owns(done.ticket)) {
    if (auto stored = taker_.Done(bulk_, out.disk)) Saved(std::move(*stored), out);
  } else if (receiver_.Owns(done.ticket)) {
    NoteReceived(receiver_.Done(bulk_, out.disk), out, raft_out);
  } else if (shelf_.Owns(done.ticket)) {
    auto chunk = shelf_.Done(done.ticket, done.bytes);
    if (!chunk.ok()) return Halt(chunk.error().text, out, raft_out);
    raft_.SendChunk(chunk.value().wanted, std::move(chunk.value().bytes), raft_out);
  }
  // Else a removal, or something for a transfer that was given up.
}

// --- Receiving ----------------------------------------------------------------------------------

void Node::TakeOfferedChunks(Effects& out, RaftOutput& raft_out) {
  for (const ChunkOffered& offered : chunks_offered_) {
    switch (receiver_.Offer(offered, bulk_, out.disk, out.drops)) {
      case SnapshotReceiver::Verdict::kWaits:
        break;
      case SnapshotReceiver::Verdict::kAnswerNow:
        raft_.ReplyToChunk(offered.call, offered.leader, offered.chunk.meta.index,
                           receiver_.durable_of(offered.chunk.meta), false, raft_out);
        break;
      case SnapshotReceiver::Verdict::kMalformed:
        out.trace.emplace_back(trace::Refused{RefusalReason::kMalformed, offered.leader});
        out.drops.push_back(offered.call);
        break;
      case SnapshotReceiver::Verdict::kTooNew:
        out.drops.push_back(offered.call);
        if (!halted_) {
          Halt("the leader's snapshot of entry " +
                   std::to_string(offered.chunk.meta.index.value()) +
                   " is in a form that this program does not know" + kUpgrade,
               out, raft_out);
        }
        break;
    }
  }
  chunks_offered_.clear();
}

void Node::NoteReceived(SnapshotReceiver::Progress progress, Effects& out, RaftOutput& raft_out) {
  if (progress.whole.has_value()) Install(std::move(*progress.whole), out, raft_out);
  for (const auto& [call, leader] : progress.answered) {
    raft_.ReplyToChunk(call, leader, progress.meta.index, progress.durable,
                       raft_.commit() >= progress.meta.index, raft_out);
  }
}

// Entries may have come by another way meanwhile; then what is newer stays.
void Node::Install(SnapshotReceiver::Whole whole, Effects& out, RaftOutput& raft_out) {
  const SnapshotMeta meta = whole.stored.meta;
  if (raft_.commit() >= meta.index) {
    const bool also_ours = shelf_.newest() != nullptr && shelf_.newest()->meta.index == meta.index;
    if (!also_ours) bulk_.Submit(RemoveDurably{SnapshotPath(meta.index)}, out.disk);
    return;
  }
  shelf_.Add(std::move(whole.stored));
  raft_.InstallSnapshot(meta, raft_out);
  garbage_.push_back(kv_.TakeMap());
  kv_ = std::move(whole.state);
  applied_ = meta.index;
  CountLog();
}

// --- The log behind it --------------------------------------------------------------------------

// What the entries up to the newest snapshot cost that are still in memory. They are counted anew
// only where the log and the state did not grow one by the other.
void Node::CountLog() {
  const Log& log = raft_.log();
  compacted_bytes_ = 0;
  applied_bytes_ = 0;
  snapshot_at_bytes_ = 0;
  const Index newest = shelf_.newest() == nullptr ? Index(0) : shelf_.newest()->meta.index;
  for (Index index = log.first(); index <= applied_; index = Next(index)) {
    applied_bytes_ += Cost(log.At(index));
    if (index <= newest) snapshot_at_bytes_ = applied_bytes_;
  }
}

// Entries stay for followers that are a little behind, and those behind a snapshot that is on its
// way to one, until it has caught up: or its transfer would end where the log does not begin any
// more.
void Node::CompactLog(Effects& out) {
  const StoredSnapshot* newest = shelf_.newest();
  const Log& log = raft_.log();
  const Index end = std::min({newest->meta.index, raft_.OldestSent().value_or(newest->meta.index),
                              log.base() + kCompactedAtOnce});
  const std::uint64_t margin = raft_.settings().snapshot_margin_bytes;
  Index index = log.base();
  for (; index < end; index = Next(index)) {
    const std::uint64_t cost = Cost(log.At(Next(index)));
    if (snapshot_at_bytes_ - compacted_bytes_ < margin + cost) break;
    compacted_bytes_ += cost;
  }
  if (index == log.base()) return;
  RaftOutput raft_out = Collect(out);
  raft_.CompactTo(index, raft_out);
  for (std::string& path : wal_.TakeObsolete(index)) {
    bulk_.Submit(RemoveDurably{std::move(path)}, out.disk);
  }
  shelf_.RemoveOld([this](Index snapshot) { return raft_.IsBeingSent(snapshot); }, bulk_, out.disk);
}

void Node::DropSnapshotCalls(Effects& out) {
  out.drops.insert(out.drops.end(), snapshot_calls_.begin(), snapshot_calls_.end());
  snapshot_calls_.clear();
  receiver_.DropCalls(out.drops);
}

}  // namespace drydock
