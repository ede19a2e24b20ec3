#include "tools/load/generator.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <vector>

namespace drydock::tools {
namespace {

// A store in virtual time: one operation after another, each takes `service`; and the loop.
class ModelStore final : public LoadTarget, public LoadLoop {
 public:
  explicit ModelStore(Duration service) : service_(service) {}

  void Listen(AnswerSink* sink) override { sink_ = sink; }
  void Start(std::uint32_t slot, const LoadOperation& operation) override {
    keys.emplace(operation.key);
    REQUIRE(busy_.insert(slot).second);
    most_outstanding = std::max(most_outstanding, busy_.size());
    const bool refused = refuse > 0;
    if (refused) --refuse;
    TimePoint start = std::max(now_, idle_at_);
    if (start >= stall_begin && start < stall_end) start = stall_end;
    idle_at_ = start + (refused ? Duration() : service_);
    waiting_.push_back({idle_at_, slot, refused ? AnswerKind::kBusy : answer});
  }
  void Cancel() override {
    cancelled = true;
    for (Waiting& one : waiting_) one = {now_, one.slot, AnswerKind::kUnanswered};
    idle_at_ = now_;
  }
  TimePoint Now() override { return now_; }
  void Run(TimePoint latest) override {
    const TimePoint next = waiting_.empty() ? TimePoint::Max() : waiting_.front().at;
    REQUIRE(std::min(next, latest) != TimePoint::Max());
    now_ = std::max(now_, std::min(next, latest));
    while (!waiting_.empty() && waiting_.front().at <= now_) {
      const Waiting one = waiting_.front();
      waiting_.pop_front();
      busy_.erase(one.slot);
      if (sink_ != nullptr) sink_->OnAnswer(one.slot, one.kind, "as the model says");
    }
  }

  std::set<std::string> keys;
  AnswerKind answer = AnswerKind::kDone;
  std::uint64_t refuse = 0;
  TimePoint stall_begin = TimePoint::Max();
  TimePoint stall_end = TimePoint::Max();
  std::size_t most_outstanding = 0;
  bool cancelled = false;

