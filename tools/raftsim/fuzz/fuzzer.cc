#include "tools/raftsim/fuzz/fuzzer.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <utility>

#include "core/base/codec.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/guided.h"
#include "sim/fuzz/shrink.h"
#include "sim/scenario/write.h"
#include "tools/raftsim/files.h"
#include "tools/raftsim/fuzz/run_codec.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;

// An upper bound on a shrink that is not one of its own: that is counted in runs.
constexpr std::chrono::seconds kShrinkPatience{1800};

unsigned long long Plain(std::uint64_t number) {
  return number;
}

}  // namespace

Fuzzer::Fuzzer(const FuzzFlags& flags, sim::Profile profile, std::function<bool()> interrupted)
    : flags_(flags),
      profile_(std::move(profile)),
      seeds_(flags.seeds, flags.shard),
      interrupted_(std::move(interrupted)),
      begin_(Clock::now()),
      on_terminal_(isatty(STDERR_FILENO) == 1) {
  summary_.profile = profile_.name;
  summary_.first = flags.seeds.first;
  summary_.last = flags.seeds.last;
}

FuzzSummary Fuzzer::Run() {
  const std::uint64_t count = seeds_.count();
  std::uint64_t done = 0;
  while (done < count && !enough_ && !IsOver()) {
    const std::uint64_t batch = std::min(count - done, BatchSize());
    done += PlayBatch(done, batch);
  }
  if (!enough_ && done < count) {
    summary_.interrupted = interrupted_();
    summary_.last = done == 0 ? summary_.first : seeds_.At(done - 1);
  }
  summary_.wall_ms = Elapsed();
  if (on_terminal_) std::cerr << "\r\x1b[K" << std::flush;
  return std::move(summary_);
}

std::uint64_t Fuzzer::BatchSize() const {
  constexpr std::uint64_t kDrawn = 2000;  // where runs do not learn from each other
  return flags_.guided || flags_.max_events > 0 ? sim::kGeneration : kDrawn;
}

sim::Scenario Fuzzer::ScenarioAt(std::uint64_t place) const {
  const std::uint64_t seed = seeds_.At(place);
  return flags_.guided ? sim::Breed(profile_, corpus_, seed) : sim::Generate(profile_, seed);
}

// Gives how many of them were played: the first so many.
std::uint64_t Fuzzer::PlayBatch(std::uint64_t first, std::uint64_t count) {
  const auto results = RunPool({
      .first = first,
      .count = count,
      .jobs = flags_.jobs,
      .run =
          [this](std::uint64_t place, PoolProgress& adds) {
            const sim::FuzzRun run = sim::PlayForFuzz(ScenarioAt(place));
            adds = {1, run.events, static_cast<std::uint64_t>(run.virtual_time),
                    run.failure.has_value() ? 1u : 0u};
            return Encode(run);
          },
      .poll =
          [this](const PoolProgress& progress) {
            ShowProgress(progress);
            // Those that are under way end, so the first so many of all seeds are among these.
            return IsOver() || summary_.failures.size() + progress.failures >= flags_.stop_after;
          },
  });
  // All of a generation are bred from the corpus as it was, before any of them goes into it.
  std::vector<std::pair<sim::Scenario, sim::FuzzRun>> played;
  for (const auto& [place, result] : results) {
    const sim::FuzzRun run = Decode(result);
    const bool needed = flags_.guided || run.failure.has_value();
    played.emplace_back(needed ? ScenarioAt(place) : sim::Scenario(), run);
  }
  for (std::size_t i = 0; i < played.size(); ++i) {
    if (!enough_) Take(seeds_.At(first + i), played[i].first, played[i].second);
  }
  return results.size();
}

void Fuzzer::Take(std::uint64_t seed, const sim::Scenario& scenario, const sim::FuzzRun& run) {
  ++summary_.runs;
  summary_.events += run.events;
  summary_.virtual_ns += static_cast<std::uint64_t>(run.virtual_time);
  summary_.hash += sim::ShareOf(seed, run);
  summary_.reached.Merge(run.reached);
  if (flags_.max_events > 0 && summary_.events >= flags_.max_events) End(seed);
  if (!run.failure.has_value()) {
    if (flags_.guided) corpus_.Note(scenario, run.reached, run.events);
    return;
  }
  // What is bred from a failure would mostly fail the same.
  summary_.failures.push_back(Keep(seed, scenario, *run.failure));
  if (summary_.failures.size() >= flags_.stop_after) End(seed);
}

void Fuzzer::End(std::uint64_t seed) {
  enough_ = true;
  summary_.last = seed;
}

// --- What failed --------------------------------------------------------------------------------

FoundFailure Fuzzer::Keep(std::uint64_t seed, const sim::Scenario& scenario,
                          const sim::Failure& failure) {
  FoundFailure found{.seed = seed, .failure = failure, .drawn = {}, .shrunk = {}};
  std::error_code error;
  std::filesystem::create_directories(flags_.out, error);
  found.drawn = flags_.out + "/" + scenario.name + ".json";
  WriteFile(found.drawn, sim::WriteScenario(scenario));
  if (flags_.shrink) Shrink(scenario, found);
  return found;
}

// In a process of its own: what is shrunk may crash it.
void Fuzzer::Shrink(const sim::Scenario& scenario, FoundFailure& found) {
  const auto results = RunPool({
      .first = 0,
      .count = 1,
      .jobs = 1,
      .run =
          [&](std::uint64_t, PoolProgress&) {
            std::string bytes;
            const auto shrunk = sim::Shrink(scenario, *scenario.seed, {});
            if (!shrunk.ok()) return bytes;
            Writer writer(bytes);
            writer.U64(shrunk.value().scenario.events.size());
            writer.Blob(sim::FileOf(shrunk.value().scenario));
            return bytes;
          },
      .poll =
          [&](const PoolProgress&) {
            ShowLine("shrinking what seed " + std::to_string(found.seed) + " found");
            return false;
          },
      .patience = kShrinkPatience,
  });
  if (results.empty() || results.begin()->second.bytes.empty()) return;
  Reader reader(results.begin()->second.bytes);
  found.shrunk_events = reader.U64();
  const std::string path = flags_.out + "/" + scenario.name + ".shrunk.json";
  if (WriteFile(path, std::string(reader.Blob()))) found.shrunk = path;
}

// --- Progress -----------------------------------------------------------------------------------

bool Fuzzer::IsOver() const {
  return interrupted_() || (flags_.budget_ms > 0 && Elapsed() >= flags_.budget_ms);
}

std::uint64_t Fuzzer::Elapsed() const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_).count());
}

void Fuzzer::ShowLine(const std::string& text) {
  if (on_terminal_) std::cerr << "\r" << text << "\x1b[K" << std::flush;
}

void Fuzzer::ShowProgress(const PoolProgress& more) {
  if (!on_terminal_) return;
  const std::uint64_t runs = summary_.runs + more.runs;
  const double hours = static_cast<double>(summary_.virtual_ns + more.virtual_ns) / 3.6e12;
  char line[200];
  std::snprintf(line, sizeof line,
                "%llu of %llu seeds, %llu a second, %.1f virtual hours, %.1f M events, "
                "%zu situations, %zu failures",
                Plain(runs), Plain(seeds_.count()),
                Plain(runs * 1000 / std::max<std::uint64_t>(Elapsed(), 1)), hours,
                static_cast<double>(summary_.events + more.events) / 1e6, summary_.reached.Count(),
                summary_.failures.size());
  ShowLine(line);
}

}  // namespace drydock::tools
