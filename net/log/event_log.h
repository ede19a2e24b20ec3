// The log of a running node: one JSON object a line, the events in the words of the trace
// (docs/trace.md) and, beside them, what the driver has to say.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/strong.h"
#include "core/protocol/trace_event.h"
#include "core/text/json_writer.h"
#include "net/log/event_words.h"
#include "net/log/line_writer.h"
#include "net/log/refusal_limit.h"

namespace drydock::net {

// One member of a driver's line. Refers to the key and text it is given.
class LogField {
 public:
  LogField(std::string_view key, std::string_view text) : key_(key), value_(text) {}
  LogField(std::string_view key, const char* text) : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, const std::string& text)
      : key_(key), value_(std::string_view(text)) {}
  LogField(std::string_view key, NodeId node) : key_(key), value_(node) {}
  template <std::same_as<bool> T>
  LogField(std::string_view key, T value) : key_(key), value_(value) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view key, T value)
      : key_(key), value_(static_cast<std::uint64_t>(value)) {}
  template <std::signed_integral T>
  LogField(std::string_view key, T value) : key_(key), value_(static_cast<std::int64_t>(value)) {}

  void WriteTo(JsonWriter& out) const;

 private:
  std::string_view key_;
  std::variant<std::string_view, NodeId, bool, std::uint64_t, std::int64_t> value_;
};

// {"time":"2026-11-23T09:30:00.123456Z","level":"info","node":"n0","event":"role_changed",...}
//
// Beside the members that the trace has, role_changed and leader_known tell the "term", if it is
// known, and "message" says in a sentence that this node leads, no longer leads, or stops itself.
// Levels are those of LevelOf, but a candidate that tries again is only for kDebug.
// "refused" is written at most once a second for each reason; "left_out" counts the others. An
// entry of more than kLargestEntry bytes is told by its size ("bytes"). After a loss the first
// line that goes through again follows one of "log_lines_lost" with their "count".
class EventLog {
 public:
  using Fields = std::initializer_list<LogField>;
  // Nanoseconds since 1970, UTC.
  using Clock = std::int64_t (*)();
  static std::int64_t SystemClock();
  static constexpr std::size_t kLargestEntry = 4096;

  // Lines above `level` are left out. `fd` stays open and is not owned. `clock` dates the lines
  // that the driver writes.
  EventLog(int fd, NodeId node, LogLevel level, Clock clock = &SystemClock);

  // --- For the one thread that steps the node ---

  // The term that the node starts in, so that lines before the first new term can tell it.
  void StartIn(Term term) { term_ = term; }
  // Writes the event if its level asks for it. `unix_ns` is the time of day.
  void Event(std::int64_t unix_ns, const TraceEvent& event);
  // Writes the refusals that are held back until their second is over: for a driver that stops.
  void Flush(std::int64_t unix_ns);

  // --- For any thread ---

  // True if lines of this level are written: for what is costly to prepare.
  bool Writes(LogLevel level) const { return level <= level_; }
  // `event` is a word of ours, such as "listening"; the fields follow it in order.
  void Say(LogLevel level, std::string_view event, Fields fields = {});
  void Error(std::string_view event, Fields fields = {}) { Say(LogLevel::kError, event, fields); }
  void Warning(std::string_view event, Fields fields = {}) {
    Say(LogLevel::kWarning, event, fields);
  }
  void Info(std::string_view event, Fields fields = {}) { Say(LogLevel::kInfo, event, fields); }
  void Debug(std::string_view event, Fields fields = {}) { Say(LogLevel::kDebug, event, fields); }
  // Lines that could not be written.
  std::uint64_t lost() const;

 private:
  class Line;

  bool IsRepeatedAttempt(const TraceEvent& event) const;
  void Note(const TraceEvent& event);
  void NoteFollowing(NodeId leader);
  void NoteRole(const trace::RoleChanged& change);
  void WriteHeld(std::int64_t unix_ns, RefusalLimit::Due due);
  void WriteTraceLine(std::int64_t unix_ns, LogLevel level, const TraceEvent& event,
                      std::uint64_t left_out);
  std::string SentenceFor(const TraceEvent& event) const;
  void Put(const std::string& line, std::int64_t unix_ns);

  const NodeId node_;
  const std::string name_;
  const LogLevel level_;
  const Clock clock_;

  // Of the thread that steps the node.
  Term term_;
  Role role_ = Role::kFollower;
  std::optional<Term> led_;  // the term that this node leads
  std::optional<LostLeader> followed_;
  std::optional<LostLeader> lost_;  // since then nobody else was known to lead
  RefusalLimit refusals_;

  mutable std::mutex mutex_;  // guards what follows
  LineWriter writer_;
  std::uint64_t told_lost_ = 0;  // of writer_.lost()
};

}  // namespace drydock::net
