#include "sim/trace/words.h"

#include <optional>
#include <string_view>
#include <variant>

#include "core/kv/command.h"
#include "core/protocol/configuration.h"
#include "core/text/json_writer.h"
#include "core/text/names.h"
#include "core/text/words.h"

namespace drydock::sim {
namespace {

constexpr std::size_t kShownBytes = 40;

std::string Number(std::uint64_t number) {
  return std::to_string(number);
}

std::string BytesText(const Bytes& bytes) {
  if (!IsUtf8(bytes.view())) return Number(bytes.size()) + " bytes";
  const bool is_long = bytes.size() > kShownBytes;
  return is_long ? Quote(bytes.view()) + " (" + Number(bytes.size()) + " bytes)"
                 : Quote(bytes.view());
}

std::string HowRead(const GetOp& op) {
  if (op.mode == ReadMode::kStale) return "the stale ";
  if (op.mode == ReadMode::kLease) return "the leased ";
  return op.any_node ? "the anywhere-" : "the ";
}

struct OperationWords {
  std::string operator()(const PutOp& op) const {
    return "the put of " + BytesText(op.value) + " under " + BytesText(op.key);
  }
  std::string operator()(const GetOp& op) const {
    return HowRead(op) + "get of " + BytesText(op.key);
  }
  std::string operator()(const DeleteOp& op) const { return "the delete of " + BytesText(op.key); }
  std::string operator()(const CompareAndSetOp& op) const {
    return "the compare-and-set of " + BytesText(op.key) + " from " +
           (op.expected.has_value() ? BytesText(*op.expected) : std::string("nothing")) + " to " +
           BytesText(op.value);
  }
  std::string operator()(const RegisterOp&) const { return "the opening of a session"; }
};

// The term of a message is in its envelope; pre-votes ask about the next one.
class MessageWords {
 public:
  explicit MessageWords(Term term) : term_(term) {}

  std::string operator()(const PreVoteRequest& m) const {
    return "the question whether it would get a vote for " + TermText(m.next_term) +
           LastEntry(m.last_index, m.last_term);
  }
  std::string operator()(const PreVoteResponse& m) const {
    return (m.granted ? "the promise that it would get the vote for "
                      : "the answer that it would not get the vote for ") +
           TermText(m.next_term);
  }
  std::string operator()(const VoteRequest& m) const {
    return "the request for a vote for " + TermText(term_) + LastEntry(m.last_index, m.last_term) +
           (m.transfer ? ", at the leader's own bidding" : "");
  }
  std::string operator()(const VoteResponse& m) const {
    return (m.granted ? "the vote for " : "the refusal of a vote for ") + TermText(term_);
  }
  std::string operator()(const AppendRequest& m) const {
    const std::string what = m.probe ? "the probing append" : "the append";
    if (m.entries.empty()) {
      return what + " of no entries after entry " + Number(m.previous_index.value());
    }
    const std::uint64_t first = m.previous_index.value() + 1;
    const std::uint64_t last = m.previous_index.value() + m.entries.size();
    if (first == last) return what + " of entry " + Number(first);
    return what + " of entries " + Number(first) + ".." + Number(last);
  }
  std::string operator()(const AppendResponse& m) const {
    if (m.accepted) {
      return "the acknowledgement of all entries up to " + Number(m.match.value());
    }
    return "the refusal of an append (the logs may agree up to entry " + Number(m.hint.value()) +
           ")";
  }
  std::string operator()(const Heartbeat& m) const {
    return "a heartbeat of " + TermText(term_) + " with commit index " + Number(m.commit.value());
  }
  std::string operator()(const HeartbeatResponse& m) const {
    return "the answer to a heartbeat of " + TermText(term_) + ": it holds the log up to entry " +
           Number(m.match.value()) + (m.promise > Duration() ? ", and holds its vote back" : "");
  }
  std::string operator()(const CommitNotice& m) const {
    return "the notice that entries up to " + Number(m.commit.value()) + " are committed";
  }
  std::string operator()(const CommitNoticeResponse&) const {
    return "the answer to a notice of commitment";
  }
  std::string operator()(const TimeoutNow& m) const {
    return "the bid to campaign at once, with the log up to entry " + Number(m.last_index.value());
  }
  std::string operator()(const TimeoutNowResponse& m) const {
    return m.taken ? "the answer that it campaigns" : "the answer that it will not campaign";
  }
  std::string operator()(const SnapshotChunk& m) const {
    const std::string snapshot = "the snapshot of entry " + Number(m.meta.index.value());
    if (m.bytes.empty()) return "the question how much of " + snapshot + " it has";
    return "bytes " + Number(m.offset) + " to " + Number(m.offset + m.bytes.size() - 1) + " of " +
           Number(m.meta.bytes) + " of " + snapshot;
  }
  std::string operator()(const SnapshotChunkResponse& m) const {
    if (m.installed) {
      return "the answer that it has everything up to entry " + Number(m.index.value());
    }
    return "the answer that it has " + Number(m.received) + " bytes of the snapshot of entry " +
           Number(m.index.value());
  }
  std::string operator()(const ReadIndexRequest& m) const {
    return "question " + Number(m.number) + " how far it must apply before it may answer reads";
  }
  std::string operator()(const ReadIndexResponse& m) const {
    if (!m.confirmed) return "the answer that it cannot tell a read index";
    return "the answer to question " + Number(m.number) + ": reads need entry " +
           Number(m.index.value());
  }

