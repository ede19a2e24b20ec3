// Small files that an operator names: certificates, keys, permissions, tokens.
#pragma once

#include <string>

#include "core/base/result.h"

namespace drydock::net {

// All of it. Errors tell the path and why: missing, not readable, a folder, larger than 1 MiB.
Result<std::string> ReadSmallFile(const std::string& path);

}  // namespace drydock::net
