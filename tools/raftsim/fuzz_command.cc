// raftsim fuzz, raftsim merge.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "core/base/codec.h"
#include "sim/fuzz/fuzz_run.h"
#include "sim/fuzz/generate.h"
#include "sim/fuzz/profile.h"
#include "sim/scenario/write.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"
#include "tools/raftsim/fuzz/seeds.h"
#include "tools/raftsim/fuzz/summary.h"
#include "tools/raftsim/fuzz/worker_pool.h"

namespace drydock::tools {
namespace {

using Clock = std::chrono::steady_clock;

volatile sig_atomic_t interrupted = 0;
void NoteInterrupt(int) {
  interrupted = 1;
}

// A run on its way from a child process to its parent.
std::string Encode(const sim::FuzzRun& run) {
  std::string bytes;
  Writer writer(bytes);
  writer.U64(run.hash);
  writer.U64(run.events);
  writer.U64(static_cast<std::uint64_t>(run.virtual_time));
  writer.U8(run.failure.has_value() ? 1 : 0);
  if (!run.failure.has_value()) return bytes;
  writer.Blob(run.failure->property);
  writer.Blob(run.failure->detail);
  writer.U64(static_cast<std::uint64_t>(run.failure->time));
  return bytes;
}

sim::FuzzRun Decode(const PoolResult& result) {
  sim::FuzzRun run;
  if (!result.died.empty()) {
    run.failure = sim::Failure{"the process lives", result.died, 0};
    return run;
  }
  Reader reader(result.bytes);
  run.hash = reader.U64();
  run.events = reader.U64();
  run.virtual_time = static_cast<std::int64_t>(reader.U64());
  if (reader.U8() == 0) return run;
  sim::Failure failure;
  failure.property = reader.Blob();
  failure.detail = reader.Blob();
  failure.time = static_cast<std::int64_t>(reader.U64());
  run.failure = std::move(failure);
  return run;
}

class Fuzzer {
 public:
  Fuzzer(const FuzzFlags& flags, sim::Profile profile, Seeds seeds)
      : flags_(flags), profile_(std::move(profile)), seeds_(seeds), begin_(Clock::now()) {
    summary_.profile = profile_.name;
    summary_.first = flags.seeds.first;
    summary_.last = flags.seeds.last;
  }

  FuzzSummary Run() {
    const std::uint64_t count = seeds_.count();
    std::uint64_t done = 0;
    while (done < count && !enough_) {
      const std::uint64_t batch = std::min<std::uint64_t>(count - done, kBatch);
      const auto results = RunPool(JobOf(done, batch));
      for (const auto& [place, result] : results) Take(seeds_.At(place), Decode(result));
      done += results.size();
      if (results.size() < batch) break;
    }
    if (!enough_ && done < count) {
      summary_.interrupted = interrupted != 0;
      summary_.last = done == 0 ? summary_.first : seeds_.At(done - 1);
    }
    summary_.wall_ms = Elapsed();
    ClearLine();
    return std::move(summary_);
  }

 private:
  // So many runs share one generation of child processes.
  static constexpr std::uint64_t kBatch = 2000;

  PoolJob JobOf(std::uint64_t first, std::uint64_t count) {
    return {
        .first = first,
        .count = count,
        .jobs = flags_.jobs,
        .run =
            [this](std::uint64_t place, PoolProgress& adds) {
              const sim::FuzzRun run = sim::PlayForFuzz(sim::Generate(profile_, seeds_.At(place)));
              adds = {1, run.events, static_cast<std::uint64_t>(run.virtual_time)};
              return Encode(run);
            },
        .poll =
            [this](const PoolProgress& progress) {
              ShowLine(progress);
              return interrupted != 0 || (flags_.budget_ms > 0 && Elapsed() >= flags_.budget_ms);
            }};
  }

