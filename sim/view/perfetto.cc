#include "sim/view/perfetto.h"

#include <cstdint>
#include <map>
#include <set>

#include "core/text/json_writer.h"
#include "sim/view/words.h"

namespace drydock::sim {
namespace {

constexpr std::uint64_t kNodes = 1;  // process ids of the tracks
constexpr std::uint64_t kClients = 2;
constexpr std::int64_t kPoint = 1000;  // ns: a message is drawn from and to something that lasts

bool IsMark(const TraceLine& line) {
  static const std::set<std::string, std::less<>> kMarks = {
      "term_and_vote",          "truncated",      "committed",
      "configuration_in_force", "refused",        "halted",
      "transfer_started",       "transfer_ended", "snapshot_saved",
      "snapshot_installed",     "peer_lost"};
  return kMarks.contains(line.event);
}

class Writer {
 public:
  explicit Writer(const TraceFile& trace) : trace_(trace), out_(text_) {}

  std::string Write() {
    out_.BeginObject();
    out_.NameMember("displayTimeUnit", "ms");
    out_.Key("traceEvents");
    out_.BeginArray();
    NameTracks();
    for (const TraceLine& line : trace_.lines) Tell(line);
    const std::int64_t end = trace_.lines.empty() ? 0 : trace_.lines.back().time;
    for (const auto& [node, role] : roles_) EndRole(node, end);
    out_.EndArray();
    out_.EndObject();
    return text_ + "\n";
  }

 private:
  struct RoleSpan {
    std::string name;
    std::int64_t since = 0;
  };

  static std::uint64_t TrackOf(const std::string& node) {
    return node.empty() ? 0 : std::stoull(node.substr(1)) + 1;
  }

  // The members that all events have, of an event that is left open.
  void Begin(const char* phase, const std::string& name, std::uint64_t process, std::uint64_t track,
             std::int64_t time) {
    out_.BeginObject();
    out_.NameMember("ph", phase);
    out_.TextMember("name", name);
    out_.Member("pid", process);
    out_.Member("tid", track);
    out_.Key("ts");
    out_.Thousandths(time);  // microseconds
  }
  void End() { out_.EndObject(); }

  void NameTrack(std::uint64_t process, std::uint64_t track, const std::string& name) {
    out_.BeginObject();
    out_.NameMember("ph", "M");
    out_.NameMember("name", track == 0 ? "process_name" : "thread_name");
    out_.Member("pid", process);
    out_.Member("tid", track);
    out_.Key("args");
    out_.BeginObject();
    out_.TextMember("name", name);
    out_.EndObject();
    out_.EndObject();
  }
  void NameTracks() {
    NameTrack(kNodes, 0, "nodes of " + TextOf(trace_.header, "scenario"));
    NameTrack(kClients, 0, "clients");
    for (std::uint64_t i = 0; i < NumberOf(trace_.header, "nodes"); ++i) {
      NameTrack(kNodes, i + 1, "n" + std::to_string(i));
    }
  }

  void Tell(const TraceLine& line) {
    if (line.event == "sent" || line.event == "delivered") return TellMessage(line);
    if (line.event == "role_changed") return SetRole(line, TextOf(line.fields, "role"));
    if (line.event == "term_and_vote") NoteTerm(line);
    if (line.event == "started") return SetRole(line, "follower");
    if (line.event == "crashed" || line.event == "halted" || line.event == "trace_ended")
      return SetRole(line, "down");
    if (line.event == "called" || line.event == "answered") return TellCall(line);
    if (IsMark(line)) Mark(line, "t");
    if (line.event == "fault" || line.event == "violated" || line.event == "expected") {
      Mark(line, "g");
    }
  }

  // `scope`: of its track, or of all.
  void Mark(const TraceLine& line, const char* scope) {
    Begin("i", WordsOf(line), kNodes, TrackOf(line.node), line.time);
    out_.NameMember("s", scope);
    End();
  }

  void TellMessage(const TraceLine& line) {
    const bool sent = line.event == "sent";
    const std::string words = sent ? MessageWords(line.fields) : TextOf(line.fields, "type");
    Begin("X", words, kNodes, TrackOf(line.node), line.time);
    out_.Key("dur");
    out_.Thousandths(kPoint);
    End();
    if (!sent && line.cause == 0) return;
    Begin(sent ? "s" : "f", TextOf(line.fields, "type"), kNodes, TrackOf(line.node), line.time);
    out_.NameMember("cat", "message");
    if (!sent) out_.NameMember("bp", "e");
    out_.Member("id", sent ? line.id : line.cause);
    End();
  }

  void NoteTerm(const TraceLine& line) { terms_[line.node] = TextOf(line.fields, "term"); }

  void SetRole(const TraceLine& line, const std::string& role) {
    EndRole(line.node, line.time);
    const std::string term = terms_[line.node];
    roles_[line.node] = {role + (term.empty() || role == "down" ? "" : ", term " + term),
                         line.time};
  }
  void EndRole(const std::string& node, std::int64_t time) {
    const auto found = roles_.find(node);
    if (found == roles_.end()) return;
    Begin("X", found->second.name, kNodes, TrackOf(node), found->second.since);
    out_.Key("dur");
    out_.Thousandths(time - found->second.since);
    End();
  }

  // Calls of one client may overlap, so they are told as begin and end with a number.
  void TellCall(const TraceLine& line) {
    const bool begins = line.event == "called";
    const std::uint64_t operation = NumberOf(line.fields, "operation");
    if (begins) {
      names_[operation] = TextOf(line.fields, "op") + " " + TextOf(line.fields, "key");
    }
    Begin(begins ? "b" : "e", names_[operation], kClients, NumberOf(line.fields, "client") + 1,
          line.time);
    out_.NameMember("cat", "call");
    out_.Member("id", operation);
    if (!begins) {
      out_.Key("args");
      out_.BeginObject();
      out_.TextMember("outcome", TextOf(line.fields, "outcome"));
      out_.TextMember("value", TextOf(line.fields, "value"));
      out_.EndObject();
    }
    End();
  }

  const TraceFile& trace_;
  std::string text_;
  JsonWriter out_;
  std::map<std::string, RoleSpan> roles_;       // by node: that which it has
  std::map<std::string, std::string> terms_;    // by node
  std::map<std::uint64_t, std::string> names_;  // by operation
};

}  // namespace

std::string Perfetto(const TraceFile& trace) {
  return Writer(trace).Write();
}

}  // namespace drydock::sim
