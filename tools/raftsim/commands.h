// What the subcommands of raftsim do. Each gives the exit code: 0 all held, 1 something did not,
// 2 bad usage or input; shrink 0 when it has shrunk; linearize also 3, undecided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/explore/bounds.h"
#include "sim/run/run.h"
#include "tools/raftsim/fuzz/seeds.h"
#include "tools/raftsim/views.h"

namespace drydock::tools {

inline constexpr int kHeld = 0;
inline constexpr int kBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kUndecided = 3;

struct RunFlags {
  std::string file;
  std::optional<std::uint64_t> seed;
  std::string trace;
  bool sentences = false;
  ViewFlags views;
  bool json = false;
  std::uint64_t search_up_to = sim::RunOptions{}.search_up_to;
};
// `program` is how the user called it, so that the command to repeat a run can be pasted.
int Run(const RunFlags& flags, const std::string& program);

// Of a trace on file.
int View(const std::vector<std::string>& files, ViewFlags flags);

int Check(const std::vector<std::string>& files);

int Bench(bool json);

struct FuzzFlags {
  std::string profile;
  SeedRange seeds;
  Shard shard;
  unsigned jobs = 1;
  std::uint64_t budget_ms = 0;    // no further run begins after it; 0: all seeds are played
  std::uint64_t max_events = 0;   // the run that takes them is the last; 0: no limit
  std::uint64_t stop_after = 10;  // failures
  std::string out = "fuzz-failures";
  std::string json;     // a file for the summary; "-" prints it instead of the text
  bool guided = false;  // breed from what reached new situations
  bool shrink = true;
  bool situations = false;  // name those that were never reached
};
int Fuzz(const FuzzFlags& flags);

struct MergeFlags {
  std::vector<std::string> files;
  std::string json;
  bool situations = false;
};
// Adds up the summaries of shards.
int MergeSummaries(const MergeFlags& flags);
struct ShrinkFlags {
  std::string file;
  std::optional<std::uint64_t> seed;
  std::string out;  // empty: the standard output
};
int Shrink(const ShrinkFlags& flags);
struct ExploreFlags {
  sim::explore::Bounds bounds;
  std::uint64_t memory_mb = 0;  // 0: no limit
  std::string out;              // where a violation goes; empty: the standard output
  bool json = false;
};
int Explore(const ExploreFlags& flags);

struct LinearizeFlags {
  std::string file;
  std::string format = "drydock";  // a name that HistoryFormatNamed knows
};
int Linearize(const LinearizeFlags& flags);

}  // namespace drydock::tools
