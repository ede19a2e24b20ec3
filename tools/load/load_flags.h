// The flags that describe a load, for each program that puts one on a store.
#pragma once

#include "tools/load/settings.h"

namespace CLI {  // NOLINT(readability-identifier-naming): not ours
class App;
}

namespace drydock::tools {

// `settings` must outlive the parsing; what no flag sets stays as it is.
void AddLoadFlags(CLI::App& app, LoadSettings& settings);

}  // namespace drydock::tools
