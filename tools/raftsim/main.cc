// raftsim: rehearses the failures of a Raft cluster, deterministically.
#include <exception>
#include <string>

#include "tools/raftsim/command_line.h"
#include "tools/raftsim/files.h"

int main(int argc, char** argv) {
  try {
    return drydock::tools::RunCommandLine(argc, argv);
  } catch (const std::exception& error) {
    drydock::tools::PrintError(std::string("a bug, please report it: ") + error.what());
    return 70;  // EX_SOFTWARE
  }
}
