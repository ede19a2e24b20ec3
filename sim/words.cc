#include "sim/words.h"

namespace drydock::sim {
namespace {

constexpr std::size_t kShown = 60;

// What can stand on a terminal: everything else as an escape, long things cut.
std::string Shown(const Bytes& bytes) {
  std::string text;
  for (const char c : bytes.view().substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    const char* digits = "0123456789abcdef";
    if (byte >= 0x20 && byte != 0x7f) {
      text += c;
    } else {
      text += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
    }
  }
  if (bytes.size() > kShown) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

std::string Quoted(const Bytes& bytes) {
  return "\"" + Shown(bytes) + "\"";
}

struct OpText {
  std::string operator()(const PutOp& op) const {
    return "put " + Shown(op.key) + " = " + Quoted(op.value);
  }
  std::string operator()(const GetOp& op) const {
    const char* mode = op.mode == ReadMode::kStale   ? "stale get "
                       : op.mode == ReadMode::kLease ? "lease get "
                                                     : "get ";
    return mode + Shown(op.key) + (op.any_node ? " at any node" : "");
  }
  std::string operator()(const DeleteOp& op) const { return "delete " + Shown(op.key); }
  std::string operator()(const CompareAndSetOp& op) const {
    return "cas " + Shown(op.key) + " from " +
           (op.expected.has_value() ? Quoted(*op.expected) : std::string("nothing")) + " to " +
           Quoted(op.value);
  }
  std::string operator()(const RegisterOp&) const { return "register"; }
};

}  // namespace

std::string NodeName(NodeId node) {
  return "n" + std::to_string(node.value());
}

std::string TextOf(const ClientOp& op) {
  return std::visit(OpText{}, op);
}

std::string TextOf(const ClientAnswer& answer, bool of_read) {
  switch (answer.outcome) {
    case Outcome::kOk:
      return of_read ? Quoted(answer.value) : "done";
    case Outcome::kNotFound:
      return "nothing there";
    case Outcome::kCompareFailed:
      return "refused, it holds " + (answer.found ? Quoted(answer.value) : std::string("nothing"));
    case Outcome::kNotLeader:
      return answer.leader ? "not the leader, " + NodeName(*answer.leader) + " is"
                           : "not the leader, and does not know who is";
    case Outcome::kNotReady:
      return "not ready yet";
    case Outcome::kBusy:
      return "refused, too busy";
    case Outcome::kTooLarge:
      return "refused, larger than " + std::to_string(answer.limit) + " bytes";
    case Outcome::kBadRequest:
      return "refused, not a valid request";
    case Outcome::kSessionUnknown:
      return "refused, the session is unknown";
    case Outcome::kUnknown:
      return "outcome unknown";
  }
  return "";
}

}  // namespace drydock::sim
