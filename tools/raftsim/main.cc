// raftsim: rehearses the failures of a Raft cluster, deterministically.
#include <algorithm>
#include <exception>
#include <iostream>
#include <utility>
#include <vector>

#include "tools/raftsim/commands.h"
#include "tools/raftsim/files.h"

namespace drydock::tools {
namespace {

int Main(int argc, char** argv) {
  CLI::App app("raftsim rehearses the failures of a Raft cluster, deterministically.");
  app.name(argv[0]);
  app.require_subcommand(1);
  app.footer("Example:\n  raftsim run scenarios/paper/2-leader-crash.json");
  app.failure_message([](const CLI::App*, const CLI::Error& error) {
    return std::string("raftsim: ") + error.what() + "; --help tells more\n";
  });
  app.set_help_all_flag("--help-all", "Help of all subcommands");
  std::vector<std::pair<std::string, std::function<int()>>> commands;
  commands.emplace_back("run", AddRun(app));
  commands.emplace_back("check", AddCheck(app));
  commands.emplace_back("bench", AddBench(app));
  commands.emplace_back("linearize", AddLinearize(app));
  const auto is_called = [&](const auto& command) { return argc > 1 && command.first == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), is_called)) {
    PrintError("there is no command \"" + std::string(argv[1]) +
               "\"; there are run, check, bench and linearize");
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

}  // namespace
}  // namespace drydock::tools

int main(int argc, char** argv) {
  try {
    return drydock::tools::Main(argc, argv);
  } catch (const std::exception& error) {
    drydock::tools::PrintError(std::string("a bug, please report it: ") + error.what());
    return 70;  // EX_SOFTWARE
  }
}
