#include "sim/trace/trace_writer.h"

#include <array>
#include <cstddef>
#include <string_view>
#include <variant>

#include "core/base/crc32c.h"
#include "core/text/event_json.h"
#include "core/text/names.h"
#include "core/text/protocol_json.h"
#include "sim/trace/names.h"
#include "sim/trace/sentence.h"

namespace drydock::sim {
namespace {

constexpr std::uint64_t kTraceVersion = 1;
constexpr std::size_t kBufferBytes = std::size_t{1} << 18;
constexpr std::array<std::string_view, 2> kLaneNames = {"wal", "bulk"};

// One overload for each event; a new event without one does not compile.
class MemberWriter {
 public:
  explicit MemberWriter(JsonWriter& out) : out_(out) {}

  // --- Messages: told in full when they are sent; the rest names them again. ---
  void operator()(const trace::Sent& e) {
    Begin("sent");
    WriteMessage(out_, *e.message);
  }
  void operator()(const trace::Delivered& e) {
    Begin("delivered");
    WriteEnvelope(out_, *e.message);
  }
  void operator()(const trace::Dropped& e) {
    Begin("dropped");
    WriteEnvelope(out_, *e.message);
    out_.NameMember("why", NameOf(e.reason));
  }
  void operator()(const trace::Duplicated& e) {
    Begin("duplicated");
    WriteEnvelope(out_, *e.message);
  }

  // --- Nodes and faults ---
  void operator()(const trace::Started& e) {
    Begin("started");
    out_.Member("incarnation", e.incarnation.value());
    WriteStore(out_, "store", e.store);
    out_.Member("term", e.term.value());
    WriteNode(out_, "vote", e.vote);
    out_.Member("kept", e.kept.value());
    out_.Member("last", e.last.value());
    TextOrNull("torn", e.torn);
    if (e.snapshot == Index(0)) return;
    out_.Member("snapshot", e.snapshot.value());
    out_.Member("base", e.base.value());
  }
  void operator()(const trace::RefusedToStart& e) {
    Begin("refused_to_start");
    out_.TextMember("why", e.error);
  }
  void operator()(const trace::Crashed& e) {
    Begin("crashed");
    out_.TextMember("lose", e.lose);
    out_.Member("lost_lies", e.lost_lies);
  }
  void operator()(const trace::Fault& e) {
    Begin("fault");
    out_.TextMember("what", e.what);
    out_.NameMember("kind", NameOf(e.deed));
    if (!e.nodes.empty()) WriteNodes("nodes", e.nodes);
    if (!e.links.empty()) WriteLinks(e.links);
    if (e.ends != 0) out_.Member("ends", e.ends);
  }

  void operator()(const trace::Refounded& e) {
    Begin("refounded");
    WriteStore(out_, "store", e.store);
    out_.Member("term", e.term.value());
    out_.Member("last", e.last.value());
  }

  // --- Disks ---
  void operator()(const trace::DiskSubmitted& e) {
    Begin("disk_submitted");
    out_.Member("ticket", e.op->ticket.value());
    out_.NameMember("lane", kLaneNames[static_cast<std::size_t>(e.op->lane)]);
    std::visit(*this, e.op->action);
  }
  // The bytes are an encoding of what the node's own events tell; their checksum shows a difference
  // between two runs.
  void operator()(const WriteAndSync& action) {
    std::uint64_t bytes = 0;
    std::uint32_t checksum = 0;
    for (const Bytes& piece : action.pieces) {
      bytes += piece.size();
      checksum = Crc32c(piece.view(), checksum);
    }
    out_.NameMember("action", "write_and_sync");
    out_.TextMember("path", action.path);
    out_.Member("offset", action.offset);
    out_.Member("bytes", bytes);
    out_.Member("crc32c", checksum);
  }
  void operator()(const CreateDurably& action) {
    out_.NameMember("action", "create_durably");
    out_.TextMember("path", action.path);
    out_.Member("bytes", action.size);
  }
  void operator()(const RenameDurably& action) {
    out_.NameMember("action", "rename_durably");
    out_.TextMember("path", action.from);
    out_.TextMember("to", action.to);
  }
  void operator()(const RemoveDurably& action) {
    out_.NameMember("action", "remove_durably");
    out_.TextMember("path", action.path);
  }
  void operator()(const ReadBytes& action) {
    out_.NameMember("action", "read_bytes");
    out_.TextMember("path", action.path);
    out_.Member("offset", action.offset);
    out_.Member("bytes", action.size);
  }
  void operator()(const trace::DiskFinished& e) {
    Begin("disk_finished");
    out_.Member("ticket", e.ticket.value());
    TextOrNull("error", e.error.value_or(""));
    out_.Member("lied", e.lied);
  }

