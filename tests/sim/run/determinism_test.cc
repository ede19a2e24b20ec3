// The same scenario and seed are the same run, whoever watches and wherever it runs; and one
// decision can be edited while all others stay.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "sim/network/network.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "tests/sim/scenario/scenarios.h"

namespace drydock::sim {
namespace {

const char* const kShipped[] = {
    "scenarios/paper/2-leader-crash.json",
    "scenarios/faults/figure-8.json",
    "scenarios/faults/disk-torn-writes.json",
    "scenarios/faults/network-everything-at-once.json",
};

Scenario Parsed(const std::string& text, const std::string& name = "test") {
  Result<Scenario> scenario = ParseScenario(text, name);
  REQUIRE_MESSAGE(scenario.ok(), (scenario.ok() ? "" : scenario.error().text));
  return std::move(scenario.value());
}

Scenario Shipped(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  std::ostringstream text;
  text << file.rdbuf();
  return Parsed(text.str(), path);
}

RunResult Play(const Scenario& scenario, std::uint64_t seed, Observer* observer = nullptr) {
  RunOptions options{.seed = seed, .observers = {}, .search_up_to = 0};
  if (observer != nullptr) options.observers.push_back(observer);
  return Run(scenario, options);
}

// The election timeouts that each node drew, and what became of messages.
class Draws final : public Observer {
 public:
  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override {
    const auto* armed = std::get_if<drydock::trace::TimerArmed>(&event);
    if (armed == nullptr || armed->timer != TimerId::kElection) return;
    std::vector<std::int64_t>& drawn = timeouts[meta.node->value()];
    const std::int64_t timeout = armed->deadline.nanoseconds() - meta.time;
    if (drawn.empty() || drawn.back() != timeout) drawn.push_back(timeout);  // not just rearmed
  }
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    const auto* sent = std::get_if<trace::Sent>(&event);
    const auto* delivered = std::get_if<trace::Delivered>(&event);
    if (sent != nullptr && !first_sent.has_value()) {
      first_sent = meta.time;
      first_link = LinkOf(*sent->message);
    }
    const bool arrives = delivered != nullptr && LinkOf(*delivered->message) == first_link;
    if (arrives && !first_delivered.has_value()) first_delivered = meta.time;
  }

  std::map<std::uint32_t, std::vector<std::int64_t>> timeouts;
  // The first message of all, and the first to arrive on its link.
  std::string first_link;
  std::optional<std::int64_t> first_sent, first_delivered;

 private:
  static std::string LinkOf(const Message& message) {
    return "n" + std::to_string(message.from.value()) + ">n" + std::to_string(message.to.value());
  }
};

// One list begins with the other: the same decisions, though one run asked for more of them.
bool SameAsFarAsTheyGo(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  const std::size_t both = std::min(a.size(), b.size());
  return both > 0 &&
         std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(both), b.begin());
}

TEST_CASE("determinism: the same scenario and seed give the same run") {
  for (const char* path : kShipped) {
    CAPTURE(path);
    const Scenario scenario = Shipped(path);
    const RunResult once = Play(scenario, 7);
    const RunResult again = Play(scenario, 7);
    CHECK(once.hash == again.hash);
    CHECK(once.events == again.events);
    CHECK(once.trace_events == again.trace_events);
    CHECK(once.checks == again.checks);
    CHECK(once.history.operations == again.history.operations);
  }
}

TEST_CASE("determinism: another seed gives another run") {
  for (const char* path : kShipped) {
    CAPTURE(path);
    const Scenario scenario = Shipped(path);
    CHECK(Play(scenario, 1).hash != Play(scenario, 2).hash);
  }
}

TEST_CASE("determinism: runs side by side do not touch each other") {
  std::vector<Scenario> scenarios;
  for (const char* path : kShipped) scenarios.push_back(Shipped(path));
  std::vector<std::uint64_t> alone;
  for (const Scenario& scenario : scenarios) alone.push_back(Play(scenario, 3).hash);
  std::vector<std::uint64_t> forward(scenarios.size()), backward(scenarios.size());
  std::thread one([&] {
    for (std::size_t i = 0; i < scenarios.size(); ++i) forward[i] = Play(scenarios[i], 3).hash;
  });
  std::thread other([&] {
    for (std::size_t i = scenarios.size(); i-- > 0;) backward[i] = Play(scenarios[i], 3).hash;
  });
  one.join();
  other.join();
  CHECK(forward == alone);
  CHECK(backward == alone);
}

TEST_CASE("determinism: being watched changes nothing") {
  for (const char* path : kShipped) {
    CAPTURE(path);
    const Scenario scenario = Shipped(path);
    Draws observer;
    CHECK(Play(scenario, 5, &observer).hash == Play(scenario, 5).hash);
    CHECK_FALSE(observer.timeouts.empty());
  }
}

TEST_CASE("determinism: judging the history by search changes nothing") {
  const Scenario scenario = Shipped(kShipped[0]);
  const RunResult searched = Run(scenario, {.seed = 5, .observers = {}});
  CHECK(searched.history.searched.has_value());
  CHECK(searched.hash == Play(scenario, 5).hash);
}

