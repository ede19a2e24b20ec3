// rehearse: the failures of a scenario, on real nodes.
#include <exception>
#include <string>

#include "tools/rehearse/command_line.h"
#include "tools/rehearse/rehearse_command.h"

int main(int argc, char** argv) {
  try {
    return drydock::tools::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    drydock::tools::PrintError(std::string("a bug, please report it: ") + error.what());
    return 70;  // EX_SOFTWARE
  }
}
