// raftctl: talks to a cluster from a terminal or a script.
#include <exception>
#include <string>

#include "tools/raftctl/command_line.h"
#include "tools/raftctl/commands.h"

int main(int argc, char** argv) {
  try {
    return drydock::tools::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    drydock::tools::PrintError(std::string("a bug, please report it: ") + error.what());
    return 70;  // EX_SOFTWARE
  }
}