 private:
  struct Waiting {
    TimePoint at;
    std::uint32_t slot;
    AnswerKind kind;
  };
  const Duration service_;
  AnswerSink* sink_ = nullptr;
  TimePoint now_ = TimePoint::FromNanoseconds(1'000'000'000'000);
  TimePoint idle_at_;
  std::deque<Waiting> waiting_;
  std::set<std::uint32_t> busy_;
};

LoadSettings Settings() {
  LoadSettings settings;
  settings.warm_up = Duration::Seconds(1);
  settings.length = Duration::Seconds(10);
  settings.keys = 100;
  return settings;
}

LoadReport RunOn(ModelStore& store, const LoadSettings& settings) {
  REQUIRE(CheckLoadSettings(settings).ok());
  LoadGenerator generator(settings, store, store);
  return generator.Run();
}

constexpr Duration kMilli = Duration::Milliseconds(1);

TEST_CASE("a closed loop keeps as many operations under way as there are clients") {
  ModelStore store(kMilli);
  LoadSettings settings = Settings();
  settings.clients = 8;
  const LoadReport report = RunOn(store, settings);
  CHECK(store.most_outstanding == 8);
  CHECK(report.Rate() == doctest::Approx(1000).epsilon(0.01));
  CHECK(report.writes.P50() >= 7'900'000);  // each waits for the seven before it
  CHECK(report.writes.P50() <= 8'200'000);
  CHECK(report.Failures() == 0);
  CHECK_FALSE(report.Failed());
}

TEST_CASE("a number of operations is measured exactly, without the warm-up") {
  ModelStore store(kMilli);
  LoadSettings settings = Settings();
  settings.clients = 4;
  settings.operations = 500;
  const LoadReport report = RunOn(store, settings);
  CHECK(report.Operations() == 500);
  CHECK(report.done_within == 500);
  CHECK(report.Rate() == doctest::Approx(1000).epsilon(0.02));
}

TEST_CASE("an open loop at half the capacity holds its rate") {
  for (const Arrivals arrivals : {Arrivals::kConstant, Arrivals::kPoisson}) {
    ModelStore store(kMilli);
    LoadSettings settings = Settings();
    settings.rate = 500;
    settings.arrivals = arrivals;
    const LoadReport report = RunOn(store, settings);
    CHECK(report.Rate() == doctest::Approx(500).epsilon(0.05));
    CHECK(report.Operations() == doctest::Approx(5000).epsilon(0.05));
    CHECK_FALSE(report.Failed());
  }
}

TEST_CASE("constant arrivals at a free store take the time of service, Poisson ones queue") {
  ModelStore constant(kMilli);
  ModelStore poisson(kMilli);
  LoadSettings settings = Settings();
  settings.rate = 500;
  settings.arrivals = Arrivals::kConstant;
  CHECK(RunOn(constant, settings).writes.max() <= 1'000'000);
  settings.arrivals = Arrivals::kPoisson;
  // M/D/1 at half load: half a service time of waiting on average.
  CHECK(RunOn(poisson, settings).writes.Mean() == doctest::Approx(1'500'000).epsilon(0.1));
}

TEST_CASE("a stall of the store shows in the open loop, though few operations were under way") {
  ModelStore store(Duration::Microseconds(10));
  LoadSettings settings = Settings();
  settings.rate = 1000;
  settings.arrivals = Arrivals::kConstant;
  settings.max_outstanding = 4;  // all others cannot even be sent
  store.stall_begin = store.Now() + Duration::Seconds(3);
  store.stall_end = store.stall_begin + Duration::Seconds(2);
  const LoadReport report = RunOn(store, settings);
  CHECK(store.most_outstanding == 4);
  CHECK(report.Operations() == 10000);
  // 2000 of 10000 operations were due in the stall; they waited 1 s on average.
  CHECK(report.writes.P50() < 1'000'000);
  CHECK(report.writes.P90() == doctest::Approx(1'000'000'000).epsilon(0.02));
  CHECK(report.writes.P99() == doctest::Approx(1'900'000'000).epsilon(0.02));
  CHECK(report.writes.max() == doctest::Approx(2'000'000'000).epsilon(0.02));
}

TEST_CASE("an open loop beyond the capacity fails, and tells how much was never started") {
  ModelStore store(kMilli);
  LoadSettings settings = Settings();
  settings.rate = 4000;
  settings.max_outstanding = 16;
  settings.patience = Duration::Seconds(1);
  const LoadReport report = RunOn(store, settings);
  CHECK(report.Rate() == doctest::Approx(1000).epsilon(0.02));
  CHECK(report.answers[static_cast<std::size_t>(AnswerKind::kNeverStarted)] > 20000);
  CHECK(report.Operations() == doctest::Approx(40000).epsilon(0.05));
  CHECK(report.Failed());
}

TEST_CASE("what is never answered is given up in the end and counted") {
  ModelStore store(kMilli);
  LoadSettings settings = Settings();
  settings.clients = 3;
  store.stall_begin = store.Now() + Duration::Seconds(5);
  store.stall_end = store.stall_begin + Duration::Seconds(1000);
  const LoadReport report = RunOn(store, settings);
  CHECK(store.cancelled);
  CHECK(report.answers[static_cast<std::size_t>(AnswerKind::kUnanswered)] == 3);
}

TEST_CASE("failures are counted by kind and do not enter the times") {
  ModelStore store(kMilli);
  store.answer = AnswerKind::kTooLarge;
  const LoadReport report = RunOn(store, Settings());
  CHECK(report.writes.count() == 0);
  CHECK(report.Failed());
  CHECK(report.answers[static_cast<std::size_t>(AnswerKind::kTooLarge)] == report.Operations());
  CHECK(report.texts.at(AnswerKind::kTooLarge) == "as the model says");
  CHECK(report.Rate() == 0);
}

TEST_CASE("a client that is refused comes back after a pause, not in a busy circle") {
  ModelStore store(kMilli);
  store.refuse = 1'000'000'000;
  LoadSettings settings = Settings();
  settings.length = Duration::Seconds(1);
  const LoadReport report = RunOn(store, settings);
  CHECK(report.Operations() <= 201);
  CHECK(report.Operations() >= 199);
}

TEST_CASE("reads and writes are told apart, by the share asked for") {
  ModelStore store(Duration::Microseconds(100));
  LoadSettings settings = Settings();
  settings.read_percent = 30;
  const LoadReport report = RunOn(store, settings);
  const auto reads = static_cast<double>(report.reads.count());
  CHECK(reads / static_cast<double>(report.Operations()) == doctest::Approx(0.3).epsilon(0.05));
  CHECK(report.writes.count() + report.reads.count() == report.Operations());
}

TEST_CASE("filling puts every key, again if it was refused") {
  ModelStore store(kMilli);
  store.refuse = 20;
  LoadGenerator generator(Settings(), store, store);
  CHECK(generator.FillKeys().ok());
  CHECK(store.keys.size() == 100);
}

TEST_CASE("filling a store that refuses everything ends with an error") {
  ModelStore store(kMilli);
  store.refuse = 1'000'000'000;
  LoadGenerator generator(Settings(), store, store);
  const Status status = generator.FillKeys();
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().text == "the keys to be read could not be put: busy: as the model says");
}

TEST_CASE("the hooks are called once each, around the measured time") {
  ModelStore store(kMilli);
  LoadGenerator generator(Settings(), store, store);
  std::vector<TimePoint> calls;
  const TimePoint start = store.Now();
  const auto note = [&] { calls.push_back(store.Now()); };
  generator.Run({.begin = note, .end = note});
  REQUIRE(calls.size() == 2);
  CHECK(calls[0] - start == Duration::Seconds(1));
  CHECK(calls[1] - start == Duration::Seconds(11));
}

}  // namespace
}  // namespace drydock::tools
