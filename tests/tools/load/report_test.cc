#include "tools/load/report.h"

#include <doctest/doctest.h>

#include <string>

namespace drydock::tools {
namespace {

std::uint64_t& Count(LoadReport& report, AnswerKind kind) {
  return report.answers[static_cast<std::size_t>(kind)];
}

LoadReport Example() {
  LoadReport report;
  Count(report, AnswerKind::kDone) = 995;
  Count(report, AnswerKind::kBusy) = 5;
  report.writes.RecordMany(520'000, 995);
  report.done_within = 995;
  report.window = Duration::Seconds(2);
  report.texts[AnswerKind::kBusy] = "try later \xff";
  return report;
}

TEST_CASE("a report fails beyond one per cent of failures, and when nothing was done") {
  LoadReport report = Example();
  CHECK(report.Rate() == doctest::Approx(497.5));
  CHECK_FALSE(report.Failed());
  Count(report, AnswerKind::kUnanswered) = 10;
  CHECK(report.Failed());
  CHECK(LoadReport().Failed());
}

TEST_CASE("a missing key is an answer, not a failure") {
  LoadReport report;
  Count(report, AnswerKind::kMissing) = 10;
  CHECK_FALSE(report.Failed());
  CHECK(PlainText(report).find("gets of missing keys") != std::string::npos);
}

TEST_CASE("the plain text has rate, percentiles and each kind of failure") {
  const std::string text = PlainText(Example());
  CHECK(text.find("498/s over 2.00 s") != std::string::npos);
  CHECK(text.find("p50 520 us  p90 520 us  p99 520 us  p99.9 520 us  max 520 us") !=
        std::string::npos);
  CHECK(text.find("failed: busy") != std::string::npos);
  CHECK(text.find("try later") != std::string::npos);
  CHECK(text.find("0.50 %") != std::string::npos);
}

TEST_CASE("JSON is one line, whatever bytes an error's text holds") {
  LoadReport report = Example();
  report.commit_times.emplace();
  report.commit_times->commit.Record(300'000);
  report.watched_cpu = Duration::Milliseconds(995);
  const std::string text = JsonText(report);
  CHECK(text.find('\n') == text.size() - 1);
  CHECK(text.find(R"("rate_per_s":497.5)") != std::string::npos);
  CHECK(text.find(R"("failures":{"busy":{"count":5,"first":"try later )") != std::string::npos);
  CHECK(text.find(R"("committed_at_leader":{"count":1,"p50_us":300.0)") != std::string::npos);
  CHECK(text.find(R"("cpu_us_per_operation":1000.0)") != std::string::npos);
}

TEST_CASE("the difference of two reports is what came between; of a restarted node there is none") {
  CommitTimes earlier;
  earlier.commit.RecordMany(100'000, 5);
  CommitTimes later = earlier;
  later.commit.RecordMany(300'000, 7);
  const auto between = Difference(later, earlier);
  REQUIRE(between.has_value());
  CHECK(between->commit.count() == 7);
  CHECK(between->commit.P50() >= 300'000);
  later.incarnation = 2;
  CHECK_FALSE(Difference(later, earlier).has_value());
}

}  // namespace
}  // namespace drydock::tools
