// A trace read back (docs/trace.md), for those who show it in another form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace drydock::sim {

struct TraceLine {
  std::uint64_t id = 0;
  std::uint64_t cause = 0;  // 0: a beginning
  std::int64_t time = 0;    // nanoseconds
  std::string node;         // empty: no node's
  std::string event;
  nlohmann::json fields;  // the whole line
};

struct TraceFile {
  nlohmann::json header;
  std::vector<TraceLine> lines;
  // What became of the run. Nothing: it was cut short, or a real node's, which tells no verdict.
  std::optional<nlohmann::json> end;

  bool OfRealNode() const { return header.contains("unix_ns"); }
};

// Errors name the line. A trace that stops in the middle is one, too, but for a real node's: such a
// process may be killed while it writes.
Result<TraceFile> ReadTrace(std::string_view text);

// The text of a member; empty if there is none, or no text. Bytes that are no text show as they are
// written.
std::string TextOf(const nlohmann::json& object, const char* key);
std::uint64_t NumberOf(const nlohmann::json& object, const char* key);

// What happened: its own sentence, or else its name and what it tells.
std::string WordsOf(const TraceLine& line);

}  // namespace drydock::sim
