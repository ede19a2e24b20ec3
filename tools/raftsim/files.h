// Files of the command line.
#pragma once

#include <string>

#include "core/base/result.h"
#include "sim/scenario/scenario.h"

namespace drydock::tools {

// The whole file, or an error that names it. Refuses more than `limit` bytes.
Result<std::string> ReadFile(const std::string& path, std::uint64_t limit);
Result<sim::Scenario> ReadScenario(const std::string& path);
// False, after an error message, if it could not be written to its end.
bool WriteFile(const std::string& path, const std::string& text);
// Prints "raftsim: ..." to the standard error output.
void PrintError(const std::string& text);

}  // namespace drydock::tools
