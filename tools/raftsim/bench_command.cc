// raftsim bench: how fast the simulator is on this machine, every invariant on.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "core/base/check.h"
#include "sim/run/run.h"
#include "sim/scenario/parse.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/snapshot_bench.h"

namespace drydock::tools {
namespace {

// Five nodes, no clients: heartbeats only.
constexpr const char* kIdle = R"({
  "version": 1, "name": "bench-idle", "nodes": 5, "until": "6000s", "seed": 1
})";

// The same length as the bound of the idle profile: ten minutes.
constexpr const char* kTenMinutes = R"({
  "version": 1, "name": "bench-ten-minutes", "nodes": 5, "until": "600s", "seed": 1
})";

constexpr const char* kNetwork = R"("network": {
  "latency": { "model": "lognormal", "median": "100us", "p99": "1ms" },
  "loss": 0.001, "duplicate": 0.001, "reorder": 0.01 },)";

// Another kind of fault every two virtual seconds, from `begin` to `end` (in seconds).
std::string Faults(int begin, int end) {
  const char* kinds[] = {
      R"("do": "crash", "node": "leader", "for": "1s")",
      R"("do": "partition", "groups": ["minority", "majority"], "for": "1s")",
      R"("do": "suspend", "node": "follower", "for": "1s")",
      R"("do": "crash", "node": "follower", "for": "500ms")",
      R"("do": "disk", "node": "follower", "stall": "5ms", "for": "1s")",
      R"("do": "pause", "node": "leader", "for": "400ms")",
      R"("do": "set_clock", "node": "follower", "rate": 1.1, "for": "1s")",
      R"("do": "partition", "groups": ["leader", "followers"], "for": "1s")",
  };
  std::string events;
  for (int at = begin, i = 0; at < end; at += 2, ++i) {
    events += std::string(i == 0 ? "" : ",") + R"({"at": ")" + std::to_string(at) + R"(s", )" +
              kinds[i % 8] + "}";
  }
  return R"("events": [)" + events + "]";
}

// A thousand client calls a virtual second, with faults all the time. Run with several seeds: a
// restart replays the whole log, so one long run would measure that.
constexpr std::uint64_t kLoadedRuns = 10;
std::string Loaded() {
  return std::string(R"({ "version": 1, "name": "bench-loaded", "nodes": 5, "until": "20s", )") +
         kNetwork + R"("workload": { "clients": 10, "start": "1s", "rate": 100, "keys": 1000,
           "value_bytes": [16, 64], "mix": { "put": 1, "get": 1 } },)" +
         Faults(2, 19) + "}";
}

// Clients that call again as soon as they are answered: full batches in every message.
std::string Saturated() {
  return std::string(R"({ "version": 1, "name": "bench-saturated", "nodes": 5, "until": "20s", )") +
         kNetwork + R"("workload": { "clients": 32, "start": "1s", "keys": 1000,
           "value_bytes": [16, 256], "mix": { "put": 5, "get": 4, "delete": 1, "cas": 2 } },)" +
         Faults(2, 19) + "}";
}

// A thousand client calls a virtual second for ten minutes: what a long run needs of memory.
constexpr const char* kLong = R"({
  "version": 1, "name": "bench-long", "nodes": 5, "until": "600s", "seed": 1,
  "workload": { "clients": 10, "start": "1s", "rate": 100, "keys": 1000, "value_bytes": [16, 64],
                "mix": { "put": 1, "get": 1 } }
})";

struct Measured {
  std::uint64_t events = 0;
  double virtual_s = 0;
  double wall_s = 0;
  std::uint64_t calls = 0;
  double EventsPerSecond() const { return static_cast<double>(events) / wall_s; }
  double EventsPerVirtualSecond() const { return static_cast<double>(events) / virtual_s; }
  // What compares with a program that has more or fewer events for the same calls.
  double VirtualSecondsPerSecond() const { return virtual_s / wall_s; }
};