  void Take(std::uint64_t seed, const sim::FuzzRun& run) {
    if (enough_) return;
    ++summary_.runs;
    summary_.events += run.events;
    summary_.virtual_ns += static_cast<std::uint64_t>(run.virtual_time);
    summary_.hash += sim::ShareOf(seed, run);
    if (!run.failure.has_value()) return;
    summary_.failures.push_back(Keep(seed, *run.failure));
    enough_ = summary_.failures.size() >= flags_.stop_after;
    if (enough_) summary_.last = seed;
  }

  FoundFailure Keep(std::uint64_t seed, const sim::Failure& failure) {
    FoundFailure found{.seed = seed, .failure = failure, .drawn = {}, .shrunk = {}};
    const sim::Scenario scenario = sim::Generate(profile_, seed);
    found.drawn = flags_.out + "/" + scenario.name + ".json";
    std::filesystem::create_directories(flags_.out);
    WriteFile(found.drawn, sim::WriteScenario(scenario));
    return found;
  }

  std::uint64_t Elapsed() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_).count());
  }

  void ShowLine(const PoolProgress& more) {
    if (!flags_.progress || isatty(STDERR_FILENO) == 0) return;
    const std::uint64_t runs = summary_.runs + more.runs;
    const double hours = static_cast<double>(summary_.virtual_ns + more.virtual_ns) / 3.6e12;
    char line[200];
    std::snprintf(
        line, sizeof line,
        "\r%llu of %llu seeds, %llu a second, %.1f virtual hours, %.1f M events, %zu failures ",
        static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seeds_.count()),
        static_cast<unsigned long long>(runs * 1000 / std::max<std::uint64_t>(Elapsed(), 1)), hours,
        static_cast<double>(summary_.events + more.events) / 1e6, summary_.failures.size());
    std::cerr << line << std::flush;
    line_shown_ = true;
  }
  void ClearLine() {
    if (line_shown_) std::cerr << "\r\x1b[K" << std::flush;
  }

  const FuzzFlags& flags_;
  const sim::Profile profile_;
  const Seeds seeds_;
  const Clock::time_point begin_;
  FuzzSummary summary_;
  bool enough_ = false;  // as many failures as were asked for
  bool line_shown_ = false;
};

int Tell(const FuzzSummary& summary, const std::string& json) {
  if (json == "-") {
    std::cout << JsonOf(summary);
  } else {
    std::cout << TextOf(summary);
    if (!json.empty() && !WriteFile(json, JsonOf(summary))) return kBadInput;
  }
  return summary.failures.empty() ? kHeld : kBroken;
}

}  // namespace

int Fuzz(const FuzzFlags& flags) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 20;
  const Result<std::string> text = ReadFile(flags.profile, kLimit);
  if (!text.ok()) {
    PrintError(text.error().text);
    return kBadInput;
  }
  Result<sim::Profile> profile = sim::ParseProfile(text.value(), flags.profile);
  if (!profile.ok()) {
    PrintError(profile.error().text);
    return kBadInput;
  }
  struct sigaction action {};
  action.sa_handler = NoteInterrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return Tell(Fuzzer(flags, std::move(profile.value()), Seeds(flags.seeds, flags.shard)).Run(),
              flags.json);
}

int MergeSummaries(const std::vector<std::string>& files, const std::string& json) {
  constexpr std::uint64_t kLimit = std::uint64_t{64} << 20;
  std::vector<FuzzSummary> shards;
  for (const std::string& file : files) {
    const Result<std::string> text = ReadFile(file, kLimit);
    Result<FuzzSummary> shard = text.ok() ? ReadSummary(text.value(), file) : text.error();
    if (!shard.ok()) {
      PrintError(shard.error().text);
      return kBadInput;
    }
    shards.push_back(std::move(shard.value()));
  }
  const Result<FuzzSummary> sum = Merge(shards);
  if (!sum.ok()) {
    PrintError(sum.error().text);
    return kBadInput;
  }
  return Tell(sum.value(), json);
}

}  // namespace drydock::tools
