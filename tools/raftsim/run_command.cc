// raftsim run, raftsim check.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <sstream>

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

// Where the trace goes, if anybody wants it: to its file, or into memory for those who make
// something else of it.
class Recording {
 public:
  Recording(const RunFlags& flags, const sim::Scenario& scenario, std::uint64_t seed)
      : flags_(flags) {
    const bool in_memory = flags.views.any();
    if (!in_memory && flags.trace.empty()) return;
    if (!flags.trace.empty()) file_.open(flags.trace, std::ios::binary);
    const bool sentences = in_memory || flags.sentences;
    writer_.emplace(in_memory ? static_cast<std::ostream&>(memory_) : file_, scenario, seed,
                    sentences ? sim::Sentences::kYes : sim::Sentences::kNo);
  }

  bool CanWrite() const { return flags_.trace.empty() || file_.is_open(); }
  sim::Observer* writer() { return writer_.has_value() ? &*writer_ : nullptr; }

  // False, after an error message, if something could not be written.
  bool End(const sim::ReportInput& report) {
    if (!writer_.has_value()) return true;
    writer_->End(sim::TraceEnd(report));
    writer_->Flush();
    const std::string text = memory_.str();
    file_ << text;
    file_.flush();
    if (!flags_.trace.empty() && !file_) {
      PrintError(flags_.trace + ": could not be written to the end; is the disk full?");
      return false;
    }
    return !flags_.views.any() || WriteViews(flags_.views, "the run", text);
  }

 private:
  const RunFlags& flags_;
  std::ofstream file_;
  std::ostringstream memory_;
  std::optional<sim::TraceWriter> writer_;
};

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
  Recording recording(flags, scenario, seed);
  if (!recording.CanWrite()) {
    PrintError(flags.trace + ": cannot be written");
    return kBadInput;
  }
  if (recording.writer() != nullptr) options.observers.push_back(recording.writer());
  const auto begin = std::chrono::steady_clock::now();
  const sim::RunResult result = sim::Run(scenario, options);
  const auto wall = std::chrono::steady_clock::now() - begin;
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
  if (!recording.End(report)) return kBadInput;
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
