#include "sim/view/merge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "core/text/json_writer.h"
#include "sim/view/clock_check.h"
#include "sim/view/trace_file.h"
#include "sim/view/words.h"

namespace drydock::sim {
namespace {

using nlohmann::json;

// Nanoseconds of a clock, or of a process's life: a century at most, so that sums stay numbers.
constexpr std::uint64_t kMostNanoseconds = std::uint64_t{1} << 62;
constexpr std::size_t kMostDigits = 4;

// What one process of a node wrote.
struct Part {
  std::string name;
  std::string node;
  std::int64_t start = 0;  // nanoseconds since 1970
  TraceFile trace;
};

bool IsNodeName(const std::string& name) {
  return name.size() >= 2 && name.size() <= 1 + kMostDigits && name[0] == 'n' &&
         name.find_first_not_of("0123456789", 1) == std::string::npos;
}

Result<Part> PartOf(const std::string& name, TraceFile trace) {
  if (!trace.OfRealNode()) {
    return Error{name +
                 ": this is the trace of a simulated run, which tells of all nodes; view it "
                 "by itself"};
  }
  Part part{name, TextOf(trace.header, "node"), 0, std::move(trace)};
  const std::uint64_t start = NumberOf(part.trace.header, "unix_ns");
  if (!IsNodeName(part.node) || start == 0 || start > kMostNanoseconds) {
    return Error{name +
                 ": line 1: expected the node's name and the time of its start, as in "
                 "\"node\":\"n0\",\"unix_ns\":1795430000000000000"};
  }
  part.start = static_cast<std::int64_t>(start);
  std::int64_t time = 0;
  for (TraceLine& line : part.trace.lines) {
    if (line.node != part.node) {
      return Error{name + ": event " + std::to_string(line.id) + " is not one of " + part.node};
    }
    if (line.time < 0 || static_cast<std::uint64_t>(line.time) > kMostNanoseconds) {
      return Error{name + ": event " + std::to_string(line.id) + " has an impossible time"};
    }
    time = line.time = std::max(time, line.time);
  }
  return part;
}

// Do the two go together?
Status CheckPair(const Part& first, const Part& second) {
  const std::string cluster = TextOf(first.trace.header, "cluster");
  const std::string other = TextOf(second.trace.header, "cluster");
  if (other != cluster) {
    return Error{second.name + ": it is of cluster \"" + other + "\", and " + first.name +
                 " of \"" + cluster + "\""};
  }
  if (second.node == first.node && second.start == first.start) {
    return Error{second.name + ": it is of the same process of " + second.node + " as " +
                 first.name + "; give one of them"};
  }
  return Ok();
}

// Nothing is told twice, and all of it is of one cluster.
Status CheckTogether(const std::vector<Part>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      const Status sound = CheckPair(parts[k], parts[i]);
      if (!sound.ok()) return sound;
    }
  }
  return Ok();
}

class Merger {
 public:
  explicit Merger(std::vector<Part> parts) : parts_(std::move(parts)) {
    std::stable_sort(parts_.begin(), parts_.end(),
                     [](const Part& a, const Part& b) { return a.start < b.start; });
  }

  std::string Merge() {
    for (Part& part : parts_) Take(part);
    std::stable_sort(lines_.begin(), lines_.end(),
                     [](const TraceLine& a, const TraceLine& b) { return a.time < b.time; });
    for (std::string& complaint : ClockComplaints(lines_)) notes_.push_back(std::move(complaint));
    std::string text = Header();
    for (std::size_t i = 0; i < lines_.size(); ++i) text += LineOf(lines_[i], i + 1);
    return text;
  }

 private:
  // Lines of one node stay in order even if its clock was set back between two of its processes.
  void Take(Part& part) {
    const auto before = ends_.find(part.node);
    std::int64_t start = part.start - parts_[0].start;
    if (before != ends_.end() && start < before->second) {
      notes_.push_back("The clock of " + part.node + " was set back by at least " +
                       MillisecondsOf(before->second - start) + " while it was down.");
      start = before->second;
    }
    std::int64_t end = start;
    for (TraceLine& line : part.trace.lines) {
      end = line.time += start;
      lines_.push_back(std::move(line));
    }
    TraceLine ended;
    ended.time = ends_[part.node] = end;
    ended.node = part.node;
    ended.event = "trace_ended";
    ended.fields = {{"node", part.node}, {"event", ended.event}};
    lines_.push_back(std::move(ended));
    last_node_ = std::max<std::uint64_t>(last_node_, std::stoull(part.node.substr(1)));
  }

  std::string Header() const {
    std::string text;
    JsonWriter out(text);
    out.BeginObject();
    out.Member("trace", std::uint64_t{1});
    out.TextMember("cluster", TextOf(parts_[0].trace.header, "cluster"));
    out.Member("nodes", last_node_ + 1);
    out.Member("unix_ns", parts_[0].start);
    out.Key("processes");
    out.BeginArray();
    for (const Part& part : parts_) {
      out.BeginObject();
      out.TextMember("node", part.node);
      out.Member("unix_ns", part.start);
      out.EndObject();
    }
    out.EndArray();
    out.Key("notes");
    out.BeginArray();
    for (const std::string& note : notes_) out.Text(note);
    out.EndArray();
    out.EndObject();
    return text + "\n";
  }

  static std::string LineOf(TraceLine& line, std::size_t id) {
    for (const char* key : {"id", "t", "cause"}) line.fields.erase(key);
    const std::string rest = line.fields.dump(-1, ' ', false, json::error_handler_t::replace);
    return "{\"id\":" + std::to_string(id) + ",\"t\":" + std::to_string(line.time) + "," +
           rest.substr(1) + "\n";
  }

  std::vector<Part> parts_;
  std::vector<TraceLine> lines_;
  std::vector<std::string> notes_;
  std::map<std::string, std::int64_t> ends_;  // by node: the last line of its processes so far
  std::uint64_t last_node_ = 0;
};

}  // namespace

Result<std::string> MergeTraces(const std::vector<NamedTrace>& traces) {
  std::vector<Part> parts;
  for (const NamedTrace& named : traces) {
    Result<TraceFile> trace = ReadTrace(named.text);
    if (!trace.ok()) return Error{named.name + ": " + trace.error().text};
    if (traces.size() == 1 && !trace.value().OfRealNode()) return named.text;
    Result<Part> part = PartOf(named.name, std::move(trace.value()));
    if (!part.ok()) return part.error();
    parts.push_back(std::move(part.value()));
  }
  const Status sound = CheckTogether(parts);
  if (!sound.ok()) return sound.error();
  return Merger(std::move(parts)).Merge();
}

}  // namespace drydock::sim
