#include "net/log/event_log.h"

#include <chrono>

#include "core/text/event_json.h"
#include "core/text/names.h"
#include "net/log/time_text.h"

namespace drydock::net {
namespace {

// What a large entry holds would drown the log, and its first bytes help nobody.
bool IsLargeEntry(const TraceEvent& event) {
  const auto* appended = std::get_if<trace::Appended>(&event);
  return appended != nullptr && appended->entry.payload.size() > EventLog::kLargestEntry;
}

void WriteLargeEntry(JsonWriter& out, const trace::Appended& event) {
  out.NameMember("event", "appended");
  out.Member("index", event.index.value());
  out.Member("term", event.entry.term.value());
  out.NameMember("kind", NameOf(event.entry.kind));
  out.Member("bytes", event.entry.payload.size());
}

bool TellsTerm(const TraceEvent& event) {
  return std::holds_alternative<trace::RoleChanged>(event) ||
         std::holds_alternative<trace::LeaderKnown>(event);
}

}  // namespace

void LogField::WriteTo(JsonWriter& out) const {
  struct Writer {
    JsonWriter& to;
    void operator()(std::string_view text) const { to.Text(text); }
    void operator()(NodeId node) const { to.Name(NameOf(node)); }
    void operator()(bool value) const { to.Bool(value); }
    void operator()(std::uint64_t value) const { to.Number(value); }
    void operator()(std::int64_t value) const { to.Number(value); }
  };
  out.Key(key_);
  std::visit(Writer{out}, value_);
}

// A line on its way: begun with what all lines have.
class EventLog::Line {
 public:
  Line(std::int64_t unix_ns, LogLevel level, std::string_view node) {
    out_.BeginObject();
    out_.NameMember("time", TimeText(unix_ns));
    out_.NameMember("level", NameOf(level));
    out_.NameMember("node", node);
  }
  JsonWriter& out() { return out_; }
  const std::string& Finish() {
    out_.EndObject();
    text_ += '\n';
    return text_;
  }

 private:
  std::string text_;
  JsonWriter out_{text_};
};

std::int64_t EventLog::SystemClock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

EventLog::EventLog(int fd, NodeId node, LogLevel level, Clock clock)
    : node_(node), name_(NameOf(node)), level_(level), clock_(clock), writer_(fd) {}

// --- The node's events --------------------------------------------------------------------------

void EventLog::Event(std::int64_t unix_ns, const TraceEvent& event) {
  if (refusals_.holds()) WriteHeld(unix_ns, RefusalLimit::Due::kOverdue);
  const LogLevel level = IsRepeatedAttempt(event) ? LogLevel::kDebug : LevelOf(event);
  if (Writes(level)) {
    if (const auto* refused = std::get_if<trace::Refused>(&event)) {
      const auto line = refusals_.Take(unix_ns, *refused);
      if (line.has_value()) WriteTraceLine(unix_ns, level, line->event, line->left_out);
    } else {
      WriteTraceLine(unix_ns, level, event, 0);
    }
  }
  Note(event);
}

void EventLog::Flush(std::int64_t unix_ns) {
  WriteHeld(unix_ns, RefusalLimit::Due::kAll);
}

void EventLog::WriteHeld(std::int64_t unix_ns, RefusalLimit::Due due) {
  while (const auto line = refusals_.TakeHeld(unix_ns, due)) {
    WriteTraceLine(unix_ns, LevelOf(line->event), line->event, line->left_out);
  }
}

// A node that is cut off asks for votes several times a second, for as long as that lasts.
bool EventLog::IsRepeatedAttempt(const TraceEvent& event) const {
  const auto* change = std::get_if<trace::RoleChanged>(&event);
  if (change == nullptr || change->role != role_) return false;
  return change->role == Role::kPreCandidate || change->role == Role::kCandidate;
}

// What later lines tell of earlier events, whether those were written or not.
void EventLog::Note(const TraceEvent& event) {
  if (const auto* ballot = std::get_if<trace::TermAndVote>(&event)) term_ = ballot->term;
  if (const auto* known = std::get_if<trace::LeaderKnown>(&event)) NoteFollowing(known->leader);
  if (const auto* change = std::get_if<trace::RoleChanged>(&event)) NoteRole(*change);
}

void EventLog::NoteFollowing(NodeId leader) {
  followed_ = {leader, term_};
  lost_.reset();
}

void EventLog::NoteRole(const trace::RoleChanged& change) {
  role_ = change.role;
  led_ = change.role == Role::kLeader ? std::optional(term_) : std::nullopt;
  if (change.role == Role::kFollower && change.leader.has_value()) NoteFollowing(*change.leader);
  if (change.role == Role::kFollower) return;
  // A candidate or a leader follows nobody; if silence made it one, whom it followed is lost.
  if (change.cause == RoleCause::kElectionTimeout && followed_.has_value()) lost_ = followed_;
  followed_.reset();
  if (change.role == Role::kLeader) lost_.reset();
}

void EventLog::WriteTraceLine(std::int64_t unix_ns, LogLevel level, const TraceEvent& event,
                              std::uint64_t left_out) {
  Line line(unix_ns, level, name_);
  if (IsLargeEntry(event)) {
    WriteLargeEntry(line.out(), std::get<trace::Appended>(event));
  } else {
    WriteEvent(line.out(), event);
  }
  if (TellsTerm(event) && term_ > Term(0)) line.out().Member("term", term_.value());
  if (left_out > 0) line.out().Member("left_out", left_out);
  const std::string sentence = SentenceFor(event);
  if (!sentence.empty()) line.out().TextMember("message", sentence);
  Put(line.Finish(), unix_ns);
}

// A leader that meets a higher term is in it before it leaves its role: what it led is remembered.
std::string EventLog::SentenceFor(const TraceEvent& event) const {
  if (const auto* halted = std::get_if<trace::Halted>(&event)) {
    return HaltedSentence(node_, halted->reason);
  }
  const auto* change = std::get_if<trace::RoleChanged>(&event);
  if (change == nullptr) return "";
  if (change->role == Role::kLeader) return LeadsSentence(node_, term_, lost_);
  return led_.has_value() ? NoLongerLeadsSentence(node_, *led_, change->cause) : "";
}

// --- The driver's lines -------------------------------------------------------------------------

void EventLog::Say(LogLevel level, std::string_view event, Fields fields) {
  if (!Writes(level)) return;
  const std::int64_t now = clock_();
  Line line(now, level, name_);
  line.out().NameMember("event", event);
  for (const LogField& field : fields) field.WriteTo(line.out());
  Put(line.Finish(), now);
}

void EventLog::Put(const std::string& line, std::int64_t unix_ns) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t lost = writer_.lost() - told_lost_;
  if (lost > 0) {
    Line notice(unix_ns, LogLevel::kWarning, name_);
    notice.out().NameMember("event", "log_lines_lost");
    notice.out().Member("count", lost);
    // One write for both: as long as this does not go through, the line would not either.
    if (writer_.Write(notice.Finish() + line)) told_lost_ += lost;
    return;
  }
  writer_.Write(line);
}

std::uint64_t EventLog::lost() const {
  const std::scoped_lock lock(mutex_);
  return writer_.lost();
}

}  // namespace drydock::net
