#include "tools/raftsim/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>
#include <memory>
#include <utility>

#include "core/text/units.h"
#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

// Each of these adds a subcommand; what it gives back runs it.
using Command = std::function<int()>;

std::uint64_t ParseSeed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return seed;
  throw CLI::ValidationError(
      "--seed", "a seed is a number from 0 to 18446744073709551615, found \"" + text + "\"");
}

template <class Flags>
void AddSeed(CLI::App& command, const std::shared_ptr<Flags>& flags) {
  command
      .add_option_function<std::string>(
          "--seed", [flags](const std::string& text) { flags->seed = ParseSeed(text); },
          "Instead of the file's seed")
      ->type_name("NUMBER")
      ->trigger_on_parse();
}

void AddViews(CLI::App& command, ViewFlags& flags) {
  command.add_option("--html", flags.html, "Write a page that shows the run, for any browser")
      ->type_name("FILE");
  command
      .add_option("--mermaid", flags.mermaid,
                  "Write its last messages as a Mermaid sequence diagram")
      ->type_name("FILE");
  command.add_option("--last", flags.last, "So many messages in that diagram")
      ->capture_default_str();
  command
      .add_option_function<std::string>(
          "--until",
          [&flags](const std::string& text) {
            const Result<Duration> until = ParseDuration(text);
            if (!until.ok()) throw CLI::ValidationError("--until", until.error().text);
            flags.until = until.value().nanoseconds();
          },
          "The diagram ends at this time, such as 2s; otherwise with the run")
      ->type_name("TIME");
  command.add_option("--shiviz", flags.shiviz, "Write a log for ShiViz, with vector clocks")
      ->type_name("FILE");
  command.add_option("--perfetto", flags.perfetto, "Write trace events for ui.perfetto.dev")
      ->type_name("FILE");
}

Command AddView(CLI::App& app) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto flags = std::make_shared<ViewFlags>();
  CLI::App* view = app.add_subcommand("view", "Show a trace");
  view->add_option("TRACE", *files,
                   "What --trace wrote: one file of raftsim, or those of a cluster's raftd")
      ->required()
      ->type_name("FILE");
  AddViews(*view, *flags);
  view->footer(
      "Without options it writes the page, run.html for run.jsonl. A file named - is the standard "
      "output.\nExamples:\n  raftsim view run.jsonl --html run.html\n"
      "  raftsim view n0.jsonl n1.jsonl n2.jsonl --html cluster.html");
  return [files, flags] { return View(*files, *flags); };
}

Command AddRun(CLI::App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* run = app.add_subcommand("run", "Replay a scenario and tell what happened");
  run->add_option("FILE", flags->file, "The scenario")->required()->type_name("JSON-FILE");
  AddSeed(*run, flags);
  run->add_option("--trace", flags->trace, "Write every event to this file, one JSON object a line")
      ->type_name("FILE");
  run->add_flag("--sentences", flags->sentences,
                "Each line of the trace also says in plain English what happened");
  AddViews(*run, flags->views);
  run->add_option(
         "--search-up-to", flags->search_up_to,
         "Also search for a linearization, without believing the log, if there are at most "
         "so many client calls")
      ->capture_default_str();
  run->add_flag("--json", flags->json, "Print the result as JSON");
  run->footer("Example:\n  raftsim run scenarios/paper/2-leader-crash.json --trace run.jsonl");
  return [flags, program = app.get_name()] { return Run(*flags, program); };
}

Command AddShrink(CLI::App& app) {
  auto flags = std::make_shared<ShrinkFlags>();
  CLI::App* shrink = app.add_subcommand(
      "shrink", "Find the smallest scenario that breaks what a failing one breaks");
  shrink->add_option("FILE", flags->file, "A scenario that fails")
      ->required()
      ->type_name("JSON-FILE");
  AddSeed(*shrink, flags);
  shrink->add_option("--out", flags->out, "Write the scenario to this file, not to the output")
      ->type_name("FILE");
  shrink->footer(
      "The same file and seed give the same result, byte for byte.\n"
      "Example:\n  raftsim shrink found.json --out scenarios/regressions/lost-vote.json");
  return [flags] { return Shrink(*flags); };
}

Command AddCheck(CLI::App& app) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* check = app.add_subcommand("check", "Tell whether scenario files are valid");
  check->add_option("FILE", *files, "Scenario files")->required()->type_name("JSON-FILE");
  check->footer("Example:\n  raftsim check scenarios/*/*.json");
  return [files] { return Check(*files); };
}

