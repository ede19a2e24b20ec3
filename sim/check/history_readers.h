// One reader for each format of foreign_history.h, which describes them.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "sim/check/history.h"

namespace drydock::sim {

Result<History> ReadDrydockHistory(std::string_view text);
Result<History> ReadJepsenLog(std::string_view text);
Result<History> ReadEdnHistory(std::string_view text);
Result<History> ReadPorcupineHistory(std::string_view text);

// The key of a format that knows one register only.
inline constexpr std::string_view kOnlyKey = "register";

}  // namespace drydock::sim
