#include <algorithm>
#include <array>

#include "core/text/words.h"
#include "sim/scenario/names.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

using Kind = ScriptedCall::Kind;
using Expect = ScriptedCall::Expect;

constexpr std::array<std::string_view, 1> kExpectKeys = {"value"};
constexpr std::uint64_t kMaxSequence = 1'000'000'000;

void ReadNewValue(const Fields& fields, Mistakes& mistakes, ScriptedCall& call) {
  call.value = fields.Text("value");
  call.value_bytes = fields.OptionalCount("value_bytes", 0, kMaxValueBytes);
  const std::string name = call.kind == Kind::kPut ? "a put" : "a cas";
  if (fields.Has("value") == fields.Has("value_bytes")) {
    mistakes.Add(fields.value(),
                 name + " event needs " +
                     (fields.Has("value") ? "one of \"value\" and \"value_bytes\", not both"
                                          : "\"value\" or \"value_bytes\""));
  }
}

void ReadCompared(const Fields& fields, Mistakes& mistakes, ScriptedCall& call) {
  const JsonValue* value = fields.Need("expected");
  if (value == nullptr || value->kind == JsonValue::Kind::kNull) return;
  call.expected = ReadText(*value, "a string, or null for a missing key", mistakes);
}

void ReadHow(const Fields& fields, Mistakes& mistakes, ScriptedCall& call) {
  if (const JsonValue* mode = fields.Find("mode")) {
    call.mode = static_cast<ReadMode>(ReadWord(*mode, "read mode", kReadModeNames, mistakes));
  }
  call.any_node = fields.Bool("any_node", false);
}

// Answers that this kind of call never gets.
void CheckAnswer(const JsonValue& value, const ScriptedCall& call, Mistakes& mistakes) {
  const bool get = call.kind == Kind::kGet;
  if (call.expect == Expect::kValue && !get) {
    mistakes.Add(value, "only a get answers with a value; expect \"ok\"");
  } else if (call.expect == Expect::kNotFound && !get) {
    mistakes.Add(value, "only a get answers \"not_found\"");
  } else if (call.expect == Expect::kSessionUnknown && get) {
    mistakes.Add(value, "a get is in no session");
  } else if (call.expect == Expect::kCompareFailed && call.kind != Kind::kCas) {
    mistakes.Add(value, "only a cas answers \"compare_failed\"");
  }
}

void ReadExpected(const JsonValue& value, Mistakes& mistakes, ScriptedCall& call) {
  if (value.kind == JsonValue::Kind::kObject) {
    const Fields fields(value, "an expected answer", kExpectKeys, mistakes);
    fields.Need("value");
    call.expect = Expect::kValue;
    call.expect_value = fields.Text("value");
  } else if (value.kind == JsonValue::Kind::kString) {
    const std::size_t word = ReadWord(value, "answer", kAnswerNames, mistakes);
    call.expect = static_cast<Expect>(static_cast<std::size_t>(Expect::kOk) + word);
  } else {
    mistakes.Add(value, "expected an answer (" + Join(kAnswerNames) +
                            ") or {\"value\": \"...\"}, found " + Describe(value));
  }
  CheckAnswer(value, call, mistakes);
}

void ReadSession(const Fields& fields, Mistakes& mistakes, ScriptedCall& call) {
  call.session = fields.Text("session");
  call.sequence = fields.Count("sequence", 0, 1, kMaxSequence);
  if (fields.Has("session") != fields.Has("sequence")) {
    mistakes.Add(fields.value(), "\"session\" and \"sequence\" need each other");
  } else if (fields.Has("session") && call.session.empty()) {
    mistakes.Add(*fields.Find("session"), "a session needs a name");
  }
}

template <Kind kind>
Action ReadCall(const Fields& fields, Reading& reading) {
  ScriptedCall call;
  call.kind = kind;
  fields.Need("key");
  call.key = fields.Text("key");
  if (kind == Kind::kPut || kind == Kind::kCas) ReadNewValue(fields, reading.mistakes, call);
  if (kind == Kind::kGet) ReadHow(fields, reading.mistakes, call);
  if (kind != Kind::kGet) ReadSession(fields, reading.mistakes, call);
  if (kind == Kind::kCas) ReadCompared(fields, reading.mistakes, call);
  if (const JsonValue* via = fields.Find("via")) call.via = ReadNode(*via, reading);
  if (const JsonValue* expect = fields.Find("expect")) {
    ReadExpected(*expect, reading.mistakes, call);
  }
  call.within = fields.PositiveTime("within");
  return call;
}

Action ReadTransfer(const Fields& fields, Reading& reading) {
  TransferLeader transfer;
  if (const JsonValue* to = fields.Find("to")) transfer.to = ReadNode(*to, reading);
  if (const JsonValue* via = fields.Find("via")) transfer.via = ReadNode(*via, reading);
  if (const JsonValue* expect = fields.Find("expect")) {
    transfer.expect = static_cast<TransferOutcome>(
        ReadWord(*expect, "answer", kTransferOutcomeNames, reading.mistakes));
  }
  return transfer;
}

}  // namespace

std::vector<EventKind> CallEvents() {
  return {{"put",
           {"key", "value", "value_bytes", "session", "sequence", "via", "expect", "within"},
           ReadCall<Kind::kPut>},
          {"get", {"key", "mode", "any_node", "via", "expect", "within"}, ReadCall<Kind::kGet>},
          {"delete",
           {"key", "session", "sequence", "via", "expect", "within"},
           ReadCall<Kind::kDelete>},
          {"cas",
           {"key", "value", "value_bytes", "expected", "session", "sequence", "via", "expect",
            "within"},
           ReadCall<Kind::kCas>},
          {"transfer_leader", {"to", "via", "expect"}, ReadTransfer}};
}

}  // namespace drydock::sim