Command AddBench(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  CLI::App* bench = app.add_subcommand("bench", "Measure the simulator on this machine");
  bench->footer("Takes about half a minute.\nExample:\n  raftsim bench --json");
  bench->add_flag("--json", *json, "Print the figures as JSON");
  return [json] { return Bench(*json); };
}

// Each bound as an option with its default.
void AddBounds(CLI::App& app, sim::explore::Bounds& bounds) {
  const auto add = [&app](const char* name, auto& value, const char* what) {
    return app.add_option(name, value, what)->capture_default_str();
  };
  add("--nodes", bounds.nodes, "Of the cluster")->check(CLI::Range(1u, sim::explore::kMaxNodes));
  add("--terms", bounds.terms, "Terms beyond that of the start")->check(CLI::Range(0u, 50u));
  add("--log", bounds.entries, "Entries in a log beyond those of the start")
      ->check(CLI::Range(0u, 50u));
  add("--messages", bounds.messages, "In flight at once that still arrive; others are lost")
      ->check(CLI::Range(0u, sim::explore::kMaxMessages));
  add("--writes", bounds.writes, "Of clients")->check(CLI::Range(0u, 50u));
  add("--crashes", bounds.crashes, "In all; any node, and it may start again")
      ->check(CLI::Range(0u, 50u));
  add("--heartbeats", bounds.heartbeats, "Broadcasts beyond those that follow elections")
      ->check(CLI::Range(0u, 50u));
  add("--duplicates", bounds.duplicates, "Messages that arrive twice")->check(CLI::Range(0u, 50u));
  add("--depth", bounds.depth, "Steps; 0: no limit");
  add("--states", bounds.states, "Distinct states; 0: no limit");
  add("--entries-per-append", bounds.entries_per_append, "In one message")
      ->check(CLI::Range(1u, 128u));
}

Command AddExplore(CLI::App& app) {
  auto flags = std::make_shared<ExploreFlags>();
  CLI::App* explore =
      app.add_subcommand("explore", "Search everything that a small cluster can do within bounds");
  AddBounds(*explore, flags->bounds);
  explore->add_flag("--instant-disks", flags->bounds.instant_disks,
                    "A write is durable when the step that asked for it ends");
  explore->add_flag("--pre-vote", flags->bounds.pre_vote, "With pre-vote");
  explore->add_flag("--fresh", flags->bounds.fresh,
                    "Begin with nodes that have never run, not with a founded cluster at rest");
  explore->add_option("--ignore", flags->bounds.ignored,
                      "Go on though this property is violated, to see what follows");
  explore->add_option("--memory", flags->memory_mb, "Megabytes for states; 0: no limit")
      ->capture_default_str();
  explore->add_option("--out", flags->out, "Write a violation to this file, as a scenario")
      ->type_name("FILE");
  explore->add_flag("--json", flags->json, "Print the figures as JSON");
  explore->footer("Example:\n  raftsim explore --terms 1 --messages 3 --crashes 1");
  return [flags] { return Explore(*flags); };
}

Command AddLinearize(CLI::App& app) {
  auto flags = std::make_shared<LinearizeFlags>();
  CLI::App* linearize = app.add_subcommand("linearize", "Judge whether a history is linearizable");
  linearize->add_option("FILE", flags->file, "The history")->required()->type_name("FILE");
  linearize->add_option("--format", flags->format, "How it is written")
      ->check(CLI::IsMember({"drydock", "jepsen-log", "edn", "porcupine"}))
      ->capture_default_str();
  linearize->footer(
      "Exit code: 0 linearizable, 1 not linearizable, 3 undecided, 2 bad input.\n"
      "Example:\n  raftsim linearize jepsen.log --format jepsen-log");
  return [flags] { return Linearize(*flags); };
}

// What the parser of an option gives, or its error as one of the command line.
template <class T>
T ValueOrUsage(const Result<T>& parsed) {
  if (!parsed.ok()) throw CLI::ValidationError(parsed.error().text);
  return parsed.value();
}

