// Lines such as `INFO  jepsen.util - 3 :invoke :cas [1 2]`.
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/words.h"
#include "sim/check/call_pairs.h"
#include "sim/check/history_readers.h"

namespace drydock::sim {
namespace {

struct Fields {
  std::uint32_t process = 0;
  std::string_view type;
  std::string_view function;
  std::string_view value;
};

constexpr std::string_view kExpected =
    "expected `INFO  jepsen.util - <process> :invoke|:ok|:fail|:info :read|:write|:cas <value>`";

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// Takes the next word off the front of `rest`.
std::string_view Word(std::string_view& rest) {
  while (!rest.empty() && IsBlank(rest.front())) rest.remove_prefix(1);
  std::size_t size = 0;
  while (size < rest.size() && !IsBlank(rest[size])) ++size;
  const std::string_view word = rest.substr(0, size);
  rest.remove_prefix(size);
  return word;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

template <class Number>
bool IsNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::optional<Fields> SplitLine(std::string_view line) {
  if (Word(line) != "INFO" || Word(line) != "jepsen.util" || Word(line) != "-") return std::nullopt;
  Fields fields;
  if (!IsNumber(Word(line), fields.process)) return std::nullopt;
  fields.type = Word(line);
  fields.function = Word(line);
  fields.value = Trim(line);
  if (fields.value.empty()) return std::nullopt;
  return fields;
}

std::optional<Bytes> IntegerValue(std::string_view text) {
  std::int64_t number = 0;
  if (!IsNumber(text, number)) return std::nullopt;
  return Bytes(std::to_string(number));
}

// `[from to]`.
bool SwapValue(std::string_view text, Operation& op) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  op.expected = IntegerValue(Word(text));
  const std::optional<Bytes> to = IntegerValue(Word(text));
  if (!op.expected.has_value() || !to.has_value() || !Trim(text).empty()) return false;
  op.value = *to;
  return true;
}

Result<Operation> CallOf(const Fields& fields) {
  Operation op;
  op.client = fields.process;
  op.key = Bytes(kOnlyKey);
  if (fields.function == ":read") return op;
  if (fields.function == ":write") {
    op.kind = OperationKind::kPut;
    const std::optional<Bytes> value = IntegerValue(fields.value);
    if (!value.has_value()) return Error{":write needs an integer, not " + Quote(fields.value)};
    op.value = *value;
    return op;
  }
  if (fields.function != ":cas") {
    return Error{"unknown operation " + Quote(fields.function) +
                 "; expected :read, :write or :cas"};
  }
  op.kind = OperationKind::kCompareAndSet;
  if (!SwapValue(fields.value, op)) {
    return Error{":cas needs [from to], two integers, not " + Quote(fields.value)};
  }
  return op;
}

Result<Operation> EndOf(const Operation& call, const Fields& fields) {
  Operation op = call;
  if (fields.type == ":info") return op;
  op.outcome = OperationOutcome::kOk;
  if (fields.type == ":fail") {
    op.outcome = op.kind == OperationKind::kCompareAndSet ? OperationOutcome::kCompareFailed
                                                          : OperationOutcome::kFailed;
    return op;
  }
  if (fields.type != ":ok") {
    return Error{"unknown type " + Quote(fields.type) + "; expected :invoke, :ok, :fail or :info"};
  }
  if (op.kind != OperationKind::kGet) return op;
  op.result_known = true;
  op.result = IntegerValue(fields.value);
  if (!op.result.has_value() && fields.value != "nil") {
    return Error{"a :read that is :ok needs an integer or nil, not " + Quote(fields.value)};
  }
  return op;
}

std::string_view FunctionOf(OperationKind kind) {
  if (kind == OperationKind::kGet) return ":read";
  return kind == OperationKind::kPut ? ":write" : ":cas";
}

Status TakeLine(const Fields& fields, CallPairs& pairs) {
  if (fields.type == ":invoke") {
    Result<Operation> call = CallOf(fields);
    if (!call.ok()) return call.error();
    return pairs.Call(std::move(call.value()));
  }
  const std::string process = "process " + std::to_string(fields.process);
  const Operation* pending = pairs.Pending(fields.process);
  if (pending == nullptr) {
    return Error{process + " ends an operation that it never called"};
  }
  if (FunctionOf(pending->kind) != fields.function) {
    return Error{process + " ends " + Quote(fields.function) + " but had called " +
                 std::string(FunctionOf(pending->kind))};
  }
  Result<Operation> end = EndOf(*pending, fields);
  if (!end.ok()) return end.error();
  pairs.End(std::move(end.value()));
  return Ok();
}

}  // namespace

Result<History> ReadJepsenLog(std::string_view text) {
  CallPairs pairs;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (Trim(line).empty()) continue;
    const std::optional<Fields> fields = SplitLine(line);
    if (!fields.has_value()) return LineError(number, std::string(kExpected));
    const Status taken = TakeLine(*fields, pairs);
    if (!taken.ok()) return LineError(number, taken.error().text);
  }
  return pairs.TakeHistory();
}

}  // namespace drydock::sim
