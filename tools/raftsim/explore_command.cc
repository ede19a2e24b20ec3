// raftsim explore.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

#include "sim/explore/replay.h"
#include "sim/explore/search.h"
#include "sim/explore/start.h"
#include "sim/run/run.h"
#include "sim/scenario/write.h"
#include "sim/scenario/writing.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

using sim::explore::Bounds;
using sim::explore::End;
using sim::explore::Figures;
using sim::explore::Search;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kAtOnce = 100000;  // successors between two looks at the clock
constexpr std::uint64_t kMegabyte = 1000000;

std::string Grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

struct Timing {
  Clock::time_point begin = Clock::now();
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - begin).count(); }
  std::uint64_t Rate(std::uint64_t count) const {
    const double seconds = Seconds();
    return seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(count) / seconds) : 0;
  }
};

class Progress {
 public:
  explicit Progress(const Timing& timing) : timing_(timing) {}
  ~Progress() {
    if (shown_) std::cerr << "\r\x1b[K";
  }

  void Show(const Figures& figures) {
    if (!terminal_ || timing_.Seconds() < next_) return;
    next_ = timing_.Seconds() + 0.2;
    shown_ = true;
    std::cerr << "\r\x1b[Kdepth " << figures.depth << "  " << Grouped(figures.states) << " states, "
              << Grouped(figures.states - figures.expanded) << " open  "
              << Grouped(figures.successors) << " successors, "
              << Grouped(timing_.Rate(figures.successors)) << "/s  "
              << Grouped(figures.bytes / kMegabyte) << " MB" << std::flush;
  }

 private:
  const Timing& timing_;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  double next_ = 0.2;
  bool shown_ = false;
};

struct Outcome {
  End end = End::kNotYet;
  bool out_of_memory = false;
  Figures figures;
  double seconds = 0;
  std::uint64_t states_rate = 0, rate = 0;  // states and successors a second
};

Outcome Explore(Search& search, std::uint64_t memory_mb) {
  Outcome outcome;
  const Timing timing;
  Progress progress(timing);
  while (outcome.end == End::kNotYet && !outcome.out_of_memory) {
    outcome.end = search.Advance(kAtOnce);
    outcome.figures = search.figures();
    outcome.out_of_memory = memory_mb > 0 && outcome.figures.bytes > memory_mb * kMegabyte;
    progress.Show(outcome.figures);
  }
  outcome.seconds = timing.Seconds();
  outcome.states_rate = timing.Rate(outcome.figures.states);
  outcome.rate = timing.Rate(outcome.figures.successors);
  return outcome;
}

std::string EndOf(const Outcome& outcome) {
  switch (outcome.end) {
    case End::kExhausted:
      return "exhausted: every state within these bounds was reached";
    case End::kDepth:
      return "exhausted: every state that so many steps lead to was reached";
    case End::kStates:
      return "not exhausted: the limit of states was met";
    case End::kViolation:
      return "ended by a violation";
    case End::kNotYet:
      break;
  }
  return "not exhausted: the limit of memory was met";
}

// As the options that were given.
std::string TextOf(const Bounds& bounds) {
  std::string text = bounds.fresh ? "nodes that never ran" : "a founded cluster at rest";
  const auto add = [&text](const char* name, std::uint64_t value) {
    text += std::string(", ") + name + " " + std::to_string(value);
  };
  add("nodes", bounds.nodes);
  add("terms", bounds.terms);
  add("log", bounds.entries);
  add("messages", bounds.messages);
  add("writes", bounds.writes);
  add("crashes", bounds.crashes);
  add("heartbeats", bounds.heartbeats);
  add("duplicates", bounds.duplicates);
  if (bounds.depth > 0) add("depth", bounds.depth);
  if (bounds.entries_per_append != Bounds().entries_per_append) {
    add("entries-per-append", bounds.entries_per_append);
  }
  if (bounds.instant_disks) text += ", instant disks";
  if (bounds.pre_vote) text += ", pre-vote";
  return text;
}

