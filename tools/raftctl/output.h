// What raftctl prints.
#pragma once

#include <string>
#include <string_view>

#include "core/text/json_writer.h"
#include "net/client/client.h"

namespace drydock::tools {

inline constexpr int kOutputFailed = 74;  // EX_IOERR

// Writes to the standard output and gives `code`; says why and gives kOutputFailed if it does not
// take it all.
int Print(std::string_view bytes, int code);

// The exit code of a call.
int ExitCodeOf(net::CallOutcome outcome);
// "ok", "not_found", ... in JSON.
std::string_view NameOf(net::CallOutcome outcome);

// Bytes as a member of a JSON object: as text if they are UTF-8, else as NAME_base64.
void WriteBytes(std::string_view name, std::string_view bytes, JsonWriter& json);
std::string Base64(std::string_view bytes);

}  // namespace drydock::tools
