// raftsim run, raftsim check.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>

#include "sim/report/report.h"
#include "sim/run/causal_chain.h"
#include "sim/run/run.h"
#include "sim/trace/trace_writer.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

struct RunFlags {
  std::string file;
  std::optional<std::uint64_t> seed;
  std::string trace;
  bool json = false;
  std::uint64_t search_up_to = sim::RunOptions{}.search_up_to;
};

std::uint64_t ParseSeed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return seed;
  throw CLI::ValidationError(
      "--seed", "a seed is a number from 0 to 18446744073709551615, found \"" + text + "\"");
}

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

// `program` is how the user called it, so that the command to repeat a run can be pasted.
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

}  // namespace

std::function<int()> AddRun(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* run = app.add_subcommand("run", "Replay a scenario and tell what happened");
  run->add_option("FILE", flags->file, "The scenario, a JSON file")->required();
  run->add_option_function<std::string>(
         "--seed", [flags](const std::string& text) { flags->seed = ParseSeed(text); },
         "Instead of the file's seed")
      ->type_name("NUMBER")
      ->trigger_on_parse();
  run->add_option("--trace", flags->trace,
                  "Write every event to this file, one JSON object a line");
  run->add_option(
         "--search-up-to", flags->search_up_to,
         "Also search for a linearization, without believing the log, if there are at most "
         "so many client calls")
      ->capture_default_str();
  run->add_flag("--json", flags->json, "Print the result as JSON");
  run->footer("Example:\n  raftsim run scenarios/paper/2-leader-crash.json --trace run.jsonl");
  return [flags, program = app.get_name()] { return Run(*flags, program); };
}

std::function<int()> AddCheck(CLI::App& app) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* check = app.add_subcommand("check", "Tell whether scenario files are valid");
  check->add_option("FILE", *files, "Scenario files")->required();
  check->footer("Example:\n  raftsim check scenarios/*/*.json");
  return [files] { return Check(*files); };
}

}  // namespace drydock::tools
