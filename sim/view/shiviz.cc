#include "sim/view/shiviz.h"

#include <cstdint>
#include <map>
#include <set>

#include "sim/view/words.h"

namespace drydock::sim {
namespace {

using Clock = std::map<std::string, std::uint64_t>;

// Timers and disk operations are left out: they are most events, and no other host sees them.
bool IsShown(const TraceLine& line) {
  static const std::set<std::string, std::less<>> kShown = {"role_changed",
                                                            "leader_known",
                                                            "term_and_vote",
                                                            "truncated",
                                                            "committed",
                                                            "configuration_in_force",
                                                            "refused",
                                                            "halted",
                                                            "transfer_started",
                                                            "transfer_ended",
                                                            "snapshot_saved",
                                                            "compacted",
                                                            "snapshot_offered",
                                                            "snapshot_installed",
                                                            "sent",
                                                            "delivered",
                                                            "started",
                                                            "refused_to_start",
                                                            "crashed",
                                                            "trace_ended",
                                                            "called",
                                                            "attempted",
                                                            "arrived",
                                                            "replied",
                                                            "answered"};
  return kShown.contains(line.event);
}

std::string HostOf(const TraceLine& line) {
  if (!line.node.empty()) return line.node;
  return line.fields.contains("client") ? "client" + TextOf(line.fields, "client") : "";
}

std::string TextOfClock(const Clock& clock) {
  std::string text = "{";
  for (const auto& [host, count] : clock) {
    text += (text.size() > 1 ? ", \"" : "\"") + host + "\":" + std::to_string(count);
  }
  return text + "}";
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return text;
}

class Writer {
 public:
  explicit Writer(const TraceFile& trace) : trace_(trace) { sent_.resize(trace.lines.size() + 1); }

  std::string Write() {
    std::string text = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n\n";
    for (const TraceLine& line : trace_.lines) {
      Learn(line);
      const std::string host = HostOf(line);
      if (host.empty() || !IsShown(line)) continue;
      ++clocks_[host][host];
      sent_[line.id] = clocks_[host];
      text += MillisecondsOf(line.time) + " " + OneLine(WordsOf(line)) + "\n" + host + " " +
              TextOfClock(clocks_[host]) + "\n";
    }
    return text;
  }

 private:
  // Of what another host did that this follows from: a message, an attempt, an answer.
  void Learn(const TraceLine& line) {
    if (line.event == "replied") replies_[NumberOf(line.fields, "call")] = line.id;
    if (line.event == "attempted")
      calls_[NumberOf(line.fields, "operation")] = NumberOf(line.fields, "call");
    Merge(line, OriginOf(line));
  }
  std::uint64_t OriginOf(const TraceLine& line) const {
    if (line.event == "delivered" || line.event == "arrived") return line.cause;
    if (line.event != "answered") return 0;
    const auto call = calls_.find(NumberOf(line.fields, "operation"));
    if (call == calls_.end()) return 0;
    const auto reply = replies_.find(call->second);
    return reply == replies_.end() ? 0 : reply->second;
  }
  void Merge(const TraceLine& line, std::uint64_t origin) {
    // A duplicate was sent once.
    while (origin != 0 && trace_.lines[origin - 1].event == "duplicated") {
      origin = trace_.lines[origin - 1].cause;
    }
    if (origin == 0) return;
    Clock& clock = clocks_[HostOf(line)];
    for (const auto& [host, count] : sent_[origin]) {
      if (clock[host] < count) clock[host] = count;
    }
  }

  const TraceFile& trace_;
  std::map<std::string, Clock> clocks_;
  std::vector<Clock> sent_;                         // by event
  std::map<std::uint64_t, std::uint64_t> calls_;    // the last attempt of an operation
  std::map<std::uint64_t, std::uint64_t> replies_;  // by call: the event
};

}  // namespace

std::string Shiviz(const TraceFile& trace) {
  return Writer(trace).Write();
}

}  // namespace drydock::sim
