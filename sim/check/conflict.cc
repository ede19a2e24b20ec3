#include "sim/check/conflict.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "sim/check/describe.h"
#include "sim/check/register_model.h"
#include "sim/check/register_search.h"

namespace drydock::sim {
namespace {

using Positions = std::vector<std::size_t>;

// Changes the register, or may. A compare-and-set to what it expects only looks.
bool Writes(const Operation& op) {
  if (op.kind == OperationKind::kGet) return false;
  const bool looks = op.kind == OperationKind::kCompareAndSet && op.expected.has_value() &&
                     *op.expected == op.value;
  return !looks &&
         (op.outcome == OperationOutcome::kOk || op.outcome == OperationOutcome::kUnknown);
}

// Certain to replace whatever was there before.
bool Overwrites(const Operation& op, bool appends) {
  if (op.outcome != OperationOutcome::kOk || !Writes(op)) return false;
  if (op.kind == OperationKind::kCompareAndSet) return !appends;
  return op.kind == OperationKind::kPut || op.kind == OperationKind::kDelete;
}

std::int64_t ResponseOf(const Operation& op) {
  return op.outcome == OperationOutcome::kUnknown ? kNeverReturned
                                                  : std::max(op.response, op.invoke);
}

// What an operation wants to see: exactly `content`, or anything but it.
struct Wish {
  bool differs = false;
  const std::optional<Bytes>* content = nullptr;
};

std::optional<Wish> WishOf(const Operation& op) {
  if (op.outcome == OperationOutcome::kFailed) return std::nullopt;
  if (op.kind == OperationKind::kGet) {
    if (op.outcome == OperationOutcome::kUnknown || !op.result_known) return std::nullopt;
    return Wish{false, &op.result};
  }
  if (op.kind != OperationKind::kCompareAndSet) return std::nullopt;
  if (op.outcome != OperationOutcome::kCompareFailed) return Wish{false, &op.expected};
  if (op.result_known) return Wish{false, &op.result};
  return Wish{true, &op.expected};
}

// Whether `wish` can be granted while the last write that counts is `write`. In a key with appends
// the content then starts with, or contains, what was written.
bool CouldSee(const Wish& wish, const Operation& write, bool appends) {
  const std::optional<Bytes>& content = *wish.content;
  const bool erases = write.kind == OperationKind::kDelete;
  if (appends) {
    if (wish.differs || erases || !content.has_value()) return true;
    return content->view().find(write.value.view()) != std::string_view::npos;
  }
  const bool same = erases ? !content.has_value() : content.has_value() && *content == write.value;
  return same != wish.differs;
}

class Shrinker {
 public:
  Shrinker(const History& history, const Bounds& bounds) : history_(history), bounds_(bounds) {}

  Conflict Run(Positions positions, std::size_t stuck) {
    for (const std::size_t p : positions) {
      appends_ = appends_ || history_.ops[p].kind == OperationKind::kAppend;
    }
    std::stable_sort(positions.begin(), positions.end(), [this](std::size_t a, std::size_t b) {
      return history_.ops[a].invoke < history_.ops[b].invoke;
    });
    kept_ = std::move(positions);
    CutAt(stuck, kept_);
    DropTheOld();
    for (std::size_t chunk = std::max<std::size_t>(kept_.size() / 2, 1);;) {
      const bool dropped = DropChunks(chunk);
      if (chunk == 1 && (!dropped || Spent())) break;
      if (!dropped || chunk > kept_.size()) chunk = std::max<std::size_t>(chunk / 2, 1);
    }
    return Explain();
  }

 private:
  bool Spent() const { return runs_ >= bounds_.shrink_runs || steps_ >= bounds_.shrink_steps; }

  // No single history may use up what the others need.
  SearchLimits Limits() const {
    const std::uint64_t left = bounds_.shrink_steps - std::min(bounds_.shrink_steps, steps_);
    return {std::min(left, bounds_.shrink_steps / 20), bounds_.words_at_once, false};
  }

  // Leaves of `positions` what can matter until `stuck` returned.
  void CutAt(std::size_t stuck, Positions& positions) {
    stuck_ = stuck;
    const std::int64_t end = ResponseOf(history_.ops[stuck]);
    std::erase_if(positions, [&](std::size_t p) {
      const Operation& op = history_.ops[p];
      return op.invoke > end || op.outcome == OperationOutcome::kFailed ||
             (!Writes(op) && ResponseOf(op) > end);
    });
  }

  // Whether there is no order of `positions`; if so it leaves what shows that.
  bool CutAtStuck(Positions& positions) {
    KeyProblem problem = MakeKeyProblem(history_, positions);
    const SearchResult result = Search(problem, Limits());
    ++runs_;
    steps_ += result.steps;
    if (result.judgement != Judgement::kNotLinearizable) return false;
    CutAt(problem.steps[result.stuck].operation, positions);
    return true;
  }

