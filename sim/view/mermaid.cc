#include "sim/view/mermaid.h"

#include <set>
#include <vector>

#include "sim/view/words.h"

namespace drydock::sim {
namespace {

constexpr std::size_t kLongestWords = 100;

// Signs that mean something in Mermaid are named by number, as it wants them; line breaks go.
std::string Escaped(const std::string& words) {
  std::string text;
  for (const char c : words.substr(0, kLongestWords)) {
    if (c == '#') {
      text += "#35;";
    } else if (c == ';') {
      text += "#59;";
    } else if (c == '<') {
      text += "#60;";
    } else if (c == '>') {
      text += "#62;";
    } else {
      text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return text + (words.size() > kLongestWords ? "..." : "");
}

bool IsMessage(const TraceLine& line) {
  return line.event == "delivered" || line.event == "dropped";
}

bool IsTurn(const TraceLine& line) {
  static const std::set<std::string, std::less<>> kTurns = {
      "role_changed", "crashed",  "started",          "halted",
      "fault",        "violated", "refused_to_start", "trace_ended"};
  return kTurns.contains(line.event);
}

// The first line to show: that of the last messages, and of what came just before them.
std::size_t FirstOf(const TraceFile& trace, const MermaidOptions& options, std::size_t end) {
  std::size_t messages = 0;
  for (std::size_t i = end; i > 0; --i) {
    if (IsMessage(trace.lines[i - 1]) && ++messages == options.last) return i - 1;
  }
  return 0;
}

// What was said when it was sent: its cause, or that of its duplicate.
const TraceLine& SentOf(const TraceFile& trace, const TraceLine& line) {
  const TraceLine* sent = &line;
  while (sent->event != "sent" && sent->cause != 0) sent = &trace.lines[sent->cause - 1];
  return *sent;
}

std::string ArrowOf(const TraceFile& trace, const TraceLine& line) {
  const bool lost = line.event == "dropped";
  std::string words = MessageWords(SentOf(trace, line).fields);
  if (lost) words += " (lost: " + TextOf(line.fields, "why") + ")";
  return "  " + TextOf(line.fields, "from") + (lost ? "-x" : "->>") + TextOf(line.fields, "to") +
         ": " + Escaped(words) + "\n";
}

std::string NoteOf(const TraceFile& trace, const TraceLine& line) {
  const std::uint64_t nodes = NumberOf(trace.header, "nodes");
  const std::string over =
      !line.node.empty() ? line.node : "n0" + (nodes > 1 ? ",n" + std::to_string(nodes - 1) : "");
  return "  Note over " + over + ": " + MillisecondsOf(line.time) + " " + Escaped(WordsOf(line)) +
         "\n";
}

}  // namespace

std::string Mermaid(const TraceFile& trace, const MermaidOptions& options) {
  std::size_t end = trace.lines.size();
  while (end > 0 && trace.lines[end - 1].time > options.until) --end;
  std::string text = "sequenceDiagram\n";
  for (std::uint64_t i = 0; i < NumberOf(trace.header, "nodes"); ++i) {
    text += "  participant n" + std::to_string(i) + "\n";
  }
  for (std::size_t i = FirstOf(trace, options, end); i < end; ++i) {
    const TraceLine& line = trace.lines[i];
    if (IsMessage(line)) text += ArrowOf(trace, line);
    if (IsTurn(line)) text += NoteOf(trace, line);
  }
  return text;
}

}  // namespace drydock::sim
