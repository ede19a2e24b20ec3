#include "sim/check/register_model.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <tuple>

#include "core/base/check.h"

namespace drydock::sim {
namespace {

bool IsPrefix(std::string_view prefix, std::string_view text) {
  return text.substr(0, prefix.size()) == prefix;
}

// A sparse table: maxima[k][i] is the largest rank of the 2^k contents from i on.
std::vector<std::vector<Rank>> RangeMaxima(
    const std::vector<std::pair<std::string_view, Rank>>& observed) {
  std::vector<std::vector<Rank>> maxima(1);
  for (const auto& entry : observed) maxima[0].push_back(entry.second);
  for (std::size_t width = 2; width <= observed.size(); width *= 2) {
    const std::vector<Rank>& half = maxima.back();
    std::vector<Rank> whole(observed.size() - width + 1);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      whole[i] = std::max(half[i], half[i + width / 2]);
    }
    maxima.push_back(std::move(whole));
  }
  return maxima;
}

// What of an operation is asked of the register, before contents have numbers.
struct Draft {
  Role role;
  bool optional;
  const Operation* operation;
  std::size_t position;
  const std::optional<Bytes>* seen;
};

std::optional<Draft> DraftOf(const Operation& op, std::size_t position) {
  const bool unknown = op.outcome == OperationOutcome::kUnknown;
  if (op.outcome == OperationOutcome::kFailed) return std::nullopt;
  switch (op.kind) {
    case OperationKind::kGet:
      if (unknown || !op.result_known) return std::nullopt;
      return Draft{Role::kRead, false, &op, position, &op.result};
    case OperationKind::kPut:
    case OperationKind::kDelete:
      return Draft{Role::kWrite, unknown, &op, position, nullptr};
    case OperationKind::kAppend:
      return Draft{Role::kAppend, unknown, &op, position, nullptr};
    case OperationKind::kCompareAndSet:
      break;
  }
  if (op.outcome == OperationOutcome::kCompareFailed) {
    if (!op.result_known) return Draft{Role::kDiffers, false, &op, position, &op.expected};
    // What it found says more than what it did not find.
    const Role role = op.result == op.expected ? Role::kNothing : Role::kRead;
    return Draft{role, false, &op, position, &op.result};
  }
  const bool changes = !op.expected.has_value() || !(*op.expected == op.value);
  if (!changes && unknown) return std::nullopt;
  if (!changes) return Draft{Role::kRead, false, &op, position, &op.expected};
  return Draft{Role::kSwap, unknown, &op, position, &op.expected};
}

struct Moment {
  std::int64_t time;
  bool is_return;
  std::uint32_t step;
};

// Calls come before returns of the same instant, so that the two overlap.
std::vector<Moment> MomentsOf(const std::vector<Draft>& drafts) {
  std::vector<Moment> moments;
  moments.reserve(drafts.size() * 2);
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const Operation& op = *drafts[i].operation;
    const auto step = static_cast<std::uint32_t>(i);
    moments.push_back({op.invoke, false, step});
    if (!drafts[i].optional) moments.push_back({std::max(op.response, op.invoke), true, step});
  }
  std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
    return std::tie(a.time, a.is_return, a.step) < std::tie(b.time, b.is_return, b.step);
  });
  return moments;
}

}  // namespace

Values::Values(std::vector<std::pair<std::string_view, Rank>> observed, bool appends)
    : appends_(appends), contents_(2), told_until_{appends ? kNeverRank : 0, kNeverRank} {
  std::sort(observed.begin(), observed.end());
  for (const auto& entry : observed) {
    if (observed_.empty() || observed_.back().first != entry.first) observed_.push_back(entry);
    observed_.back().second = entry.second;  // the last of equals is the latest
  }
  if (appends_) maxima_ = RangeMaxima(observed_);
}

Rank Values::ToldUntil(std::string_view content) const {
  const auto by_content = [](const auto& entry, std::string_view text) {
    return entry.first < text;
  };
  const auto first = std::lower_bound(observed_.begin(), observed_.end(), content, by_content);
  if (first == observed_.end() || !IsPrefix(content, first->first)) return 0;
  if (!appends_) return first->first == content ? first->second : 0;
  const auto last = std::partition_point(first, observed_.end(), [content](const auto& entry) {
    return IsPrefix(content, entry.first);
  });
  const auto from = static_cast<std::size_t>(first - observed_.begin());
  const auto count = static_cast<std::size_t>(last - first);
  const auto level = static_cast<std::size_t>(std::bit_width(count) - 1);
  return std::max(maxima_[level][from], maxima_[level][from + count - (std::size_t{1} << level)]);
}