  // --- Clients ---
  void operator()(const trace::Called& e) {
    Begin("called");
    out_.Member("client", e.client);
    out_.Member("operation", e.operation);
    WriteRequest(out_, *e.request);
  }
  void operator()(const trace::Attempted& e) {
    Begin("attempted");
    out_.Member("client", e.client);
    out_.Member("operation", e.operation);
    WriteNode(out_, "target", e.target);
    out_.Member("call", e.call.value());
  }
  void operator()(const trace::Arrived& e) {
    Begin("arrived");
    out_.Member("call", e.call.value());
  }
  void operator()(const trace::Replied& e) {
    Begin("replied");
    out_.Member("call", e.call.value());
    WriteAnswer(out_, *e.answer);
  }
  void operator()(const trace::Answered& e) {
    Begin("answered");
    out_.Member("client", e.client);
    out_.Member("operation", e.operation);
    TextOrNull("given_up", e.given_up);
    WriteAnswer(out_, *e.answer);
  }

  // --- Verdicts ---
  void operator()(const trace::Expected& e) {
    Begin("expected");
    out_.Member("number", e.number);
    out_.Member("held", e.held);
    out_.TextMember("why", e.why);
  }
  void operator()(const trace::Violated& e) {
    Begin("violated");
    out_.TextMember("property", e.property);
    out_.TextMember("detail", e.detail);
  }

 private:
  void Begin(std::string_view name) { out_.NameMember("event", name); }
  void TextOrNull(std::string_view key, std::string_view text) {
    if (text.empty()) {
      out_.NullMember(key);
    } else {
      out_.TextMember(key, text);
    }
  }

  void WriteNodes(std::string_view key, const std::vector<NodeId>& nodes) {
    out_.Key(key);
    out_.BeginArray();
    for (const NodeId node : nodes) out_.Name("n" + std::to_string(node.value()));
    out_.EndArray();
  }
  void WriteLinks(const std::vector<std::pair<NodeId, NodeId>>& links) {
    out_.Key("links");
    out_.BeginArray();
    for (const auto& [from, to] : links) {
      out_.BeginArray();
      out_.Name("n" + std::to_string(from.value()));
      out_.Name("n" + std::to_string(to.value()));
      out_.EndArray();
    }
    out_.EndArray();
  }

  JsonWriter& out_;
};

void AppendAny(JsonWriter& out, const TraceEvent& event) {
  drydock::WriteEvent(out, event);
}
void AppendAny(JsonWriter& out, const SimEvent& event) {
  WriteEvent(out, event);
}

template <class Event>
void AppendLine(std::string& text, const EventMeta& meta, const Event& event, Sentences sentences) {
  JsonWriter out(text);
  out.BeginObject();
  out.Member("id", meta.id);
  out.Member("t", meta.time);
  if (meta.node.has_value()) WriteNode(out, "node", *meta.node);
  AppendAny(out, event);
  if (meta.cause != 0) out.Member("cause", meta.cause);
  if (sentences == Sentences::kYes) out.TextMember("says", SentenceOf(meta, event));
  out.EndObject();
}

}  // namespace

void WriteEvent(JsonWriter& out, const SimEvent& event) {
  std::visit(MemberWriter(out), event);
}

std::string LineOf(const EventMeta& meta, const TraceEvent& event) {
  std::string line;
  AppendLine(line, meta, event, Sentences::kNo);
  return line;
}

std::string LineOf(const EventMeta& meta, const SimEvent& event) {
  std::string line;
  AppendLine(line, meta, event, Sentences::kNo);
  return line;
}

TraceWriter::TraceWriter(std::ostream& out, const Scenario& scenario, std::uint64_t seed,
                         Sentences sentences)
    : out_(out), sentences_(sentences) {
  JsonWriter header(buffer_);
  header.BeginObject();
  header.Member("trace", kTraceVersion);
  header.TextMember("scenario", scenario.name);
  if (!scenario.description.empty()) header.TextMember("description", scenario.description);
  header.Member("seed", seed);
  header.Member("nodes", scenario.nodes);
  header.Member("until", scenario.until.nanoseconds());
  header.EndObject();
  buffer_ += '\n';
}

TraceWriter::~TraceWriter() {
  Flush();
}

void TraceWriter::OnNodeEvent(const EventMeta& meta, const TraceEvent& event) {
  AppendLine(buffer_, meta, event, sentences_);
  FlushIfFull();
}

void TraceWriter::OnSimEvent(const EventMeta& meta, const SimEvent& event) {
  AppendLine(buffer_, meta, event, sentences_);
  FlushIfFull();
}

void TraceWriter::FlushIfFull() {
  buffer_ += '\n';
  if (buffer_.size() >= kBufferBytes) Flush();
}

bool TraceWriter::Flush() {
  out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  out_.flush();
  buffer_.clear();
  return out_.good();
}

}  // namespace drydock::sim
