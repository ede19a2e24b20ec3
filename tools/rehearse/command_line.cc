#include "tools/rehearse/command_line.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>

#include "tools/rehearse/rehearse_command.h"

namespace drydock::tools {
namespace {

// raftd is built next to this program.
std::string OwnFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path().string();
}

void AddOptions(CLI::App& app, Flags& flags) {
  app.add_option("FILE", flags.file, "The scenario, a JSON file")->required();
  app.add_option("--bin", flags.bin, "The folder that raftd is in; default: this program's");
  app.add_option("--dir", flags.dir,
                 "A new folder for the nodes' files and logs, which are kept there");
  app.add_option("--trace", flags.trace,
                 "Write what happened to this file, one JSON object a line");
  app.add_option("--history", flags.history,
                 "Write all client calls to this file; raftsim linearize reads it");
  app.add_option("--network", flags.network,
                 "Where the nodes meet. Links can be cut between namespaces only, which root may "
                 "make; auto: there if the scenario cuts any")
      ->check(CLI::IsMember({"auto", "loopback", "namespaces"}))
      ->capture_default_str();
  app.add_option("--stretch", flags.stretch,
                 "Timeouts and all times of the scenario take so many times longer, so that a slow "
                 "machine does not decide")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  app.add_option("--seed", flags.seed, "Instead of the file's seed");
  app.add_flag("--json", flags.json, "Print the result as JSON");
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app("rehearse plays a scenario of the simulator on real raftd processes.");
  app.name(argv[0]);
  app.footer(
      "Exit code: 0 all held, 1 something did not, 2 bad input, 4 not possible here.\n"
      "Example:\n  rehearse scenarios/paper/2-leader-crash.json --stretch 5");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("rehearse: ") + error.what() + "; --help tells more\n";
  });
  Flags flags;
  flags.bin = OwnFolder();
  AddOptions(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // The library's own codes are all above 100.
    return app.exit(error, std::cout, std::cerr) == 0 ? kHeld : kBadInput;
  }
  return RunRehearse(flags);
}

}  // namespace drydock::tools