ValueId Values::Intern(std::string_view content) {
  const auto known = ids_.find(content);
  if (known != ids_.end()) return known->second;
  const Rank until = ToldUntil(content);
  if (appends_ && until == 0) return kForgotten;
  const auto id = static_cast<ValueId>(contents_.size());
  const auto added = ids_.emplace(std::string(content), id).first;
  contents_.push_back(added->first);
  told_until_.push_back(until);
  return id;
}

ValueId Values::IdOf(const std::optional<Bytes>& content) {
  return content.has_value() ? Intern(content->view()) : kMissing;
}

ValueId Values::SuffixOf(const Bytes& suffix) {
  const auto next = static_cast<ValueId>(suffixes_.size());
  const auto [at, added] = suffix_ids_.emplace(std::string(suffix.view()), next);
  if (added) suffixes_.push_back(at->first);
  return at->second;
}

ValueId Values::Append(ValueId content, ValueId suffix) {
  if (content == kForgotten) return kForgotten;
  const auto known = appended_.find({content, suffix});
  if (known != appended_.end()) return known->second;
  std::string joined(contents_[content]);
  joined += suffixes_[suffix];
  return appended_[{content, suffix}] = Intern(joined);
}

std::optional<std::string_view> Values::ContentOf(ValueId id) const {
  DRYDOCK_CHECK(id != kForgotten && id < contents_.size(), id);
  if (id == kMissing) return std::nullopt;
  return contents_[id];
}

namespace {

std::vector<Draft> DraftsOf(const History& history, const std::vector<std::size_t>& positions) {
  std::vector<Draft> drafts;
  drafts.reserve(positions.size());
  for (const std::size_t position : positions) {
    std::optional<Draft> draft = DraftOf(history.ops[position], position);
    if (draft.has_value()) drafts.push_back(*draft);
  }
  return drafts;
}

// Optional writes of what nobody ever sees can only serve to make something differ, so they are
// idle when nothing that asks for a difference returns after their call.
bool IsIdle(const Step& step, const Values& values, Rank last_differs) {
  if (!step.optional || step.role == Role::kAppend) return false;
  return values.told_until(step.made) <= step.invoke && last_differs <= step.invoke;
}

void Number(KeyProblem& problem, const std::vector<Draft>& drafts) {
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    const Operation& op = *drafts[i].operation;
    Step& step = problem.steps[i];
    if (drafts[i].seen != nullptr) step.seen = problem.values.IdOf(*drafts[i].seen);
    if (step.role == Role::kWrite || step.role == Role::kSwap) {
      step.made = op.kind == OperationKind::kDelete ? kMissing : problem.values.IdOf(op.value);
    }
    if (step.role == Role::kAppend) step.made = problem.values.SuffixOf(op.value);
  }
}

void DropIdle(KeyProblem& problem) {
  if (problem.appends) return;
  Rank last_differs = 0;
  for (const Step& step : problem.steps) {
    if (step.role == Role::kDiffers) last_differs = std::max(last_differs, step.response);
  }
  std::erase_if(problem.events, [&](const StepEvent& event) {
    return IsIdle(problem.steps[event.step], problem.values, last_differs);
  });
}

}  // namespace

KeyProblem MakeKeyProblem(const History& history, const std::vector<std::size_t>& positions) {
  const std::vector<Draft> drafts = DraftsOf(history, positions);
  std::vector<Step> steps(drafts.size());
  std::vector<StepEvent> events;
  bool appends = false;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    steps[i].role = drafts[i].role;
    steps[i].optional = drafts[i].optional;
    steps[i].operation = drafts[i].position;
    appends = appends || drafts[i].role == Role::kAppend;
  }
  for (const Moment& moment : MomentsOf(drafts)) {
    // Rank 0 is before everything.
    const auto rank = static_cast<Rank>(events.size() + 1);
    events.push_back({moment.step, moment.is_return});
    (moment.is_return ? steps[moment.step].response : steps[moment.step].invoke) = rank;
  }
  std::vector<std::pair<std::string_view, Rank>> observed;
  Rank missing_until = 0;
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (drafts[i].seen == nullptr) continue;
    if (drafts[i].seen->has_value()) {
      observed.emplace_back((*drafts[i].seen)->view(), steps[i].response);
    } else {
      missing_until = std::max(missing_until, steps[i].response);
    }
  }
  KeyProblem problem{std::move(steps), std::move(events), Values(std::move(observed), appends),
                     kMissing, appends};
  problem.values.KeepMissing(missing_until);
  Number(problem, drafts);
  problem.initial = problem.values.IdOf(history.initial);
  DropIdle(problem);
  return problem;
}

}  // namespace drydock::sim
