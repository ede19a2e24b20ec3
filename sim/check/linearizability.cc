#include "sim/check/linearizability.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "sim/check/conflict.h"
#include "sim/check/describe.h"
#include "sim/check/register_model.h"
#include "sim/check/register_search.h"

namespace drydock::sim {
namespace {

// Positions of the operations, those of one key together, keys in order of their bytes.
std::vector<std::vector<std::size_t>> ByKey(const History& history) {
  std::vector<std::size_t> order(history.ops.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return history.ops[a].key.view() < history.ops[b].key.view();
  });
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool same = i > 0 && history.ops[order[i]].key == history.ops[order[i - 1]].key;
    if (!same) groups.emplace_back();
    groups.back().push_back(order[i]);
  }
  return groups;
}

void AddPadded(std::string& line, const std::string& cell, std::size_t width) {
  line += cell;
  line.append(cell.size() < width ? width - cell.size() : 0, ' ');
}

std::string TimeText(std::int64_t time) {
  return time == kNeverReturned ? "never" : std::to_string(time);
}

using Row = std::vector<std::string>;

Row RowOf(const Operation& op, bool stuck) {
  return {stuck ? "> client " + std::to_string(op.client) : "  client " + std::to_string(op.client),
          TimeText(op.invoke), TimeText(op.response), CallText(op), AnswerText(op)};
}

std::string Table(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    std::string line = "  ";
    for (std::size_t column = 0; column < row.size(); ++column) {
      std::size_t width = 0;
      for (const Row& other : rows) width = std::max(width, other[column].size());
      AddPadded(line, row[column], column + 1 < row.size() ? width + 2 : 0);
    }
    text += line + "\n";
  }
  return text;
}

std::string ConflictText(const Conflict& conflict, const History& history) {
  const std::size_t count = conflict.operations.size();
  std::string text = (count == 1 ? "Nothing explains this operation"
                                 : "No order fits these " + std::to_string(count) + " operations") +
                     std::string(" on key ") + ContentText(conflict.key.view()) + ":\n";
  std::vector<Row> rows = {{"  who", "called", "returned", "operation", "answer"}};
  for (const std::size_t position : conflict.operations) {
    rows.push_back(RowOf(history.ops[position], position == conflict.stuck));
  }
  return text + Table(rows) + conflict.why + "\n";
}

}  // namespace

std::string_view NameOf(Judgement judgement) {
  switch (judgement) {
    case Judgement::kLinearizable:
      return "linearizable";
    case Judgement::kNotLinearizable:
      return "not linearizable";
    case Judgement::kUndecided:
      break;
  }
  return "undecided";
}

Verdict Judge(const History& history, const Bounds& bounds) {
  Verdict verdict;
  for (const std::vector<std::size_t>& positions : ByKey(history)) {
    KeyProblem problem = MakeKeyProblem(history, positions);
    const SearchResult found =
        Search(problem, {bounds.steps_per_key, bounds.words_at_once, /*keep_contents=*/false});
    verdict.keys.push_back(
        {history.ops[positions.front()].key, found.judgement, positions.size(), found.steps});
    if (found.judgement == Judgement::kLinearizable) continue;
    if (found.judgement == Judgement::kNotLinearizable && !verdict.conflict.has_value()) {
      const std::size_t stuck = problem.steps[found.stuck].operation;
      verdict.conflict = ShrinkConflict(history, positions, stuck, bounds);
    }
    if (verdict.judgement != Judgement::kNotLinearizable) verdict.judgement = found.judgement;
  }
  return verdict;
}

std::string Describe(const Verdict& verdict, const History& history) {
  std::string text = std::string(NameOf(verdict.judgement)) + ": " +
                     std::to_string(history.ops.size()) + " operations on " +
                     std::to_string(verdict.keys.size()) +
                     (verdict.keys.size() == 1 ? " key" : " keys") + "\n";
  for (const KeyVerdict& key : verdict.keys) {
    if (key.judgement != Judgement::kUndecided) continue;
    text += "Key " + ContentText(key.key.view()) + " is undecided: the bound was hit after " +
            std::to_string(key.steps) + " configurations of its " + std::to_string(key.operations) +
            " operations.\n";
  }
  if (verdict.conflict.has_value()) text += ConflictText(*verdict.conflict, history);
  return text;
}

}  // namespace drydock::sim
