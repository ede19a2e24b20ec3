// raftsim run, raftsim check.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>
#include <iostream>
#include <random>

#include "sim/report/report.h"
#include "sim/run/causal_chain.h"
#include "sim/run/run.h"
#include "sim/trace/trace_writer.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

// A path as a shell takes it.
std::string Quoted(const std::string& path) {
  const bool plain = std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("_./-+,:@%").find(static_cast<char>(c)) != std::string_view::npos;
  });
  if (plain) return path;
  std::string quoted = "'";
  for (const char c : path) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The flag, else the file's, else one drawn now and printed with the result.
std::uint64_t SeedOf(const RunFlags& flags, const sim::Scenario& scenario) {
  if (flags.seed.has_value()) return *flags.seed;
  if (scenario.seed.has_value()) return *scenario.seed;
  return std::random_device{}();
}

}  // namespace

int Run(const RunFlags& flags, const std::string& program) {
  const Result<sim::Scenario> read = ReadScenario(flags.file);
  if (!read.ok()) {
    PrintError(read.error().text);
    return kBadInput;
  }
  const sim::Scenario& scenario = read.value();
  const std::uint64_t seed = SeedOf(flags, scenario);
  sim::Story story(scenario.workload.clients);
  sim::RunOptions options{.seed = seed, .observers = {&story}, .search_up_to = flags.search_up_to};
  std::ofstream trace_file;
  std::unique_ptr<sim::TraceWriter> writer;
  if (!flags.trace.empty()) {
    trace_file.open(flags.trace, std::ios::binary);
    if (!trace_file) {
      PrintError(flags.trace + ": cannot be written");
      return kBadInput;
    }
    writer = std::make_unique<sim::TraceWriter>(trace_file, scenario, seed);
    options.observers.push_back(writer.get());
  }
  const auto begin = std::chrono::steady_clock::now();
  const sim::RunResult result = sim::Run(scenario, options);
  const auto wall = std::chrono::steady_clock::now() - begin;
  writer.reset();
  trace_file.flush();
  if (!flags.trace.empty() && !trace_file) {
    PrintError(flags.trace + ": could not be written to the end; is the disk full?");
    return kBadInput;
  }
  sim::ReportInput report{
      .scenario = scenario,
      .result = result,
      .story = story.lines(),
      .chain = {},
      .replay = Quoted(program) + " run " + Quoted(flags.file) + " --seed " + std::to_string(seed),
      .wall_ns = std::chrono::nanoseconds(wall).count()};
  if (result.violation.has_value()) {
    report.chain = sim::CausalChain(scenario, seed, result.violation->event, 40);
  }
  std::cout << (flags.json ? sim::JsonReport(report) : sim::TextReport(report));
  return result.Passed() ? kHeld : kBroken;
}

int Check(const std::vector<std::string>& files) {
  int code = kHeld;
  for (const std::string& file : files) {
    const Result<sim::Scenario> read = ReadScenario(file);
    if (read.ok()) {
      std::cout << file << ": fine\n";
    } else {
      PrintError(read.error().text);
      code = kBadInput;
    }
  }
  return code;
}

}  // namespace drydock::tools
