#include "sim/check/call_pairs.h"

#include "core/base/check.h"

namespace drydock::sim {

Status CallPairs::Call(Operation op) {
  const auto [at, added] = pending_.emplace(op.client, history_.ops.size());
  if (!added) {
    return Error{"process " + std::to_string(op.client) +
                 " calls again before its last operation ended"};
  }
  op.invoke = now_++;
  op.response = kNeverReturned;
  op.outcome = OperationOutcome::kUnknown;
  history_.ops.push_back(std::move(op));
  return Ok();
}

const Operation* CallPairs::Pending(std::uint32_t client) const {
  const auto at = pending_.find(client);
  return at == pending_.end() ? nullptr : &history_.ops[at->second];
}

void CallPairs::End(Operation op) {
  const auto at = pending_.find(op.client);
  DRYDOCK_CHECK(at != pending_.end(), op.client);
  Operation& ended = history_.ops[at->second];
  op.invoke = ended.invoke;
  op.response = op.outcome == OperationOutcome::kUnknown ? kNeverReturned : now_;
  ++now_;
  ended = std::move(op);
  pending_.erase(at);
}

}  // namespace drydock::sim
