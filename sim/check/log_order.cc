#include "sim/check/log_order.h"

#include <algorithm>
#include <utility>

#include "core/kv/command.h"
#include "sim/check/log_model.h"

namespace drydock::sim {
namespace {

std::string Quote(const std::optional<Bytes>& value) {
  return value.has_value() ? "\"" + std::string(value->view().substr(0, 60)) + "\"" : "nothing";
}

std::string Name(const Operation& op) {
  const char* names[] = {"put", "get", "delete", "cas", "append"};
  return "client " + std::to_string(op.client) + "'s " + names[static_cast<std::size_t>(op.kind)] +
         " of " + std::string(op.key.view().substr(0, 60)) + " (entry " + std::to_string(op.index) +
         ")";
}

// The operations that have a place in the log, each with the entry that made its effect.
using Effective = std::vector<std::pair<const Operation*, std::uint64_t>>;

bool HasPlace(const Operation& op) {
  return op.outcome == OperationOutcome::kOk || op.outcome == OperationOutcome::kCompareFailed;
}

// What the entry at the operation's place must have been.
bool IsCommandOf(const ClientRequest& request, const Operation& op) {
  if (const auto* put = std::get_if<PutOp>(&request.op)) {
    return op.kind == OperationKind::kPut && put->key == op.key && put->value == op.value;
  }
  if (const auto* del = std::get_if<DeleteOp>(&request.op)) {
    return op.kind == OperationKind::kDelete && del->key == op.key;
  }
  const auto* cas = std::get_if<CompareAndSetOp>(&request.op);
  return cas != nullptr && op.kind == OperationKind::kCompareAndSet && cas->key == op.key &&
         cas->value == op.value && cas->expected == op.expected;
}

// --- Each answer against the log ----------------------------------------------------------------

class Replay {
 public:
  Replay(const History& history, const std::vector<CommittedEntry>& committed)
      : committed_(committed) {
    for (const Operation& op : history.ops) {
      if (HasPlace(op)) ops_.push_back(&op);
    }
    for (const Operation& op : history.stale_reads) stale_.push_back(&op);
    std::stable_sort(stale_.begin(), stale_.end(),
                     [](const Operation* a, const Operation* b) { return a->index < b->index; });
    std::stable_sort(ops_.begin(), ops_.end(),
                     [](const Operation* a, const Operation* b) { return a->index < b->index; });
  }

  // Fills `effective`: for each operation the entry that made its effect.
  std::optional<LogOrderProblem> Run(Effective& effective) {
    std::size_t next = 0;
    std::size_t next_stale = 0;
    const auto stale_problem = [&](std::uint64_t index) -> std::optional<LogOrderProblem> {
      for (; next_stale < stale_.size() && stale_[next_stale]->index == index; ++next_stale) {
        if (auto problem = CheckStale(*stale_[next_stale])) return problem;
      }
      return std::nullopt;
    };
    if (auto problem = stale_problem(0)) return problem;
    // A read may be answered from the state before the first entry: then it must find nothing.
    for (; next < ops_.size() && ops_[next]->index == 0; ++next) {
      if (auto problem = CheckAnswer(*ops_[next], {}, {})) return problem;
      effective.emplace_back(ops_[next], 0);
    }
    for (std::uint64_t index = 1; index <= committed_.size(); ++index) {
      const CommittedEntry& entry = committed_[index - 1];
      const LogModel::Step step = model_.Apply(index, entry.entry);
      if (entry.applied && (entry.outcome != step.outcome || entry.duplicate != step.duplicate)) {
        return LogOrderProblem{"exactly once", "entry " + std::to_string(index) +
                                                   " was applied with another result than its "
                                                   "sessions and the log before it give"};
      }
      for (; next < ops_.size() && ops_[next]->index == index; ++next) {
        if (auto problem = CheckAnswer(*ops_[next], entry, step)) return problem;
        const bool writes = step.is_command && ops_[next]->kind != OperationKind::kGet;
        effective.emplace_back(ops_[next], writes ? step.effective : index);
      }
      if (auto problem = stale_problem(index)) return problem;
    }
    if (next_stale < stale_.size()) {
      return LogOrderProblem{"stale reads", Name(*stale_[next_stale]) +
                                                " was answered from a state beyond the last "
                                                "committed entry"};
    }
    if (next == ops_.size()) return std::nullopt;
    return LogOrderProblem{"nothing acknowledged is lost",
                           Name(*ops_[next]) + " was answered, and the log has only " +
                               std::to_string(committed_.size()) + " committed entries"};
  }

 private:
  // Old it may be, but it must be what the log had come to where the answer says.
  std::optional<LogOrderProblem> CheckStale(const Operation& op) const {
    const std::optional<Bytes> value = model_.Get(op.key);
    if (value == op.result) return std::nullopt;
    return LogOrderProblem{"stale reads", Name(op) + " gave " + Quote(op.result) +
                                              ", the log says " + Quote(value) + " there"};
  }

  std::optional<LogOrderProblem> CheckAnswer(const Operation& op, const CommittedEntry& entry,
                                             const LogModel::Step& step) const {
    if (op.kind == OperationKind::kGet) {
      const std::optional<Bytes> value = model_.Get(op.key);
      if (value == op.result) return std::nullopt;
      return LogOrderProblem{"linearizability", Name(op) + " gave " + Quote(op.result) +
                                                    ", the log says " + Quote(value)};
    }
    if (!step.is_command || entry.term.value() != op.term || !IsCommandOf(step.request, op)) {
      return LogOrderProblem{"nothing acknowledged is lost",
                             Name(op) + " was answered in term " + std::to_string(op.term) +
                                 ", and the log holds another entry there"};
    }
    const bool failed = op.outcome == OperationOutcome::kCompareFailed;
    const bool as_logged = failed
                               ? step.outcome == Outcome::kCompareFailed && step.found == op.result
                               : step.outcome == Outcome::kOk;
    if (as_logged) return std::nullopt;
    return LogOrderProblem{"linearizability", Name(op) + " was not answered as the log says"};
  }

  const std::vector<CommittedEntry>& committed_;
  std::vector<const Operation*> ops_;    // by index
  std::vector<const Operation*> stale_;  // by index
  LogModel model_;
};

// --- The log's order against real time ----------------------------------------------------------

// What was answered before an operation was called must be before it in the log: a write strictly,
// a read may see the same state again.
std::optional<LogOrderProblem> CheckRealTime(Effective calls) {
  std::stable_sort(calls.begin(), calls.end(),
                   [](const auto& a, const auto& b) { return a.first->invoke < b.first->invoke; });
  Effective answers = calls;
  std::stable_sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) {
    return a.first->response < b.first->response;
  });
  std::uint64_t newest = 0;
  const Operation* newest_op = nullptr;
  auto answer = answers.begin();
  for (const auto& [call, place] : calls) {
    for (; answer != answers.end() && answer->first->response < call->invoke; ++answer) {
      if (answer->second >= newest) newest_op = answer->first;
      newest = std::max(newest, answer->second);
    }
    const bool is_read = call->kind == OperationKind::kGet;
    if (place > newest || (is_read && place == newest) || newest_op == nullptr) continue;
    return LogOrderProblem{"linearizability", Name(*call) + " was called after " +
                                                  Name(*newest_op) +
                                                  " was answered, and is not after it in the log"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<LogOrderProblem> CheckLogOrder(const History& history,
                                             const std::vector<CommittedEntry>& committed) {
  Effective effective;
  if (auto problem = Replay(history, committed).Run(effective)) return problem;
  return CheckRealTime(std::move(effective));
}

}  // namespace drydock::sim