  // Takes the candidate if it still has no order.
  bool Accept(Positions candidate) {
    if (candidate.size() >= kept_.size() || Spent() || !CutAtStuck(candidate)) return false;
    kept_ = std::move(candidate);
    return true;
  }

  // Whether nothing at `rest` (places in `from`) could have seen the write at place `at`.
  bool MayGo(const Positions& from, const std::vector<std::size_t>& rest, std::size_t at) const {
    const Operation& write = history_.ops[from[at]];
    std::int64_t hidden_from = kNeverReturned;  // it is overwritten for all called after this
    for (const std::size_t i : rest) {
      const Operation& other = history_.ops[from[i]];
      if (other.invoke > ResponseOf(write) && Overwrites(other, appends_)) {
        hidden_from = std::min(hidden_from, ResponseOf(other));
      }
    }
    for (const std::size_t i : rest) {
      const Operation& other = history_.ops[from[i]];
      if (ResponseOf(other) < write.invoke) continue;
      const std::optional<Wish> wish = WishOf(other);
      if (!wish.has_value() || !CouldSee(*wish, write, appends_)) continue;
      const bool hidden = other.invoke > hidden_from;
      if (!hidden || (!wish->differs && !HasLaterSource(from, rest, at, i))) return false;
    }
    return true;
  }

  // Whether a write after `at` could have given `reader` the same. The latest that could stays in:
  // a conflict tells more if it shows where an outdated answer came from.
  bool HasLaterSource(const Positions& from, const std::vector<std::size_t>& rest, std::size_t at,
                      std::size_t reader) const {
    const Operation& reads = history_.ops[from[reader]];
    const std::optional<Wish> wish = WishOf(reads);
    return std::any_of(rest.begin(), rest.end(), [&](std::size_t i) {
      const Operation& other = history_.ops[from[i]];
      return i > at && i != reader && other.invoke <= ResponseOf(reads) && Writes(other) &&
             CouldSee(*wish, other, appends_);
    });
  }

  Positions Without(const Positions& from, std::size_t begin, std::size_t end) const {
    std::vector<bool> gone(from.size(), false);
    for (std::size_t i = begin; i < end; ++i) gone[i] = true;
    return Without(from, std::move(gone));
  }

  // `from` without those of `gone` that may go together: all at first, and then the writes come
  // back, the latest first, that something which is left could have seen.
  Positions Without(const Positions& from, std::vector<bool> gone) const {
    std::vector<std::size_t> rest;
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!gone[i]) rest.push_back(i);
    }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::size_t i = from.size(); i-- > 0;) {
        if (!gone[i] || !Writes(history_.ops[from[i]]) || MayGo(from, rest, i)) continue;
        gone[i] = false;
        rest.push_back(i);
        changed = true;
      }
    }
    Positions left;
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (!gone[i]) left.push_back(from[i]);
    }
    return left;
  }

  // Most of a long history is over long before the conflict: tries to do with the stuck one and
  // what it could have seen, then with the last few.
  void DropTheOld() {
    std::vector<bool> others(kept_.size());
    for (std::size_t i = 0; i < kept_.size(); ++i) others[i] = kept_[i] != stuck_;
    if (Accept(Without(kept_, std::move(others)))) return;
    std::size_t keep = 16;
    while (keep < kept_.size() && !Accept(Without(kept_, 0, kept_.size() - keep))) keep *= 4;
  }

  bool DropChunks(std::size_t chunk) {
    bool dropped = false;
    // From the end: the conflict shows there, and what led to it is older.
    for (std::size_t end = kept_.size(); end > 0 && !Spent();) {
      const std::size_t begin = end > chunk ? end - chunk : 0;
      dropped = Accept(Without(kept_, begin, end)) || dropped;
      end = std::min(begin, kept_.size());
    }
    return dropped;
  }

  Conflict Explain() {
    KeyProblem problem = MakeKeyProblem(history_, kept_);
    // With real contents, if they do not cost too much: without, the sentence is vaguer.
    SearchResult result = Search(problem, {bounds_.shrink_steps, bounds_.words_at_once, true});
    if (result.judgement != Judgement::kNotLinearizable) {
      problem = MakeKeyProblem(history_, kept_);
      result = Search(problem, {bounds_.steps_per_key, bounds_.words_at_once, false});
    }
    const bool again = result.judgement == Judgement::kNotLinearizable;
    Conflict conflict;
    conflict.operations = kept_;
    conflict.stuck = again ? problem.steps[result.stuck].operation : stuck_;
    conflict.key = history_.ops[conflict.stuck].key;
    conflict.why = WhyStuck(history_.ops[conflict.stuck], problem.values, result.possible);
    return conflict;
  }

  const History& history_;
  const Bounds& bounds_;
  bool appends_ = false;
  Positions kept_;
  std::size_t stuck_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t runs_ = 0;
};

}  // namespace

Conflict ShrinkConflict(const History& history, std::vector<std::size_t> positions,
                        std::size_t stuck, const Bounds& bounds) {
  return Shrinker(history, bounds).Run(std::move(positions), stuck);
}

}  // namespace drydock::sim
