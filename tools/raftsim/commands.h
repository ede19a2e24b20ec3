// The subcommands of raftsim. Each gives the exit code: 0 all held, 1 something did not, 2 bad
// usage or input; linearize also 3, undecided.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace drydock::tools {

inline constexpr int kHeld = 0;
inline constexpr int kBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kUndecided = 3;

// Each adds itself to the command line; what it gives back runs it.
std::function<int()> AddRun(CLI::App& app);
std::function<int()> AddCheck(CLI::App& app);
std::function<int()> AddBench(CLI::App& app);
std::function<int()> AddLinearize(CLI::App& app);

}  // namespace drydock::tools
