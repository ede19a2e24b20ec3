#include "core/text/protocol_json.h"

#include <variant>
#include <vector>

#include "core/kv/command.h"
#include "core/text/names.h"

namespace drydock {
namespace {

// One overload for each operation and each message; a new one without it does not compile.
class MemberWriter {
 public:
  explicit MemberWriter(JsonWriter& out) : out_(out) {}

  // --- Operations ---
  void operator()(const PutOp& op) {
    out_.BytesMember("key", op.key.view());
    out_.BytesMember("value", op.value.view());
  }
  void operator()(const GetOp& op) {
    out_.BytesMember("key", op.key.view());
    if (op.mode != ReadMode::kLinearizable) out_.NameMember("mode", NameOf(op.mode));
    if (op.any_node) out_.Member("any_node", true);
  }
  void operator()(const DeleteOp& op) { out_.BytesMember("key", op.key.view()); }
  void operator()(const CompareAndSetOp& op) {
    out_.BytesMember("key", op.key.view());
    if (op.expected.has_value()) {
      out_.BytesMember("expected", op.expected->view());
    } else {
      out_.NullMember("expected");
    }
    out_.BytesMember("value", op.value.view());
  }
  void operator()(const RegisterOp& op) {
    if (op.max_sessions > 0) out_.Member("max_sessions", op.max_sessions);
  }

  // --- Messages ---
  void operator()(const PreVoteRequest& m) {
    out_.Member("next_term", m.next_term.value());
    out_.Member("last_index", m.last_index.value());
    out_.Member("last_term", m.last_term.value());
  }
  void operator()(const PreVoteResponse& m) {
    out_.Member("next_term", m.next_term.value());
    out_.Member("granted", m.granted);
  }
  void operator()(const VoteRequest& m) {
    out_.Member("last_index", m.last_index.value());
    out_.Member("last_term", m.last_term.value());
    if (m.transfer) out_.Member("transfer", true);
  }
  void operator()(const VoteResponse& m) { out_.Member("granted", m.granted); }
  void operator()(const AppendRequest& m) {
    out_.Member("receiver", m.receiver.value());
    out_.Member("sequence", m.sequence);
    out_.Member("probe", m.probe);
    out_.Member("previous_index", m.previous_index.value());
    out_.Member("previous_term", m.previous_term.value());
    out_.Member("commit", m.commit.value());
    Entries(m);
  }
  void operator()(const AppendResponse& m) {
    out_.Member("responder", m.responder.value());
    out_.Member("sequence", m.sequence);
    out_.Member("accepted", m.accepted);
    out_.Member("match", m.match.value());
    out_.Member("hint", m.hint.value());
    out_.Member("hint_term", m.hint_term.value());
  }
  void operator()(const Heartbeat& m) {
    out_.Member("commit", m.commit.value());
    out_.Member("round", m.round);
  }
  void operator()(const HeartbeatResponse& m) {
    out_.Member("responder", m.responder.value());
    out_.Member("round", m.round);
    out_.Member("next_sequence", m.next_sequence);
    out_.Member("match", m.match.value());
    out_.Member("received", m.received.value());
    if (m.promise > Duration()) out_.Member("promise", m.promise.nanoseconds());
  }
  void operator()(const CommitNotice& m) { out_.Member("commit", m.commit.value()); }
  void operator()(const CommitNoticeResponse&) {}
  void operator()(const TimeoutNow& m) {
    out_.Member("last_index", m.last_index.value());
    out_.Member("last_term", m.last_term.value());
  }
  void operator()(const TimeoutNowResponse& m) { out_.Member("taken", m.taken); }
  void operator()(const SnapshotChunk& m) {
    out_.Member("index", m.meta.index.value());
    out_.Member("index_term", m.meta.term.value());
    out_.Member("offset", m.offset);
    out_.Member("bytes", std::uint64_t{m.bytes.size()});
    out_.Member("of", m.meta.bytes);
    out_.Member("crc32c", m.meta.checksum);
  }
  void operator()(const SnapshotChunkResponse& m) {
    out_.Member("responder", m.responder.value());
    out_.Member("index", m.index.value());
    out_.Member("received", m.received);
    out_.Member("installed", m.installed);
  }
  void operator()(const ReadIndexRequest& m) {
    out_.Member("asker", m.asker.value());
    out_.Member("number", m.number);
  }
  void operator()(const ReadIndexResponse& m) {
    out_.Member("asker", m.asker.value());
    out_.Member("number", m.number);
    out_.Member("confirmed", m.confirmed);
    out_.Member("index", m.index.value());
  }

