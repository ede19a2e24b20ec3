// What the subcommands of raftsim do. Each gives the exit code: 0 all held, 1 something did not,
// 2 bad usage or input; linearize also 3, undecided.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/run/run.h"

namespace drydock::tools {

inline constexpr int kHeld = 0;
inline constexpr int kBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kUndecided = 3;

struct RunFlags {
  std::string file;
  std::optional<std::uint64_t> seed;
  std::string trace;
  bool json = false;
  std::uint64_t search_up_to = sim::RunOptions{}.search_up_to;
};
// `program` is how the user called it, so that the command to repeat a run can be pasted.
int Run(const RunFlags& flags, const std::string& program);

int Check(const std::vector<std::string>& files);

int Bench(bool json);

struct LinearizeFlags {
  std::string file;
  std::string format = "drydock";  // a name that HistoryFormatNamed knows
};
int Linearize(const LinearizeFlags& flags);

}  // namespace drydock::tools
