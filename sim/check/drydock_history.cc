// Our own format: JSON Lines, one operation a line (foreign_history.h describes it).
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/check/call_pairs.h"
#include "sim/check/foreign_history.h"
#include "sim/check/history_readers.h"

namespace drydock::sim {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 5> kKinds = {"put", "get", "delete", "cas", "append"};
constexpr std::array<std::string_view, 4> kOutcomes = {"ok", "failed", "compare_failed", "unknown"};

// The length of the UTF-8 character at the front of `text`; 0 if there is none.
std::size_t CharacterSize(std::string_view text) {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4) return 0;
  const bool overlong = first == 0xf0 && byte(1) < 0x90;
  const bool too_large = first == 0xf4 && byte(1) >= 0x90;
  return continues(1) && continues(2) && continues(3) && !overlong && !too_large ? 4 : 0;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

Json JsonOf(const Bytes& bytes) {
  if (IsUtf8(bytes.view())) return Json(std::string(bytes.view()));
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes.view()) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return Json{{"hex", std::move(hex)}};
}

Json JsonOf(const std::optional<Bytes>& bytes) {
  return bytes.has_value() ? JsonOf(*bytes) : Json(nullptr);
}

bool HasValue(OperationKind kind) {
  return kind == OperationKind::kPut || kind == OperationKind::kCompareAndSet ||
         kind == OperationKind::kAppend;
}

Json JsonOf(const Operation& op) {
  Json line;
  line["client"] = op.client;
  line["op"] = kKinds[static_cast<std::size_t>(op.kind)];
  line["key"] = JsonOf(op.key);
  if (op.kind == OperationKind::kCompareAndSet) line["expected"] = JsonOf(op.expected);
  if (HasValue(op.kind)) line["value"] = JsonOf(op.value);
  line["call"] = op.invoke;
  if (op.response != kNeverReturned) line["return"] = op.response;
  line["outcome"] = kOutcomes[static_cast<std::size_t>(op.outcome)];
  if (op.result_known) line["result"] = JsonOf(op.result);
  if (op.term != 0) line["term"] = op.term;
  if (op.index != 0) line["index"] = op.index;
  return line;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Bytes> BytesOfHex(const std::string& hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexDigit(hex[i]);
    const int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return Bytes(bytes);
}

// Takes the fields of one line; the first thing that is wrong is kept.
class LineReader {
 public:
  explicit LineReader(const Json& line) : line_(line) {}

  bool Has(const char* name) const { return line_.contains(name); }

  Bytes BytesAt(const char* name) {
    const std::optional<Bytes> bytes = BytesOrNull(name, /*null_allowed=*/false);
    return bytes.value_or(Bytes());
  }

  std::optional<Bytes> BytesOrNull(const char* name, bool null_allowed = true) {
    const Json* field = Field(name);
    if (field == nullptr || (null_allowed && field->is_null())) return std::nullopt;
    if (field->is_string()) return Bytes(field->get_ref<const std::string&>());
    if (field->is_object() && field->size() == 1 && field->contains("hex") &&
        field->at("hex").is_string()) {
      const std::optional<Bytes> bytes = BytesOfHex(field->at("hex").get_ref<const std::string&>());
      if (bytes.has_value()) return bytes;
    }
    Fail(name, null_allowed ? R"(must be a string, {"hex":"00ff"} or null)"
                            : R"(must be a string or {"hex":"00ff"})");
    return std::nullopt;
  }

  std::uint64_t Unsigned(const char* name, std::uint64_t largest) {
    const Json* field = Field(name);
    if (field == nullptr) return 0;
    if (field->is_number_unsigned() && field->get<std::uint64_t>() <= largest) {
      return field->get<std::uint64_t>();
    }
    Fail(name, "must be an integer from 0 to " + std::to_string(largest));
    return 0;
  }

  std::int64_t Time(const char* name) {
    const Json* field = Field(name);
    if (field == nullptr) return 0;
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool fits = !field->is_number_unsigned() || field->get<std::uint64_t>() <= kLargest;
    if (field->is_number_integer() && fits) return field->get<std::int64_t>();
    Fail(name, "must be a 64-bit integer");
    return 0;
  }

  template <std::size_t N>
  std::size_t Choice(const char* name, const std::array<std::string_view, N>& choices) {
    const Json* field = Field(name);
    if (field == nullptr) return 0;
    std::string all;
    for (std::size_t i = 0; i < N; ++i) {
      if (field->is_string() && field->get_ref<const std::string&>() == choices[i]) return i;
      all += (i == 0 ? "" : ", ") + std::string(choices[i]);
    }
    Fail(name, "must be one of " + all);
    return 0;
  }

  // Every field must have been asked for.
  void Finish() {
    for (const auto& [name, value] : line_.items()) {
      if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) {
        Fail(name, "has no meaning here");
      }
    }
  }
  void Fail(std::string_view name, std::string_view what) {
    if (!error_.empty()) return;
    error_ = Json(std::string(name)).dump() + " " + std::string(what);
  }
  const std::string& error() const { return error_; }

 private:
  const Json* Field(const char* name) {
    asked_.emplace_back(name);
    const auto field = line_.find(name);
    if (field != line_.end()) return &*field;
    Fail(name, "is missing");
    return nullptr;
  }

  const Json& line_;
  std::vector<std::string> asked_;
  std::string error_;
};

