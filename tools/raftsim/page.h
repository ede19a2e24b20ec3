// The page that shows a run (tools/viewer/), which is part of this program if npm was there when it
// was built.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace drydock::tools {

// The page with the trace in it, complete: it opens without a network.
Result<std::string> PageOf(std::string_view trace);

}  // namespace drydock::tools