TEST_CASE("determinism: what a scenario says of itself is no part of the run") {
  const RunResult plain = Play(Parsed(testing::Small("")), 1);
  CHECK(Play(Parsed(testing::Small(R"(, "description": "words", "tags": ["a"])")), 1).hash ==
        plain.hash);
}

// --- Pins ---------------------------------------------------------------------------------------

constexpr const char* kLatency =
    R"(, "network": {"latency": {"model": "uniform", "min": "1ms", "max": "9ms"}})";

std::string Pin(const std::string& stream, const std::string& decision, const std::string& value) {
  return R"(, "pins": [{"stream": ")" + stream + R"(", "decision": ")" + decision +
         R"(", "ordinal": 0, "value": )" + value + "}]";
}

TEST_CASE("pins: a pinned latency leaves the draws of all other streams alone") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Draws free, pinned;
    const RunResult before = Play(Parsed(testing::Small(kLatency)), seed, &free);
    const std::string pin = Pin(free.first_link, "latency", "\"40ms\"");
    const RunResult after = Play(Parsed(testing::Small(kLatency + pin)), seed, &pinned);
    CHECK(before.Passed());
    CHECK(after.Passed());
    CHECK(before.hash != after.hash);
    CHECK(pinned.first_link == free.first_link);
    REQUIRE(free.first_delivered.has_value());
    REQUIRE(pinned.first_delivered.has_value());
    CHECK(*pinned.first_delivered - *pinned.first_sent == 40'000'000);
    CHECK(*free.first_delivered - *free.first_sent <= 9'000'000);
    for (std::uint32_t n = 0; n < 3; ++n) {
      CHECK(SameAsFarAsTheyGo(free.timeouts[n], pinned.timeouts[n]));
    }
  }
}

TEST_CASE("pins: a pinned election timeout decides who asks first, and no other timeout") {
  const std::string settings = R"(, "config": {"election_timeout": ["150ms", "300ms"]})";
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    Draws free, pinned;
    Play(Parsed(testing::Small(settings)), seed, &free);
    const std::string pin = Pin("n2", "election_timeout", "\"150ms\"");
    const std::string first =
        R"(, "expect": [{"that": "role", "node": "n2", "is": ["leader"], "by": "400ms"}])";
    CHECK(Play(Parsed(testing::Small(settings + pin + first)), seed, &pinned).Passed());
    CHECK(pinned.timeouts[2][0] == 150'000'000);
    CHECK(free.timeouts[2][0] != 150'000'000);
    CHECK(SameAsFarAsTheyGo(free.timeouts[0], pinned.timeouts[0]));
    CHECK(SameAsFarAsTheyGo(free.timeouts[1], pinned.timeouts[1]));
  }
}

TEST_CASE("pins: a decision pinned to what it was anyway changes nothing") {
  const std::string settings = R"(, "config": {"election_timeout": ["150ms", "300ms"]})";
  Draws draws;
  const RunResult free = Play(Parsed(testing::Small(settings)), 1, &draws);
  const std::string value = "\"" + std::to_string(draws.timeouts[1][0]) + "ns\"";
  const std::string pin = Pin("n1", "election_timeout", value);
  CHECK(Play(Parsed(testing::Small(settings + pin)), 1).hash == free.hash);
}

// --- Faults -------------------------------------------------------------------------------------

bool Same(const Fate& a, const Fate& b) {
  return a.dropped == b.dropped && a.arrival == b.arrival && a.second_arrival == b.second_arrival;
}

TEST_CASE("faults: taking one away leaves the draws of other links and of later messages alone") {
  const Pins none;
  NetworkSettings settings;
  settings.latency = UniformLatency{Duration::Milliseconds(1), Duration::Milliseconds(9)};
  settings.loss = kCertain / 4;
  settings.duplicate = kCertain / 4;
  settings.reorder = kCertain / 4;
  Network with(3, 1, none), without(3, 1, none);
  with.Apply(settings, {});
  without.Apply(settings, {});
  const NetworkChangeId cut = with.AddCut({.groups = {1, 2}, .one_way = true});  // n0 to n1
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (std::int64_t round = 0; round < 200; ++round) {
    if (round == 100) with.RemoveCut(cut);
    for (std::uint32_t from = 0; from < 3; ++from) {
      for (std::uint32_t to = 0; to < 3; ++to) {
        if (from == to) continue;
        const std::int64_t now = round * kSecond;
        const auto send = [&](Network& network) {
          return network.Send(now, NodeId(from), NodeId(to), MessageType::kHeartbeat);
        };
        const Fate cut_off = send(with);
        const Fate free = send(without);
        const bool hit = from == 0 && to == 1 && round < 100;
        if (hit) {
          CHECK(cut_off.dropped == DropReason::kPartition);
        } else {
          CHECK(Same(cut_off, free));
        }
      }
    }
  }
}

TEST_CASE("faults: taking one away leaves the election timeouts alone") {
  const std::string crash =
      R"(, "events": [{"at": "3s", "do": "crash", "node": "leader", "for": "1s"}])";
  Draws with, without;
  Play(Parsed(testing::Small(crash)), 1, &with);
  Play(Parsed(testing::Small("")), 1, &without);
  for (std::uint32_t n = 0; n < 3; ++n) {
    CHECK(SameAsFarAsTheyGo(with.timeouts[n], without.timeouts[n]));
  }
}

}  // namespace
}  // namespace drydock::sim
