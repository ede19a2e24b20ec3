// The histories of Knossos (one register) and Porcupine (keys): maps of EDN, one an event.
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/words.h"
#include "sim/check/call_pairs.h"
#include "sim/check/edn.h"
#include "sim/check/history_readers.h"

namespace drydock::sim {
namespace {

enum class Dialect : std::uint8_t { kKnossos, kPorcupine };

struct Event {
  std::uint32_t process = 0;
  std::string_view type;
  std::string_view function;
  const EdnValue* key = nullptr;  // null: not given
  const EdnValue* value = nullptr;
};

std::optional<std::uint32_t> ProcessNumber(const EdnValue& value) {
  std::uint32_t number = 0;
  const std::string& text = value.text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (value.type != EdnValue::Type::kAtom || !whole) return std::nullopt;
  return number;
}

const EdnValue& Nil() {
  static const EdnValue nil;
  return nil;
}

Result<Event> EventOf(const EdnValue& map) {
  const EdnValue* type = map.Find(":type");
  const EdnValue* function = map.Find(":f");
  if (type == nullptr || function == nullptr || type->type != EdnValue::Type::kKeyword ||
      function->type != EdnValue::Type::kKeyword) {
    return Error{"an event needs :type and :f, both keywords"};
  }
  const std::optional<std::uint32_t> process = ProcessNumber(*map.Find(":process"));
  if (!process.has_value()) return Error{":process must be an integer from 0 on"};
  const EdnValue* value = map.Find(":value");
  return Event{*process, type->text, function->text, map.Find(":key"),
               value == nullptr ? &Nil() : value};
}

// A content of the register; nil is missing. Nullopt: no scalar.
bool IsScalar(const EdnValue& value) {
  return value.type == EdnValue::Type::kText || value.type == EdnValue::Type::kAtom ||
         value.type == EdnValue::Type::kKeyword || value.type == EdnValue::Type::kNil;
}
std::optional<Bytes> Content(const EdnValue& value) {
  if (value.type == EdnValue::Type::kNil) return std::nullopt;
  return Bytes(value.text);
}

Status SetWritten(const EdnValue& value, Operation& op) {
  if (!IsScalar(value)) return Error{"a written :value must be a number, string, keyword or nil"};
  if (value.type == EdnValue::Type::kNil) op.kind = OperationKind::kDelete;
  op.value = Bytes(value.text);
  return Ok();
}

Result<Operation> KnossosCall(const Event& event) {
  Operation op;
  op.client = event.process;
  op.key = Bytes(kOnlyKey);
  if (event.function == ":read") return op;
  if (event.function == ":write") {
    op.kind = OperationKind::kPut;
    const Status set = SetWritten(*event.value, op);
    if (!set.ok()) return set.error();
    return op;
  }
  if (event.function != ":cas") {
    return Error{"unknown :f " + Quote(event.function) + "; expected :read, :write or :cas"};
  }
  op.kind = OperationKind::kCompareAndSet;
  const std::vector<EdnValue>& pair = event.value->items;
  if (event.value->type != EdnValue::Type::kVector || pair.size() != 2 || !IsScalar(pair[0]) ||
      !IsScalar(pair[1]) || pair[1].type == EdnValue::Type::kNil) {
    return Error{"the :value of a :cas must be [from to], to not nil"};
  }
  op.expected = Content(pair[0]);
  op.value = Bytes(pair[1].text);
  return op;
}

Result<Operation> PorcupineCall(const Event& event) {
  Operation op;
  op.client = event.process;
  if (event.key == nullptr || !IsScalar(*event.key)) return Error{"an event needs a scalar :key"};
  op.key = Bytes(event.key->text);
  if (event.function == ":get") return op;
  if (event.function != ":put" && event.function != ":append") {
    return Error{"unknown :f " + Quote(event.function) + "; expected :get, :put or :append"};
  }
  op.kind = event.function == ":put" ? OperationKind::kPut : OperationKind::kAppend;
  if (event.value->type != EdnValue::Type::kText) {
    return Error{"a written :value must be a string"};
  }
  op.value = Bytes(event.value->text);
  return op;
}

std::string_view FunctionOf(OperationKind kind, Dialect dialect) {
  switch (kind) {
    case OperationKind::kGet:
      return dialect == Dialect::kKnossos ? ":read" : ":get";
    case OperationKind::kPut:
    case OperationKind::kDelete:
      return dialect == Dialect::kKnossos ? ":write" : ":put";
    case OperationKind::kAppend:
      return ":append";
    case OperationKind::kCompareAndSet:
      break;
  }
  return ":cas";
}

Result<Operation> EndOf(const Operation& call, const Event& event) {
  Operation op = call;
  if (event.type == ":info") return op;
  if (event.type != ":ok" && event.type != ":fail") {
    return Error{"unknown :type " + Quote(event.type) + "; expected :invoke, :ok, :fail or :info"};
  }
  op.outcome = event.type == ":ok" ? OperationOutcome::kOk : OperationOutcome::kFailed;
  if (op.outcome == OperationOutcome::kFailed || op.kind != OperationKind::kGet) return op;
  if (!IsScalar(*event.value)) return Error{"the :value that was read must be a scalar"};
  op.result = Content(*event.value);
  op.result_known = op.result.has_value();
  return op;
}

Status TakeEvent(const Event& event, Dialect dialect, CallPairs& pairs) {
  if (event.type == ":invoke") {
    Result<Operation> call =
        dialect == Dialect::kKnossos ? KnossosCall(event) : PorcupineCall(event);
    if (!call.ok()) return call.error();
    return pairs.Call(std::move(call.value()));
  }
  const std::string process = "process " + std::to_string(event.process);
  const Operation* pending = pairs.Pending(event.process);
  if (pending == nullptr) return Error{process + " ends an operation that it never called"};
  const std::string_view called = FunctionOf(pending->kind, dialect);
  if (called != event.function) {
    return Error{process + " ends " + Quote(event.function) + " but had called " +
                 std::string(called)};
  }
  const bool other_key = dialect == Dialect::kPorcupine && event.key != nullptr &&
                         event.key->text != pending->key.view();
  if (other_key) return Error{process + " ends with another :key than it called"};
  Result<Operation> end = EndOf(*pending, event);
  if (!end.ok()) return end.error();
  pairs.End(std::move(end.value()));
  return Ok();
}

Status TakeAll(const std::vector<EdnValue>& maps, Dialect dialect, CallPairs& pairs) {
  for (const EdnValue& map : maps) {
    const EdnValue* process = map.Find(":process");
    if (process == nullptr) return LineError(map.line, "expected a map with :process");
    if (process->type == EdnValue::Type::kKeyword) continue;  // :nemesis and the like
    const Result<Event> event = EventOf(map);
    if (!event.ok()) return LineError(map.line, event.error().text);
    const Status taken = TakeEvent(event.value(), dialect, pairs);
    if (!taken.ok()) return LineError(map.line, taken.error().text);
  }
  return Ok();
}

Result<History> ReadEvents(std::string_view text, Dialect dialect) {
  const Result<std::vector<EdnValue>> values = ReadEdn(text);
  if (!values.ok()) return values.error();
  const std::vector<EdnValue>* maps = &values.value();
  if (maps->size() == 1 && maps->front().type == EdnValue::Type::kVector) {
    maps = &maps->front().items;
  }
  CallPairs pairs;
  const Status taken = TakeAll(*maps, dialect, pairs);
  if (!taken.ok()) return taken.error();
  return pairs.TakeHistory();
}

}  // namespace

Result<History> ReadEdnHistory(std::string_view text) {
  return ReadEvents(text, Dialect::kKnossos);
}

Result<History> ReadPorcupineHistory(std::string_view text) {
  Result<History> history = ReadEvents(text, Dialect::kPorcupine);
  if (history.ok()) history.value().initial = Bytes();
  return history;
}

}  // namespace drydock::sim
