#include "net/http/health.h"

#include <doctest/doctest.h>

#include "net/http/node_pages.h"

namespace drydock::net {
namespace {

using Phase = HealthView::Phase;
using std::chrono::milliseconds;
using std::chrono::seconds;

HealthView Well() {
  return {.phase = Phase::kRunning, .founded = true, .has_leader = true};
}

bool Tells(const std::optional<std::string>& reason, const std::string& part) {
  return reason.has_value() && reason->find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("health: a node that runs, is founded and knows its leader is alive and ready") {
  CHECK_FALSE(ReasonNotAlive(Well()).has_value());
  CHECK_FALSE(ReasonNotReady(Well()).has_value());
}

TEST_CASE("health: a node that starts, stops, is suspended, alone or not founded lives, unready") {
  HealthView view = Well();
  SUBCASE("starts") {
    view.phase = Phase::kStarting;
    view.since_beat = seconds(100000);
    CHECK(Tells(ReasonNotReady(view), "reads its log"));
  }
  SUBCASE("stops") {
    view.phase = Phase::kStopping;
    view.since_beat = seconds(60);
    CHECK(Tells(ReasonNotReady(view), "stopping"));
  }
  SUBCASE("suspended") {
    view.suspended = true;
    CHECK(Tells(ReasonNotReady(view), "suspended"));
  }
  SUBCASE("no leader") {
    view.has_leader = false;
    CHECK(Tells(ReasonNotReady(view), "no leader is known"));
  }
  SUBCASE("not founded") {
    view.founded = false;
    CHECK(Tells(ReasonNotReady(view), "not founded yet"));
  }
  CHECK_FALSE(ReasonNotAlive(view).has_value());
}

TEST_CASE("health: a halted node and a loop that stands still are neither alive nor ready") {
  HealthView view = Well();
  SUBCASE("halted") {
    view.halt_reason = "wal/7: no space left";
    CHECK(Tells(ReasonNotAlive(view), "stopped itself: wal/7: no space left"));
  }
  SUBCASE("stuck") {
    view.since_beat = milliseconds(7400);
    CHECK(Tells(ReasonNotAlive(view), "has not run for 7 s"));
  }
  CHECK(ReasonNotAlive(view) == ReasonNotReady(view));
}

TEST_CASE("health: a loop may be silent for as long as said, not longer") {
  HealthView view = Well();
  view.since_beat = kLongestSilenceOfLoop;
  CHECK_FALSE(ReasonNotAlive(view).has_value());
  view.since_beat += std::chrono::nanoseconds(1);
  CHECK(ReasonNotAlive(view).has_value());
}

TEST_CASE("health: the view follows what the loop tells") {
  Health health;
  const auto start = Health::Clock::now();
  CHECK(health.View(start).phase == Phase::kStarting);
  health.Run(start);
  CHECK(health.View(start + seconds(3)).since_beat == seconds(3));
  health.Beat(start + seconds(4));
  CHECK(health.View(start + seconds(3)).since_beat == seconds(0));
  health.Show(true, false, true);
  HealthView view = health.View(start);
  CHECK(view.phase == Phase::kRunning);
  CHECK(view.founded);
  CHECK_FALSE(view.has_leader);
  CHECK(view.suspended);
  CHECK_FALSE(view.halt_reason.has_value());
  health.Halt("why");
  health.Stop();
  view = health.View(start);
  CHECK(view.phase == Phase::kStopping);
  CHECK(view.halt_reason == "why");
}

TEST_CASE("pages: each answers with its status, and the first page lists the others") {
  Health health;
  HttpHandlers pages = NodePages(
      health, [] { return std::string("a 1\n"); }, "raftd n0");
  CHECK(pages.at("/healthz")().status == 200);
  CHECK(pages.at("/readyz")().status == 503);
  CHECK(pages.at("/readyz")().body == "starting: the node reads its log\n");
  health.Run(Health::Clock::now());
  health.Show(true, true, false);
  CHECK(pages.at("/readyz")().status == 200);
  CHECK(pages.at("/readyz")().body == "ok\n");
  health.Halt("disk");
  CHECK(pages.at("/healthz")().status == 503);
  CHECK(pages.at("/metrics")().body == "a 1\n");
  CHECK(pages.at("/metrics")().type.find("version=0.0.4") != std::string::npos);
  const std::string list = pages.at("/")().body;
  CHECK(list.starts_with("raftd n0\n"));
  for (const auto& [path, handler] : pages) CHECK(list.find(path) != std::string::npos);
}

}  // namespace drydock::net
