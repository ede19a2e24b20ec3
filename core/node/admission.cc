// Which calls of clients a node takes. What it takes may have to wait for a quorum that is out of
// reach, so there is a bound on it; who is refused knows that nothing happened, and nothing will.
#include <algorithm>

#include "core/kv/command.h"
#include "core/node/node.h"

namespace drydock {
namespace {

struct Sizes {
  std::size_t key = 0;
  std::size_t value = 0;  // of a compare-and-set the larger one
};
Sizes SizesOf(const ClientRequest& request) {
  Sizes sizes;
  std::visit(
      [&](const auto& op) {
        if constexpr (requires { op.key; }) sizes.key = op.key.size();
        if constexpr (requires { op.value; }) sizes.value = op.value.size();
        if constexpr (requires { op.expected; }) {
          if (op.expected) sizes.value = std::max(sizes.value, op.expected->size());
        }
      },
      request.op);
  return sizes;
}

bool IsRead(const ClientRequest& request) {
  return std::holds_alternative<GetOp>(request.op);
}

}  // namespace

std::optional<Outcome> Node::ReasonToRefuse(const ClientRequest& request) const {
  if (!raft_.IsLeader() && !ReadsThroughLeader(request)) return Outcome::kNotLeader;
  if (!raft_.configuration().founded()) return Outcome::kNotReady;
  if (LimitPassedBy(request).has_value()) return Outcome::kTooLarge;
  if (IsRead(request) ? !HasRoomForRead() : !HasRoomForWrite(request)) return Outcome::kBusy;
  return std::nullopt;
}

bool Node::ReadsThroughLeader(const ClientRequest& request) const {
  const auto* get = std::get_if<GetOp>(&request.op);
  const bool knows = raft_.configuration().founded() && raft_.leader().has_value();
  return get != nullptr && get->any_node && knows;
}

std::optional<std::uint64_t> Node::LimitPassedBy(const ClientRequest& request) const {
  const Settings& settings = raft_.settings();
  const auto [key_size, value_size] = SizesOf(request);
  if (key_size > settings.max_key_bytes) return settings.max_key_bytes;
  if (value_size > settings.max_value_bytes) return settings.max_value_bytes;
  return std::nullopt;
}

bool Node::HasRoomForRead() const {
  const std::uint64_t reads = reads_.size() + lease_reads_.size() + held_.reads();
  return reads < raft_.settings().max_pending_reads;
}

// One write is always taken, however large: a bound below it would refuse it for ever.
bool Node::HasRoomForWrite(const ClientRequest& request) const {
  const std::uint64_t waiting = raft_.uncommitted_bytes() + held_.bytes();
  return waiting == 0 || waiting + CostOf(request) <= raft_.settings().max_uncommitted_bytes;
}

// Of the entries that a write becomes: of one, or of its pieces.
std::uint64_t Node::CostOf(const ClientRequest& write) const {
  const std::uint64_t bytes = EncodedSize(write);
  const std::uint64_t piece = raft_.settings().max_piece_bytes;
  return bytes + (bytes + piece - 1) / piece * kEntryOverhead;
}

// Leadership is on its way to another node: nothing is proposed here until that has ended.
void Node::Hold(ClientCall&& call) {
  const bool is_read = IsRead(call.request);
  const std::uint64_t cost = is_read ? 0 : CostOf(call.request);
  held_.Add(std::move(call), is_read, cost);
}

}  // namespace drydock