 private:
  static std::string LastEntry(Index index, Term term) {
    if (index == Index(0)) return " (its log is empty)";
    return " (its log ends with entry " + Number(index.value()) + " of " + TermText(term) + ")";
  }

  Term term_;
};

std::string LeaderHint(const ClientAnswer& answer) {
  return answer.leader.has_value() ? NameOf(*answer.leader) + " leads" : "no leader is known";
}

}  // namespace

std::string TermText(Term term) {
  return "term " + Number(term.value());
}

std::string OperationText(const ClientRequest& request) {
  return std::visit(OperationWords(), request.op);
}

std::string EntryText(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kNoop:
      return "an empty entry";
    case EntryKind::kCommand: {
      const std::optional<ClientRequest> request = DecodeCommand(entry.payload);
      return request.has_value() ? OperationText(*request) : "a command that cannot be read";
    }
    case EntryKind::kPart:
      return "a piece of a large command (" + Number(entry.payload.size()) + " bytes)";
    case EntryKind::kLastPart:
      return "the last piece of a large command (" + Number(entry.payload.size()) + " bytes)";
    case EntryKind::kConfiguration:
      return "a configuration";
  }
  return "";
}

std::string MessageText(const Message& message) {
  return std::visit(MessageWords(message.term), message.body);
}

std::string AnswerText(const ClientAnswer& answer) {
  switch (answer.outcome) {
    case Outcome::kOk:
      return answer.found && !answer.value.empty() ? "it is " + BytesText(answer.value) : "done";
    case Outcome::kNotFound:
      return "nothing is there";
    case Outcome::kCompareFailed:
      return "not done, since " + (answer.found ? BytesText(answer.value) : "nothing") +
             " is there";
    case Outcome::kNotLeader:
      return "refused by a node that does not lead (" + LeaderHint(answer) + ")";
    case Outcome::kNotReady:
      return "refused, since the leader is not ready yet";
    case Outcome::kBusy:
      return "refused, since too much is under way";
    case Outcome::kTooLarge:
      return "refused as too large: at most " + std::to_string(answer.limit) + " bytes";
    case Outcome::kBadRequest:
      return "refused as a bad request";
    case Outcome::kSessionUnknown:
      return "refused, since the session is not known";
    case Outcome::kUnknown:
      return "nobody knows whether it was done";
  }
  return "";
}

}  // namespace drydock::sim
