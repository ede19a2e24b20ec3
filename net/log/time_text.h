// Times of day for people and logs.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::net {

// RFC 3339 in UTC, microseconds: 2026-11-23T09:30:00.123456Z. From nanoseconds since 1970.
std::string TimeText(std::int64_t unix_ns);

}  // namespace drydock::net
