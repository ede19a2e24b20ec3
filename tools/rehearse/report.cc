#include "tools/rehearse/report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text/names.h"

namespace drydock::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string TimeText(std::int64_t ns) {
  return sim::TextOf(Duration::Milliseconds(ns / 1000000));
}

void AddExpectations(std::string& out, const RehearsalResult& result) {
  if (result.expectations.empty()) return;
  out += "\nExpected\n";
  for (const sim::ExpectationResult& expectation : result.expectations) {
    out += (expectation.held ? "  held    " : "  BROKEN  ") + expectation.text + "\n";
    out += "            " + TimeText(expectation.decided_at) + ": " + expectation.why + "\n";
    if (!expectation.because.empty()) out += "            because " + expectation.because + "\n";
  }
}

std::string TextOf(const Takeover& takeover) {
  const std::string lost = NameOf(takeover.old_leader) + ", the leader, was " + takeover.how +
                           " at " + TimeText(takeover.lost_at) + ": ";
  if (!takeover.new_leader.has_value()) return lost + "nobody came after it";
  const std::string led = lost + NameOf(*takeover.new_leader) + " led " +
                          TimeText(takeover.led_at - takeover.lost_at) + " later";
  if (!takeover.served_at.has_value()) return led;
  return led + ", a client was served after " + TimeText(*takeover.served_at - takeover.lost_at);
}

void AddCalls(std::string& out, const RehearsalResult& result) {
  out += "\nAlways checked\n  calls   " + std::to_string(result.history.ops.size()) +
         " calls: " + std::to_string(result.done) + " done, " + std::to_string(result.failed) +
         " refused, " + std::to_string(result.unknown) + " with unknown outcome; " +
         std::string(NameOf(result.verdict.judgement)) + "\n  writes  ";
  out += result.read_at_end.has_value()
             ? std::to_string(*result.read_at_end) +
                   " keys were read at the end, so that a "
                   "lost write would be seen"
             : std::string("not read at the end: no majority of the nodes is there to ask");
  out += "\n  nodes   " + std::to_string(result.elections) +
         (result.elections == 1 ? " leader" : " leaders") +
         (result.problems.empty() ? ", never two in a term; no node ended by itself"
                                  : "; see the problems") +
         "\n";
  if (!result.conflict.empty()) out += result.conflict + "\n";
}

std::string Summary(const RehearsalResult& result) {
  if (!result.problems.empty()) return "FAILED: " + result.problems.front();
  if (result.verdict.judgement != sim::Judgement::kLinearizable) {
    return "FAILED: the history is " + std::string(NameOf(result.verdict.judgement));
  }
  const auto broken = std::count_if(result.expectations.begin(), result.expectations.end(),
                                    [](const sim::ExpectationResult& e) { return !e.held; });
  if (broken == 0) return "PASSED: everything held";
  return "FAILED: " + std::to_string(broken) + " of " + std::to_string(result.expectations.size()) +
         " expectations broken";
}

Json JsonOf(const Takeover& takeover) {
  Json json = {{"old", NameOf(takeover.old_leader)},
               {"how", takeover.how},
               {"lost_at_ns", takeover.lost_at}};
  if (takeover.new_leader.has_value()) {
    json["new"] = NameOf(*takeover.new_leader);
    json["new_leader_after_ns"] = takeover.led_at - takeover.lost_at;
  }
  if (takeover.served_at.has_value()) {
    json["served_after_ns"] = *takeover.served_at - takeover.lost_at;
  }
  return json;
}

}  // namespace

std::string TextReport(const RehearsalResult& result) {
  std::string out;
  AddExpectations(out, result);
  if (!result.takeovers.empty()) out += "\nLeaders lost\n";
  for (const Takeover& takeover : result.takeovers) out += "  " + TextOf(takeover) + "\n";
  AddCalls(out, result);
  if (!result.problems.empty()) out += "\nProblems\n";
  for (const std::string& problem : result.problems) out += "  " + problem + "\n";
  return out + "\nResult    " + Summary(result) + "\n";
}

std::string JsonReport(const sim::Scenario& scenario, std::uint64_t seed,
                       const RehearsalResult& result) {
  Json json;
  json["scenario"] = scenario.name;
  json["seed"] = seed;
  json["passed"] = result.Passed();
  json["time_ns"] = result.time;
  json["elections"] = result.elections;
  json["calls"] = {{"operations", result.history.ops.size()},
                   {"done", result.done},
                   {"refused", result.failed},
                   {"unknown", result.unknown}};
  json["judgement"] = NameOf(result.verdict.judgement);
  json["conflict"] = result.conflict;
  json["keys_read_at_end"] = result.read_at_end ? Json(*result.read_at_end) : Json();
  json["problems"] = result.problems;
  json["takeovers"] = Json::array();
  for (const Takeover& takeover : result.takeovers) json["takeovers"].push_back(JsonOf(takeover));
  json["expectations"] = Json::array();
  for (const sim::ExpectationResult& e : result.expectations) {
    json["expectations"].push_back({{"expected", e.text},
                                    {"held", e.held},
                                    {"at_ns", e.decided_at},
                                    {"seen", e.why},
                                    {"because", e.because}});
  }
  json["story"] = Json::array();
  for (const sim::StoryLine& line : result.story) {
    json["story"].push_back({{"at_ns", line.time}, {"text", line.text}});
  }
  // Keys and values may be any bytes.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::tools
