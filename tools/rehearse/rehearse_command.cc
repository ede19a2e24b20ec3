#include "tools/rehearse/rehearse_command.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

#include "sim/check/foreign_history.h"
#include "sim/scenario/parse.h"
#include "tools/rehearse/rehearsal.h"
#include "tools/rehearse/report.h"
#include "tools/rehearse/scenario_needs.h"
#include "tools/rehearse/stretch.h"

namespace drydock::tools {
namespace {

std::atomic<int> interrupted = 0;
static_assert(std::atomic<int>::is_always_lock_free);

void Interrupt(int signal) {
  interrupted = signal;
}

Result<sim::Scenario> ReadScenario(const std::string& path) {
  constexpr std::size_t kLimit = std::size_t{4} << 20;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Error{path + ": is a folder; name a file in it"};
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file || (text.empty() && file.bad())) {
    return Error{path + ": cannot be read: " + std::strerror(errno)};
  }
  if (text.size() > kLimit) return Error{path + ": is larger than 4 MiB, the most that is read"};
  return sim::ParseScenario(text, path);
}

// Says all that stands in the way at once.
int Refuse(const std::string& file, const std::vector<std::string>& reasons) {
  PrintError(file + ": cannot be played on real nodes here:");
  for (const std::string& reason : reasons) std::cerr << "  " << reason << "\n";
  return kNotPossible;
}

// Where the nodes live: decided, and entered, before anything starts.
int EnterSandbox(const Flags& flags, const ScenarioNeeds& needs, RehearsalOptions& options) {
  options.namespaces = flags.network == "namespaces" || (flags.network == "auto" && needs.cuts);
  options.disks = needs.disks;
  std::vector<std::string> reasons = needs.impossible;
  if (needs.cuts && !options.namespaces) {
    reasons.emplace_back("links are cut between network namespaces only: --network namespaces");
  }
  if (!reasons.empty()) return Refuse(flags.file, reasons);
  const Status entered = Sandbox::Enter({.network = options.namespaces, .mounts = options.disks});
  if (!entered.ok()) return Refuse(flags.file, {entered.error().text});
  return kHeld;
}

void PrintHeader(const sim::Scenario& scenario, const Flags& flags, const ScenarioNeeds& needs,
                 const RehearsalOptions& options, const ClusterFiles& files) {
  std::cout << scenario.name << " on " << scenario.nodes << " real nodes, "
            << (options.namespaces ? "each in a network of its own" : "on the loopback network")
            << (options.disks ? " and with a disk in memory" : "") << ", in " << files.folder()
            << ", seed " << options.seed << "\n";
  if (flags.stretch != 1) std::cout << "  all times are stretched by " << flags.stretch << "\n";
  for (const std::string& remark : needs.remarks) std::cout << "  " << remark << "\n";
  std::cout << "\nStory\n" << std::flush;
}

bool WriteHistory(const std::string& path, const sim::History& history) {
  std::ofstream file(path, std::ios::binary);
  file << sim::WriteHistory(history);
  file.close();
  if (file.fail()) PrintError(path + ": could not be written");
  return !file.fail();
}

// Without being asked for, the nodes' files stay only if there is something to find in them.
void Clean(const Flags& flags, const ClusterFiles& files, bool keep) {
  if (flags.dir.empty() && !keep) return files.Remove();
  std::cerr << "rehearse: the files and logs of the nodes are in " << files.folder() << "\n";
}

int Tell(const Flags& flags, const sim::Scenario& scenario, const RehearsalOptions& options,
         const RehearsalResult& result, const ClusterFiles& files) {
  if (result.interrupted) {
    Clean(flags, files, false);
    PrintError("interrupted; all nodes are ended");
    return kInterrupted;
  }
  if (result.not_possible.has_value()) {
    Clean(flags, files, false);
    return Refuse(flags.file, {result.not_possible->text});
  }
  if (result.not_started.has_value()) {
    PrintError(result.not_started->text);
    Clean(flags, files, true);
    return kBroken;
  }
  std::cout << (flags.json ? JsonReport(scenario, options.seed, result) : TextReport(result));
  bool written = true;
  if (!flags.history.empty()) written = WriteHistory(flags.history, result.history);
  Clean(flags, files, !result.Passed());
  if (!result.Passed()) return kBroken;
  return written ? kHeld : kBadInput;
}

}  // namespace

void PrintError(const std::string& text) {
  std::cerr << "rehearse: " << text << "\n";
}

int RunRehearse(const Flags& flags) {
  const Result<sim::Scenario> read = ReadScenario(flags.file);
  const std::string raftd = flags.bin + "/raftd";
  if (!read.ok()) {
    PrintError(read.error().text);
    return kBadInput;
  }
  if (access(raftd.c_str(), X_OK) != 0) {
    PrintError(raftd + ": cannot be run: " + std::strerror(errno) + "; --bin names its folder");
    return kBadInput;
  }
  const sim::Scenario scenario = Stretched(read.value(), flags.stretch);
  const ScenarioNeeds needs = NeedsOf(scenario);
  RehearsalOptions options{
      .seed = flags.seed.value_or(scenario.seed.value_or(std::random_device{}())),
      .raftd = raftd,
      .aloud = !flags.json,
      .interrupted = &interrupted};
  std::ofstream trace;
  if (!flags.trace.empty()) {
    trace.open(flags.trace, std::ios::binary);
    options.trace = &trace;
  }
  if (!trace) {
    PrintError(flags.trace + ": cannot be written: " + std::strerror(errno));
    return kBadInput;
  }
  const int entered = EnterSandbox(flags, needs, options);
  if (entered != kHeld) return entered;
  const Result<ClusterFiles> files = ClusterFiles::Make(flags.dir);
  if (!files.ok()) {
    PrintError(files.error().text);
    return kBadInput;
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, Interrupt);
  std::signal(SIGPIPE, SIG_IGN);
  if (!flags.json) PrintHeader(scenario, flags, needs, options, files.value());
  const RehearsalResult result = Rehearse(scenario, options, files.value());
  return Tell(flags, scenario, options, result, files.value());
}

}  // namespace drydock::tools