void AddSeedOptions(CLI::App& fuzz, const std::shared_ptr<FuzzFlags>& flags) {
  const auto add = [&](const char* name, const char* shape, const char* help, auto take) {
    fuzz.add_option_function<std::string>(name, take, help)->type_name(shape)->trigger_on_parse();
  };
  add("--seeds", "A:B", "The seeds to play, both ends included; 1:1000 if not given",
      [flags](const std::string& text) { flags->seeds = ValueOrUsage(ParseSeeds(text)); });
  add("--shard", "I/N", "Play the I-th of N shares of the seeds",
      [flags](const std::string& text) { flags->shard = ValueOrUsage(ParseShard(text)); });
  add("--for", "TIME", "Begin no further run after this time, such as 60s",
      [flags](const std::string& text) { flags->budget_ms = ValueOrUsage(ParseBudget(text)); });
}

Command AddFuzz(CLI::App& app) {
  auto flags = std::make_shared<FuzzFlags>();
  CLI::App* fuzz =
      app.add_subcommand("fuzz", "Play a different failure history for each seed and judge it");
  fuzz->add_option("PROFILE", flags->profile, "What may be drawn")
      ->required()
      ->type_name("JSON-FILE");
  AddSeedOptions(*fuzz, flags);
  fuzz->add_option("--jobs", flags->jobs, "So many processes beside each other")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  fuzz->add_option("--events", flags->max_events,
                   "End with the run that takes so many events in all")
      ->check(CLI::PositiveNumber);
  fuzz->add_option("--stop-after", flags->stop_after, "End after so many failures")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  fuzz->add_option("--out", flags->out, "The folder for scenarios that fail")
      ->type_name("DIR")
      ->capture_default_str();
  fuzz->add_option("--json", flags->json, "Write the summary to this file as JSON; - prints it")
      ->type_name("FILE");
  fuzz->add_flag("--guided", flags->guided,
                 "Breed scenarios from those that reached new situations, beside drawing them");
  fuzz->add_flag("!--no-shrink", flags->shrink, "Leave scenarios that fail as they were drawn");
  fuzz->add_flag("--situations", flags->situations, "Name the situations that no run reached");
  fuzz->footer(
      "Exit code: 0 nothing broke, 1 something did, 2 bad usage or input.\n"
      "Example:\n  raftsim fuzz scenarios/fuzz/everything.json --seeds 1:20000 --jobs 2");
  return [flags] { return Fuzz(*flags); };
}

Command AddMerge(CLI::App& app) {
  auto flags = std::make_shared<MergeFlags>();
  CLI::App* merge = app.add_subcommand("merge", "Add up the summaries of the shards of a fuzz run");
  merge->add_option("FILE", flags->files, "Summaries that fuzz --json wrote")
      ->required()
      ->type_name("JSON-FILE");
  merge->add_option("--json", flags->json, "Write the sum to this file as JSON; - prints it")
      ->type_name("FILE");
  merge->add_flag("--situations", flags->situations, "Name the situations that no run reached");
  merge->footer("Example:\n  raftsim merge shard-*.json");
  return [flags] { return MergeSummaries(*flags); };
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("raftsim rehearses the failures of a Raft cluster, deterministically.");
  app.name(argv[0]);
  app.require_subcommand(1);
  app.footer("Example:\n  raftsim run scenarios/paper/2-leader-crash.json");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("raftsim: ") + error.what() + "; --help tells more\n";
  });
  app.set_help_all_flag("--help-all", "Help of all subcommands");
  std::vector<std::pair<std::string, Command>> commands;
  commands.emplace_back("run", AddRun(app));
  commands.emplace_back("shrink", AddShrink(app));
  commands.emplace_back("view", AddView(app));
  commands.emplace_back("check", AddCheck(app));
  commands.emplace_back("fuzz", AddFuzz(app));
  commands.emplace_back("merge", AddMerge(app));
  commands.emplace_back("bench", AddBench(app));
  commands.emplace_back("explore", AddExplore(app));
  commands.emplace_back("linearize", AddLinearize(app));
  const auto is_called = [&](const auto& command) { return argc > 1 && command.first == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), is_called)) {
    PrintError("there is no command \"" + std::string(argv[1]) + "\"; --help lists them");
    return kBadInput;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The library's own codes are all above 100.
    return app.exit(error, std::cout, std::cerr) == 0 ? kHeld : kBadInput;
  }
  for (const auto& [name, command] : commands) {
    if (app.got_subcommand(name)) return command();
  }
  return kBadInput;
}

}  // namespace drydock::tools