Operation OperationOf(LineReader& line) {
  Operation op;
  op.client = static_cast<std::uint32_t>(
      line.Unsigned("client", std::numeric_limits<std::uint32_t>::max()));
  op.kind = static_cast<OperationKind>(line.Choice("op", kKinds));
  op.key = line.BytesAt("key");
  if (HasValue(op.kind)) op.value = line.BytesAt("value");
  if (op.kind == OperationKind::kCompareAndSet) op.expected = line.BytesOrNull("expected");
  op.invoke = line.Time("call");
  if (line.Has("return")) op.response = line.Time("return");
  if (op.response < op.invoke) line.Fail("return", "is before \"call\"");
  op.outcome = static_cast<OperationOutcome>(line.Choice("outcome", kOutcomes));
  op.result_known = line.Has("result");
  if (op.result_known) op.result = line.BytesOrNull("result");
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  if (line.Has("term")) op.term = line.Unsigned("term", kLargest);
  if (line.Has("index")) op.index = line.Unsigned("index", kLargest);
  const bool compares = op.kind == OperationKind::kCompareAndSet;
  if (op.outcome == OperationOutcome::kCompareFailed && !compares) {
    line.Fail("outcome", "is compare_failed, which only a cas can be");
  }
  line.Finish();
  return op;
}

// One line of JSON, with neither fields given twice nor anything nested that no field is.
Result<Json> ParseLine(std::string_view text) {
  std::vector<std::string> names;
  std::string error;
  const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > 2) error = "nested too deep";
    if (event == Json::parse_event_t::key && depth == 1) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (std::find(names.begin(), names.end(), name) != names.end()) {
        error = parsed.dump() + " is given twice";
      }
      names.push_back(name);
    }
    return depth <= 2;
  };
  Json line = Json::parse(text.begin(), text.end(), callback, /*allow_exceptions=*/false);
  if (!error.empty()) return Error{error};
  if (line.is_discarded()) return Error{"no valid JSON"};
  if (!line.is_object()) return Error{"expected a JSON object"};
  return line;
}

Status TakeLine(const Json& json, bool first, History& history) {
  LineReader line(json);
  if (first && line.Has("history")) {
    line.Choice("history", std::array<std::string_view, 1>{"drydock"});
    if (line.Has("initial")) history.initial = line.BytesOrNull("initial");
    line.Finish();
  } else {
    history.ops.push_back(OperationOf(line));
  }
  if (!line.error().empty()) return Error{line.error()};
  return Ok();
}

}  // namespace

Result<History> ReadDrydockHistory(std::string_view text) {
  History history;
  bool first = true;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const Result<Json> json = ParseLine(line);
    if (!json.ok()) return LineError(number, json.error().text);
    const Status taken = TakeLine(json.value(), first, history);
    if (!taken.ok()) return LineError(number, taken.error().text);
    first = false;
  }
  return history;
}

std::string WriteHistory(const History& history) {
  std::string text;
  if (history.initial.has_value()) {
    text += Json{{"history", "drydock"}, {"initial", JsonOf(history.initial)}}.dump() + "\n";
  }
  for (const Operation& op : history.ops) text += JsonOf(op).dump() + "\n";
  return text;
}

}  // namespace drydock::sim
