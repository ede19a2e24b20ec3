// What an operator is told about the events of a node: how much each matters, and in which words.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/strong.h"
#include "core/protocol/trace_event.h"

namespace drydock::net {

// From the gravest to the most talkative.
enum class LogLevel : std::uint8_t { kError, kWarning, kInfo, kDebug };
inline constexpr std::array<std::string_view, 4> kLogLevelNames = {"error", "warning", "info",
                                                                   "debug"};
inline std::string_view NameOf(LogLevel level) {
  return kLogLevelNames[static_cast<std::size_t>(level)];
}
// The level of that name, for flags; nothing for any other word.
std::optional<LogLevel> LogLevelNamed(std::string_view name);

LogLevel LevelOf(const TraceEvent& event);

// A leader that this node followed, until it heard nothing of it for an election timeout.
struct LostLeader {
  NodeId node;
  Term term;
};
// "n0 leads term 3", and why there was an election, if it is known: ": n2, which led term 2, was
// silent for an election timeout".
std::string LeadsSentence(NodeId node, Term term, const std::optional<LostLeader>& lost);
// "n0 no longer leads term 3: it met a higher term"; the words of raftsim's story.
std::string NoLongerLeadsSentence(NodeId node, Term term, RoleCause cause);
// "n0 stops for good: wal/7: no space left on device"
std::string HaltedSentence(NodeId node, std::string_view reason);

}  // namespace drydock::net
