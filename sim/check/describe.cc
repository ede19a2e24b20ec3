#include "sim/check/describe.h"

#include <cstddef>
#include <cstdint>

namespace drydock::sim {
namespace {

constexpr std::size_t kShownBytes = 40;
constexpr std::size_t kShownContents = 5;

std::string_view ViewOf(const Bytes& bytes) {
  return bytes.view();
}

std::optional<std::string_view> ViewOf(const std::optional<Bytes>& bytes) {
  if (!bytes.has_value()) return std::nullopt;
  return bytes->view();
}

void AppendByte(std::string& text, char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(byte);
  if (byte == '"' || byte == '\\') {
    text += '\\';
    text += byte;
  } else if (code >= 0x20 && code < 0x7f) {
    text += byte;
  } else {
    text += "\\x";
    text += kDigits[code >> 4];
    text += kDigits[code & 15];
  }
}

std::string PossibleText(const Values& values, const std::vector<ValueId>& possible) {
  std::string text;
  for (std::size_t i = 0; i < possible.size(); ++i) {
    if (i == kShownContents) {
      return text + " or one of " + std::to_string(possible.size() - i) + " others";
    }
    if (i > 0) text += i + 1 == possible.size() ? " or " : ", ";
    text += possible[i] == kForgotten ? "something that no answer shows"
                                      : ContentText(values.ContentOf(possible[i]));
  }
  return text;
}

// What the answer says about the content at some moment between call and return.
std::string ClaimText(const Operation& op) {
  if (op.kind == OperationKind::kGet) return "it held " + ContentText(ViewOf(op.result));
  if (op.kind != OperationKind::kCompareAndSet) return "there is a moment for it";
  if (op.outcome != OperationOutcome::kCompareFailed) {
    return "it held " + ContentText(ViewOf(op.expected));
  }
  if (op.result_known && op.result == op.expected) {
    return "it held what was expected and yet the comparison failed";
  }
  if (op.result_known) return "it held " + ContentText(ViewOf(op.result));
  return "it held anything but " + ContentText(ViewOf(op.expected));
}

}  // namespace

std::string ContentText(const std::optional<std::string_view>& content) {
  if (!content.has_value()) return "missing";
  std::string text = "\"";
  for (const char byte : content->substr(0, kShownBytes)) AppendByte(text, byte);
  text += '"';
  if (content->size() > kShownBytes) {
    text += "... (" + std::to_string(content->size()) + " bytes)";
  }
  return text;
}

std::string CallText(const Operation& op) {
  switch (op.kind) {
    case OperationKind::kPut:
      return "put " + ContentText(ViewOf(op.value));
    case OperationKind::kGet:
      return "get";
    case OperationKind::kDelete:
      return "delete";
    case OperationKind::kAppend:
      return "append " + ContentText(ViewOf(op.value));
    case OperationKind::kCompareAndSet:
      break;
  }
  return "cas " + ContentText(ViewOf(op.expected)) + " -> " + ContentText(ViewOf(op.value));
}

std::string AnswerText(const Operation& op) {
  switch (op.outcome) {
    case OperationOutcome::kFailed:
      return "did not happen";
    case OperationOutcome::kUnknown:
      return "unknown";
    case OperationOutcome::kCompareFailed:
      return op.result_known ? "not equal: " + ContentText(ViewOf(op.result)) : "not equal";
    case OperationOutcome::kOk:
      break;
  }
  if (op.kind != OperationKind::kGet) return "ok";
  return op.result_known ? ContentText(ViewOf(op.result)) : "something";
}

std::string WhyStuck(const Operation& stuck, const Values& values,
                     const std::vector<ValueId>& possible) {
  std::string why = "The " + CallText(stuck) + " of client " + std::to_string(stuck.client) +
                    " came back at " + std::to_string(stuck.response) + " with " +
                    AnswerText(stuck) + ": it says that ";
  if (possible.empty()) return why + ClaimText(stuck) + ", for which no order is left.";
  why += ClaimText(stuck) + ", but every order of what came before leaves the key at " +
         PossibleText(values, possible) + ", and nothing that was pending then makes it so.";
  return why;
}

}  // namespace drydock::sim