void PrintText(const Bounds& bounds, const Outcome& outcome, const Search& search) {
  const Figures& f = outcome.figures;
  std::cout << TextOf(bounds) << "\n"
            << EndOf(outcome) << "\n"
            << "  states      " << Grouped(f.states) << " distinct, "
            << Grouped(outcome.states_rate) << " a second; up to " << f.depth << " steps deep, "
            << Grouped(f.states - f.expanded) << " not followed\n"
            << "  successors  " << Grouped(f.successors) << ", " << Grouped(outcome.rate)
            << " a second; " << Grouped(f.cut) << " of them beyond a bound\n"
            << "  of which    " << Grouped(f.members) << " states of single nodes, "
            << Grouped(f.messages) << " messages, " << Grouped(f.steps) << " steps of true nodes\n";
  if (!search.problem().has_value()) {
    std::cout << "no violation\n";
    return;
  }
  std::cout << "VIOLATION of " << search.problem()->property << " after " << search.path().size()
            << " steps: " << search.problem()->detail << "\n";
}

void PrintJson(const Outcome& outcome, const Search& search) {
  const Figures& f = outcome.figures;
  const bool exhausted = outcome.end == End::kExhausted || outcome.end == End::kDepth;
  sim::ObjectWriter out;
  out.Bool("exhausted", exhausted).Count("states", f.states).Count("depth", f.depth);
  out.Count("states_per_second", outcome.states_rate);
  out.Count("successors", f.successors).Count("successors_per_second", outcome.rate);
  out.Count("cut", f.cut).Count("open", f.states - f.expanded);
  out.Count("node_states", f.members).Count("messages", f.messages).Count("node_steps", f.steps);
  if (search.problem().has_value()) {
    out.Text("violation", search.problem()->property).Text("detail", search.problem()->detail);
    out.Count("steps", search.path().size());
  }
  std::cout << out.OneLine() << "\n";
}

// What the search found must happen in the simulator as well, which ignores nothing.
Status Confirm(const sim::Scenario& scenario, const sim::explore::Problem& problem,
               const std::vector<std::string>& ignored) {
  const sim::RunResult result = sim::Run(scenario, {.seed = scenario.seed.value_or(0)});
  const std::string found = result.violation ? result.violation->property : "nothing";
  const bool before = std::find(ignored.begin(), ignored.end(), found) != ignored.end();
  if (found == problem.property || before) return Ok();
  return Error{"the search found " + problem.property + " violated, but the simulator finds " +
               found + ": one of the two is wrong"};
}

Status WriteTo(const std::string& path, const std::string& text) {
  if (path.empty()) {
    std::cout << text;
    return Ok();
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  if (!file) return Error{path + ": cannot be written"};
  std::cout << "written to " << path << "\n";
  return Ok();
}

Status TellViolation(const ExploreFlags& flags, const sim::explore::Start& start,
                     const Search& search) {
  const auto scenario = sim::explore::ScenarioOf(start, search.path(), *search.problem());
  if (!scenario.ok()) return scenario.error();
  const Status written = WriteTo(flags.out, sim::WriteScenario(scenario.value()));
  return written.ok() ? Confirm(scenario.value(), *search.problem(), flags.bounds.ignored)
                      : written;
}

}  // namespace

int Explore(const ExploreFlags& flags) {
  const auto start = sim::explore::MakeStart(flags.bounds);
  if (!start.ok()) {
    PrintError(start.error().text);
    return kBroken;
  }
  Search search(flags.bounds, start.value());
  const Outcome outcome = Explore(search, flags.memory_mb);
  if (flags.json) {
    PrintJson(outcome, search);
  } else {
    PrintText(flags.bounds, outcome, search);
  }
  if (search.problem().has_value()) {
    const Status told = TellViolation(flags, start.value(), search);
    if (!told.ok()) PrintError(told.error().text);
    return kBroken;
  }
  return outcome.end == End::kExhausted || outcome.end == End::kDepth ? kHeld : kUndecided;
}

}  // namespace drydock::tools
