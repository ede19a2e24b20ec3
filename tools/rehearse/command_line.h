// The command line of rehearse. The only room that knows the library for it, which takes its time
// to compile.
#pragma once

namespace drydock::tools {

// Gives the exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace drydock::tools
