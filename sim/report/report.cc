#include "sim/report/report.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace drydock::sim {
namespace {

constexpr std::size_t kStoryLines = 70;

std::string Padded(const std::string& text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

// Milliseconds with microseconds behind the point, aligned.
std::string Clock(std::int64_t ns) {
  const std::string micros = std::to_string(1000 + ns / 1000 % 1000).substr(1);
  return Padded(std::to_string(ns / 1000000) + "." + micros, 12) + " ms";
}

// Broken between words at the width of a page.
std::string Wrapped(const std::string& text) {
  constexpr std::size_t kWidth = 96;
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t space = std::min(text.find(' ', at), text.size());
    if (column > 0 && column + 1 + (space - at) > kWidth) {
      out += '\n';
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += text.substr(at, space - at);
    column += space - at;
    at = space + 1;
  }
  return out + "\n";
}

std::string Grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string Hex(std::uint64_t number) {
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; number >>= 4) text[i] = "0123456789abcdef"[number & 15];
  return text;
}

void AddStory(std::string& out, const std::vector<StoryLine>& story) {
  out += "\nStory\n";
  for (std::size_t i = 0; i < story.size(); ++i) {
    if (story.size() > kStoryLines && i == kStoryLines / 2) {
      const std::size_t skipped = story.size() - kStoryLines;
      out +=
          "               ... " + std::to_string(skipped) + " more; --trace FILE has everything\n";
      i += skipped;
    }
    out += Clock(story[i].time) + "  " + story[i].text + "\n";
  }
}

void AddExpectations(std::string& out, const RunResult& result) {
  if (result.expectations.empty()) return;
  out += "\nExpected\n";
  for (const ExpectationResult& expectation : result.expectations) {
    out += (expectation.held ? "  held    " : "  BROKEN  ") + expectation.text + "\n";
    out += "            " + TextOf(Duration::Microseconds(expectation.decided_at / 1000)) + ": " +
           expectation.why + "\n";
    if (!expectation.because.empty()) out += "            because " + expectation.because + "\n";
  }
}

std::string HistoryText(const RunResult& result) {
  const HistoryResult& history = result.history;
  if (history.operations == 0) return "no client calls";
  std::string text = Grouped(history.operations) + " calls: " + Grouped(history.done) + " done, " +
                     Grouped(history.failed) + " refused, " + Grouped(history.unknown) +
                     " with unknown outcome";
  if (result.violation.has_value() || result.lawful_loss.has_value()) return text;
  if (result.not_linearizable.has_value()) return text + "; not linearizable, as expected";
  text += "; linearizable in the order of the log";
  if (!history.searched.has_value()) return text;
  const bool decided = history.searched->judgement != Judgement::kUndecided;
  return text + (decided ? ", and by search" : "; the search hit its bound and is undecided");
}

std::string RunText(const ReportInput& input) {
  const RunResult& result = input.result;
  const std::uint64_t wall_us =
      static_cast<std::uint64_t>(std::max<std::int64_t>(input.wall_ns, 1000)) / 1000;
  return TextOf(Duration::Nanoseconds(result.virtual_time)) + " of virtual time in " +
         std::to_string(wall_us / 1000) + " ms, " + Grouped(result.events) + " events, " +
         Grouped(result.events * 1000000 / wall_us) + " a second";
}

void AddFailure(std::string& out, const ReportInput& input) {
  const Violation& violation = *input.result.violation;
  out += "\nVIOLATED at " + TextOf(Duration::Microseconds(violation.time / 1000)) + ": " +
         violation.property + "\n  " + violation.detail + "\n";
  if (!input.result.history.conflict.empty()) out += input.result.history.conflict + "\n";
  if (!input.chain.empty()) out += "\nWhat led there\n";
  for (const std::string& line : input.chain) out += "  " + line + "\n";
}

std::string Summary(const RunResult& result) {
  if (result.violation.has_value()) return "FAILED: " + result.violation->property;
  const auto broken = std::count_if(result.expectations.begin(), result.expectations.end(),
                                    [](const ExpectationResult& e) { return !e.held; });
  if (broken > 0) {
    return "FAILED: " + std::to_string(broken) + " of " +
           std::to_string(result.expectations.size()) + " expectations broken";
  }
  return "PASSED: everything held";
}

nlohmann::ordered_json ExpectationsJson(const RunResult& result) {
  auto json = nlohmann::ordered_json::array();
  for (const ExpectationResult& e : result.expectations) {
    json.push_back({{"expected", e.text},
                    {"held", e.held},
                    {"at_ns", e.decided_at},
                    {"seen", e.why},
                    {"because", e.because}});
  }
  return json;
}

nlohmann::ordered_json ViolationJson(const ReportInput& input) {
  const Violation& violation = *input.result.violation;
  return {{"property", violation.property},
          {"detail", violation.detail},
          {"at_ns", violation.time},
          {"event", violation.event},
          {"chain", input.chain}};
}

nlohmann::ordered_json StoryJson(const std::vector<StoryLine>& story) {
  auto json = nlohmann::ordered_json::array();
  for (const StoryLine& line : story) {
    json.push_back({{"at_ns", line.time}, {"event", line.event}, {"text", line.text}});
  }
  return json;
}

}  // namespace

