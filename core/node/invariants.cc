// What is true of every node between two steps, beside what is true of its Raft: calls of clients
// wait only where they can still be answered, and none of them is forgotten.
#include "core/base/check.h"
#include "core/node/node.h"

namespace drydock {
namespace {

// More reads or entries than this are not counted, so that a step costs the same however many wait.
constexpr std::uint64_t kCounted = 8;

}  // namespace

void Node::CheckInvariants() const {
  DRYDOCK_CHECK(held_.empty() || raft_.transferring(), held_.size());
  CheckWritesAreBounded();
  if (!writes_.empty() || !lease_reads_.empty()) {
    DRYDOCK_CHECK(raft_.IsLeader() && stay_ == raft_.stay(), stay_, raft_.stay());
    DRYDOCK_CHECK(writes_.empty() || writes_.front().index > applied_, applied_);
  }
  if (reads_.empty() && confirmed_.empty() && raft_.waiting_reads() == 0) return;
  DRYDOCK_CHECK(reads_.empty() || stay_ == raft_.stay(), stay_, raft_.stay());
  DRYDOCK_CHECK(reads_.size() <= raft_.settings().max_pending_reads, reads_.size());
  if (reads_.size() > kCounted) return;
  std::uint64_t asked = raft_.waiting_reads();
  for (const ConfirmedReads& reads : confirmed_) asked += reads.count;
  DRYDOCK_CHECK(asked == reads_.size(), asked, reads_.size());
}

// Several writes are taken only within the bound, and what is committed since then counts no more.
// Configurations come behind them whatever the bound says.
void Node::CheckWritesAreBounded() const {
  const std::uint64_t bound = raft_.settings().max_uncommitted_bytes;
  DRYDOCK_CHECK(held_.bytes() <= bound || held_.size() - held_.reads() == 1, held_.bytes(), bound);
  if (writes_.size() < 2 || writes_[writes_.size() - 2].index <= raft_.commit()) return;
  const Log& log = raft_.log();
  if (log.last() - writes_.back().index > kCounted) return;
  std::uint64_t behind = 0;
  for (Index i = Next(writes_.back().index); i <= log.last(); i = Next(i))
    behind += Cost(log.At(i));
  DRYDOCK_CHECK(raft_.uncommitted_bytes() <= bound + behind, raft_.uncommitted_bytes(), bound);
}

}  // namespace drydock
