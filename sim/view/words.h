// What the forms of a trace share.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace drydock::sim {

// "append_request, term 2, 3 entries from 17": of a `sent` event.
std::string MessageWords(const nlohmann::json& sent);
// "1234.567 ms".
std::string MillisecondsOf(std::int64_t nanoseconds);

}  // namespace drydock::sim
