// A whole measurement of one target: the run, and the processor time that it took.
#pragma once

#include <sys/types.h>

#include <vector>

#include "core/base/result.h"
#include "tools/load/report.h"
#include "tools/load/settings.h"
#include "tools/load/target.h"

namespace drydock::tools {

// Puts every key once if any operation reads, so that there is something to be read.
drydock::Status PrepareLoad(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop);

// `watched`: processes of this machine whose processor time is told.
Result<LoadReport> RunLoad(const LoadSettings& settings, LoadTarget& target, LoadLoop& loop,
                           const std::vector<pid_t>& watched);

}  // namespace drydock::tools