 private:
  void Entries(const AppendRequest& m) {
    out_.Key("entries");
    out_.BeginArray();
    Index index = m.previous_index;
    for (const Entry& entry : m.entries) {
      index = Next(index);
      out_.BeginObject();
      out_.Member("index", index.value());
      out_.Member("term", entry.term.value());
      out_.NameMember("kind", NameOf(entry.kind));
      out_.Member("bytes", std::uint64_t{entry.payload.size()});
      out_.EndObject();
    }
    out_.EndArray();
  }

  JsonWriter& out_;
};

void WriteNodes(JsonWriter& out, std::string_view key, const std::vector<NodeId>& nodes) {
  out.Key(key);
  out.BeginArray();
  for (const NodeId node : nodes) out.Name(NameOf(node));
  out.EndArray();
}

}  // namespace

void WriteNode(JsonWriter& out, std::string_view key, std::optional<NodeId> node) {
  out.Key(key);
  if (node.has_value()) {
    out.Name(NameOf(*node));
  } else {
    out.Null();
  }
}

void WriteStore(JsonWriter& out, std::string_view key, StoreId store) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  char text[16];
  for (std::size_t i = 0; i < 16; ++i) text[i] = kDigits[(store.value() >> (60 - 4 * i)) & 15];
  out.NameMember(key, std::string_view(text, 16));
}

void WriteEntry(JsonWriter& out, const Entry& entry) {
  out.Member("term", entry.term.value());
  out.NameMember("kind", NameOf(entry.kind));
  if (entry.kind == EntryKind::kCommand) {
    if (const std::optional<ClientRequest> request = DecodeCommand(entry.payload)) {
      out.Key("command");
      out.BeginObject();
      WriteRequest(out, *request);
      out.EndObject();
      return;
    }
  } else if (entry.kind == EntryKind::kConfiguration) {
    if (const auto configuration = Configuration::Decode(entry.payload.view())) {
      out.Key("configuration");
      out.BeginObject();
      WriteConfiguration(out, *configuration);
      out.EndObject();
      return;
    }
  } else if (entry.kind == EntryKind::kNoop && entry.payload.empty()) {
    return;
  }
  out.BytesMember("payload", entry.payload.view());
}

void WriteConfiguration(JsonWriter& out, const Configuration& configuration) {
  WriteNodes(out, "voters", configuration.incoming().voters());
  WriteNodes(out, "outgoing", configuration.outgoing().voters());
  WriteNodes(out, "learners", configuration.learners());
  out.Key("members");
  out.BeginArray();
  for (const Member& member : configuration.members()) {
    out.BeginObject();
    WriteNode(out, "node", member.node);
    WriteStore(out, "store", member.store);
    if (!member.address.empty()) out.TextMember("address", member.address);
    out.EndObject();
  }
  out.EndArray();
  out.Member("founded", configuration.founded());
}

void WriteEnvelope(JsonWriter& out, const Message& message) {
  WriteNode(out, "from", message.from);
  WriteNode(out, "to", message.to);
  out.NameMember("type", NameOf(message.body));
  out.Member("term", message.term.value());
}

void WriteMessage(JsonWriter& out, const Message& message) {
  WriteEnvelope(out, message);
  WriteStore(out, "store", message.store);
  std::visit(MemberWriter(out), message.body);
}

void WriteRequest(JsonWriter& out, const ClientRequest& request) {
  out.Member("session", request.session.value());
  out.Member("sequence", request.sequence);
  out.Member("first_unanswered", request.first_unanswered);
  out.NameMember("op", NameOf(request.op));
  std::visit(MemberWriter(out), request.op);
}

void WriteAnswer(JsonWriter& out, const ClientAnswer& answer) {
  out.NameMember("outcome", NameOf(answer.outcome));
  out.Member("found", answer.found);
  out.BytesMember("value", answer.value.view());
  WriteNode(out, "leader", answer.leader);
  out.Member("session", answer.session.value());
  out.Member("term", answer.term.value());
  out.Member("index", answer.index.value());
  if (answer.outcome == Outcome::kTooLarge) out.Member("limit", answer.limit);
}

}  // namespace drydock
