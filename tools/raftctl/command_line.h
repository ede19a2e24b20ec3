// The command line of raftctl: options, help, and which command is called with what.
#pragma once

namespace drydock::tools {

// Gives the exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace drydock::tools
