#include "tools/load/report.h"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

namespace drydock::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kMostFailed = 0.01;

double Microseconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e3;
}
double Seconds(Duration duration) {
  return static_cast<double>(duration.nanoseconds()) / 1e9;
}

[[gnu::format(printf, 1, 2)]] std::string Format(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  return line;
}

// Three digits that count, in the unit that suits: "0.52 ms", "87 us".
std::string TimeText(std::int64_t ns) {
  const double us = Microseconds(ns);
  if (us < 1000) return Format("%.0f us", us);
  if (us < 1e6) return Format(us < 1e4 ? "%.2f ms" : us < 1e5 ? "%.1f ms" : "%.0f ms", us / 1e3);
  return Format("%.2f s", us / 1e6);
}

std::string Row(const char* name, const net::Histogram& times) {
  if (times.count() == 0) return "";
  return Format("%-22s %9llu  p50 %s  p90 %s  p99 %s  p99.9 %s  max %s\n", name,
                static_cast<unsigned long long>(times.count()), TimeText(times.P50()).c_str(),
                TimeText(times.P90()).c_str(), TimeText(times.P99()).c_str(),
                TimeText(times.P999()).c_str(), TimeText(times.max()).c_str());
}

std::string FailureRows(const LoadReport& report) {
  std::string rows;
  for (std::size_t i = 0; i < kAnswerKinds; ++i) {
    const auto kind = static_cast<AnswerKind>(i);
    if (!IsFailure(kind) || report.answers[i] == 0) continue;
    rows += Format("failed: %-14s %9llu  ", NameOf(kind),
                   static_cast<unsigned long long>(report.answers[i]));
    const auto text = report.texts.find(kind);
    rows += (text == report.texts.end() ? "" : text->second) + "\n";
  }
  return rows;
}

Json TimesJson(const net::Histogram& times) {
  Json json = {{"count", times.count()},
               {"p50_us", Microseconds(times.P50())},
               {"p90_us", Microseconds(times.P90())},
               {"p99_us", Microseconds(times.P99())},
               {"p999_us", Microseconds(times.P999())},
               {"max_us", Microseconds(times.max())},
               {"mean_us", Microseconds(times.Mean())}};
  if (times.too_long() > 0) json["too_long"] = times.too_long();
  return json;
}

Json FailuresJson(const LoadReport& report) {
  Json failures = Json::object();
  for (std::size_t i = 0; i < kAnswerKinds; ++i) {
    const auto kind = static_cast<AnswerKind>(i);
    if (!IsFailure(kind) || report.answers[i] == 0) continue;
    Json& failure = failures[NameOf(kind)];
    failure["count"] = report.answers[i];
    const auto text = report.texts.find(kind);
    if (text != report.texts.end()) failure["first"] = text->second;
  }
  return failures;
}

double CpuPerOperation(const LoadReport& report, Duration cpu) {
  const auto done = static_cast<double>(report.done_within);
  return done == 0 ? 0 : Microseconds(cpu.nanoseconds()) / done;
}

}  // namespace

std::optional<CommitTimes> Difference(CommitTimes later, const CommitTimes& earlier) {
  if (later.incarnation != earlier.incarnation) return std::nullopt;
  later.commit -= earlier.commit;
  later.everywhere -= earlier.everywhere;
  return later;
}

std::uint64_t LoadReport::Operations() const {
  return std::accumulate(answers.begin(), answers.end(), std::uint64_t{0});
}

std::uint64_t LoadReport::Failures() const {
  std::uint64_t failures = 0;
  for (std::size_t i = 0; i < kAnswerKinds; ++i) {
    if (IsFailure(static_cast<AnswerKind>(i))) failures += answers[i];
  }
  return failures;
}

double LoadReport::Rate() const {
  return window <= Duration() ? 0 : static_cast<double>(done_within) / Seconds(window);
}

double LoadReport::FailedShare() const {
  const std::uint64_t all = Operations();
  return all == 0 ? 0 : static_cast<double>(Failures()) / static_cast<double>(all);
}

bool LoadReport::Failed() const {
  return Operations() == Failures() || FailedShare() > kMostFailed;
}

std::string PlainText(const LoadReport& report) {
  std::string text = Format("%-22s %9.0f/s over %.2f s\n", "operations done", report.Rate(),
                            Seconds(report.window));
  text += Row("puts", report.writes) + Row("gets", report.reads);
  const std::uint64_t missing = report.answers[static_cast<std::size_t>(AnswerKind::kMissing)];
  if (missing > 0) {
    text +=
        Format("%-22s %9llu\n", "gets of missing keys", static_cast<unsigned long long>(missing));
  }
  if (report.commit_times.has_value()) {
    text += Row("committed at leader", report.commit_times->commit);
    text += Row("durable on all nodes", report.commit_times->everywhere);
  }
  if (report.watched_cpu.has_value()) {
    text += Format("%-22s %9.1f us\n", "cpu per operation",
                   CpuPerOperation(report, *report.watched_cpu));
  }
  text += FailureRows(report);
  if (report.Failures() > 0) {
    text += Format("%-22s %9.2f %%\n", "failed in all", 100 * report.FailedShare());
  }
  return text;
}

std::string JsonText(const LoadReport& report) {
  Json json = {{"rate_per_s", report.Rate()},
               {"window_s", Seconds(report.window)},
               {"operations", report.Operations()},
               {"failed", report.Failures()},
               {"failed_share", report.FailedShare()},
               {"failures", FailuresJson(report)},
               {"missing", report.answers[static_cast<std::size_t>(AnswerKind::kMissing)]}};
  if (report.writes.count() > 0) json["puts"] = TimesJson(report.writes);
  if (report.reads.count() > 0) json["gets"] = TimesJson(report.reads);
  if (report.commit_times.has_value()) {
    json["committed_at_leader"] = TimesJson(report.commit_times->commit);
    json["durable_on_all"] = TimesJson(report.commit_times->everywhere);
  }
  if (report.watched_cpu.has_value()) {
    json["cpu_us_per_operation"] = CpuPerOperation(report, *report.watched_cpu);
  }
  json["client_cpu_us_per_operation"] = CpuPerOperation(report, report.own_cpu);
  // Texts of errors come from outside and need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace drydock::tools