// The given number of runs, with the seeds 1, 2, ...
Measured Measure(const std::string& text, std::uint64_t runs = 1) {
  const Result<sim::Scenario> scenario = sim::ParseScenario(text, "bench");
  DRYDOCK_CHECK(scenario.ok(), scenario.error().text);
  Measured measured;
  for (std::uint64_t seed = 1; seed <= runs; ++seed) {
    const auto begin = std::chrono::steady_clock::now();
    const sim::RunResult result =
        sim::Run(scenario.value(), {.seed = seed, .observers = {}, .search_up_to = 0});
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
    DRYDOCK_CHECK(result.Passed(), result.violation ? result.violation->detail : "expectations");
    measured.events += result.events;
    measured.virtual_s += static_cast<double>(result.virtual_time) / 1e9;
    measured.wall_s += wall.count();
    measured.calls += result.history.done;
  }
  return measured;
}

// Of 16 bytes, with values of 100.
constexpr std::uint64_t kSnapshotKeys = 1'000'000;

void Print(const SnapshotFigures& f) {
  const auto count = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
  std::printf(
      "longest step: %.1f ms while %llu keys are written, %.1f ms while a snapshot of them"
      " (%llu MB) is taken,\n  %.1f ms while a follower installs it over an older state\n",
      f.load_ms, count(f.keys), f.take_ms, count(f.snapshot_bytes / 1'000'000), f.install_ms);
  std::printf(
      "a follower %llu entries behind catches up with %llu appends of at most %llu bytes,"
      " no step longer than %.1f ms\n",
      count(f.behind), count(f.behind_appends), count(f.largest_append), f.behind_ms);
}

double PeakRssMegabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void Print(const char* name, const Measured& m) {
  std::printf(
      "%-22s %8.2f M events/s   %9.0f events per virtual s   %7.2f s of wall time, %8.1f virtual "
      "s/s\n",
      name, m.EventsPerSecond() / 1e6, m.EventsPerVirtualSecond(), m.wall_s,
      m.VirtualSecondsPerSecond());
}

}  // namespace

int Bench(bool json) {
  const Measured idle = Measure(kIdle);
  const Measured ten_minutes = Measure(kTenMinutes);
  const Measured loaded = Measure(Loaded(), kLoadedRuns);
  const Measured whole = Measure(kLong);
  const double rss = PeakRssMegabytes();  // of all but the last, which holds far more history
  const Measured saturated = Measure(Saturated());
  const SnapshotFigures snapshots = MeasureSnapshots(kSnapshotKeys);
  if (json) {
    std::printf(
        "{\"idle_events_per_s\": %.0f, \"idle_events_per_virtual_s\": %.1f,\n"
        " \"loaded_events_per_s\": %.0f, \"loaded_events_per_virtual_s\": %.1f,\n"
        " \"loaded_virtual_s_per_s\": %.1f,\n"
        " \"idle_600s_wall_s\": %.3f, \"long_events_per_s\": %.0f, \"long_calls\": %llu,\n"
        " \"long_virtual_s_per_s\": %.1f,\n"
        " \"snapshot_take_ms\": %.2f, \"snapshot_install_ms\": %.2f,\n"
        " \"peak_rss_mb\": %.1f}\n",
        idle.EventsPerSecond(), idle.EventsPerVirtualSecond(), loaded.EventsPerSecond(),
        loaded.EventsPerVirtualSecond(), loaded.VirtualSecondsPerSecond(), ten_minutes.wall_s,
        whole.EventsPerSecond(), static_cast<unsigned long long>(whole.calls),
        whole.VirtualSecondsPerSecond(), snapshots.take_ms, snapshots.install_ms, rss);
    return kHeld;
  }
  Print("idle, 6000 s", idle);
  Print("idle, 600 s", ten_minutes);
  Print("1000 calls/s, faults", loaded);
  Print("saturated, faults", saturated);
  Print("1000 calls/s, 600 s", whole);
  std::printf("%-22s %8.0f MiB, %llu calls done in the long run\n", "peak memory", rss,
              static_cast<unsigned long long>(whole.calls));
  Print(snapshots);
  std::printf("An event is one item of the queue; five nodes, every invariant checked.\n");
  return kHeld;
}

}  // namespace drydock::tools