std::string TextReport(const ReportInput& input) {
  const RunResult& result = input.result;
  std::string out = input.scenario.name + "\n";
  if (!input.scenario.description.empty()) out += Wrapped(input.scenario.description);
  AddStory(out, input.story);
  AddExpectations(out, result);
  if (result.violation.has_value()) AddFailure(out, input);
  out += "\nAlways checked\n";
  out += "  safety  " + Grouped(result.checks) + " checks of the invariants" +
         (result.violation ? "" : ", none broken") + "\n";
  if (result.lawful_loss) out += "  lost    lawfully: " + result.lawful_loss->what + "\n";
  out += "  calls   " + HistoryText(result) + "\n";
  out += "\nRun       " + RunText(input) + "\n";
  out +=
      "          seed " + std::to_string(result.seed) + ", trace hash " + Hex(result.hash) + "\n";
  if (!result.Passed()) out += "Again     " + input.replay + "\n";
  out += "Result    " + Summary(result) + "\n";
  return out;
}

std::string JsonReport(const ReportInput& input) {
  const RunResult& result = input.result;
  nlohmann::ordered_json json;
  json["scenario"] = input.scenario.name;
  json["seed"] = result.seed;
  json["passed"] = result.Passed();
  json["hash"] = Hex(result.hash);
  json["events"] = result.events;
  json["trace_events"] = result.trace_events;
  json["invariant_checks"] = result.checks;
  json["virtual_ns"] = result.virtual_time;
  json["wall_ns"] = input.wall_ns;
  json["elections"] = result.elections;
  json["calls"] = {{"operations", result.history.operations},
                   {"done", result.history.done},
                   {"refused", result.history.failed},
                   {"unknown", result.history.unknown}};
  json["search"] = result.history.searched
                       ? nlohmann::ordered_json(NameOf(result.history.searched->judgement))
                       : nlohmann::ordered_json();
  json["expectations"] = ExpectationsJson(result);
  if (result.violation) json["violation"] = ViolationJson(input);
  if (result.lawful_loss) json["lawful_loss"] = result.lawful_loss->what;
  json["story"] = StoryJson(input.story);
  // Keys and values may be any bytes.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string TraceEnd(const ReportInput& input) {
  const RunResult& result = input.result;
  nlohmann::ordered_json json;
  json["end"] = 1;
  json["events"] = result.trace_events;
  json["passed"] = result.Passed();
  json["hash"] = Hex(result.hash);
  json["expectations"] = ExpectationsJson(result);
  json["violation"] = nullptr;
  if (result.violation) json["violation"] = ViolationJson(input);
  json["conflict"] = nullptr;
  if (!result.history.conflicting.empty()) {
    json["conflict"] = {{"operations", result.history.conflicting},
                        {"text", result.history.conflict}};
  }
  json["story"] = StoryJson(input.story);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace drydock::sim
