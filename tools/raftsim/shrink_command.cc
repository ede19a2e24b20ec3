// raftsim shrink.
#include <unistd.h>

#include <fstream>
#include <iostream>

#include "core/text/units.h"
#include "sim/fuzz/shrink.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

// One line that is written over and over, on a terminal only.
class ProgressLine {
 public:
  void Tell(const sim::ShrinkProgress& progress) {
    if (!shown_) return;
    std::cerr << "\rshrinking: " << progress.runs << " runs, " << progress.events
              << " events left, " << FormatDuration(progress.until) << " of virtual time\x1b[K"
              << std::flush;
  }
  void End() {
    if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  bool shown_ = isatty(STDERR_FILENO) == 1;
};

std::string SummaryOf(const sim::Scenario& before, const sim::Shrunk& shrunk) {
  const sim::Scenario& after = shrunk.scenario;
  const auto sizes = [](std::size_t from, std::size_t to) {
    return std::to_string(from) + " -> " + std::to_string(to);
  };
  return "breaks " + shrunk.failure.property + "; events " +
         sizes(before.events.size(), after.events.size()) + ", nodes " +
         sizes(before.nodes, after.nodes) + ", " + FormatDuration(before.until) + " -> " +
         FormatDuration(after.until) + ", after " + std::to_string(shrunk.spent.runs) + " runs" +
         (shrunk.finished ? "" : " (all that one shrink may take: shrink it again for more)");
}

int WriteOut(const std::string& path, const std::string& text, const std::string& summary) {
  if (path.empty()) {
    std::cout << text;
    return kHeld;
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    PrintError(path + ": cannot be written");
    return kBadInput;
  }
  std::cout << path << ": " << summary << "\n";
  return kHeld;
}

}  // namespace

int Shrink(const ShrinkFlags& flags) {
  const Result<sim::Scenario> read = ReadScenario(flags.file);
  if (!read.ok()) {
    PrintError(read.error().text);
    return kBadInput;
  }
  const std::optional<std::uint64_t> seed = flags.seed ? flags.seed : read.value().seed;
  if (!seed.has_value()) {
    PrintError(flags.file + ": has no \"seed\"; name the one with which it fails: --seed NUMBER");
    return kBadInput;
  }
  ProgressLine line;
  sim::ShrinkOptions options;
  options.progress = [&line](const sim::ShrinkProgress& progress) { line.Tell(progress); };
  const Result<sim::Shrunk> shrunk = sim::Shrink(read.value(), *seed, options);
  line.End();
  if (!shrunk.ok()) {
    PrintError(flags.file + ": " + shrunk.error().text);
    return kBadInput;
  }
  return WriteOut(flags.out, sim::FileOf(shrunk.value().scenario),
                  SummaryOf(read.value(), shrunk.value()));
}

}  // namespace drydock::tools
