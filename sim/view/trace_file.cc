#include "sim/view/trace_file.h"

#include <algorithm>
#include <utility>

namespace drydock::sim {
namespace {

using nlohmann::json;

Error At(std::size_t number, const std::string& what) {
  return Error{"line " + std::to_string(number) + ": " + what};
}

bool IsCount(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned();
}

Status CheckHeader(const json& header) {
  if (!header.is_object() || !header.contains("trace")) {
    return At(1, "this is no trace: it should begin with {\"trace\":1, ...}");
  }
  if (header["trace"] != 1) return At(1, "this program reads version 1 of the format");
  return Ok();
}

Result<TraceLine> LineOf(json fields, std::size_t number) {
  const bool whole = fields.is_object() && IsCount(fields, "id") && IsCount(fields, "t") &&
                     fields.contains("event") && fields["event"].is_string();
  if (!whole) return At(number, "expected an event, with id, t and event");
  TraceLine line;
  line.id = NumberOf(fields, "id");
  line.cause = NumberOf(fields, "cause");
  line.time = fields["t"].get<std::int64_t>();
  line.node = TextOf(fields, "node");
  line.event = TextOf(fields, "event");
  line.fields = std::move(fields);
  if (line.cause >= line.id) return At(number, "its cause does not come before it");
  return line;
}

// One line without its break; whether it ended with one.
std::string_view TakeLine(std::string_view& text, bool& whole) {
  const std::size_t size = text.find('\n');
  whole = size != std::string_view::npos;
  const std::string_view line = text.substr(0, size);
  text.remove_prefix(whole ? size + 1 : text.size());
  return line;
}

// Takes one line that was read; false once the last one is.
Result<bool> Take(json value, std::size_t number, TraceFile& trace) {
  if (number == 1) {
    const Status sound = CheckHeader(value);
    if (!sound.ok()) return sound.error();
    trace.header = std::move(value);
    return true;
  }
  if (value.is_object() && value.contains("end")) {
    trace.end = std::move(value);
    return false;
  }
  Result<TraceLine> line = LineOf(std::move(value), number);
  if (!line.ok()) return line.error();
  const std::uint64_t expected = trace.lines.size() + 1;
  if (!trace.OfRealNode() && line.value().id != expected) {
    return At(number, "expected event " + std::to_string(expected) + ", found " +
                          std::to_string(line.value().id));
  }
  trace.lines.push_back(std::move(line.value()));
  return true;
}

}  // namespace

std::string TextOf(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t NumberOf(const json& object, const char* key) {
  return IsCount(object, key) ? object[key].get<std::uint64_t>() : 0;
}

Result<TraceFile> ReadTrace(std::string_view text) {
  TraceFile trace;
  std::size_t number = 0;
  bool going = true;
  while (going && !text.empty()) {
    bool whole = true;
    const std::string_view line = TakeLine(text, whole);
    ++number;
    json value = json::parse(line, nullptr, false);
    if (value.is_discarded() && !whole && number > 1) {
      if (trace.OfRealNode()) break;
      return At(number, "the trace is cut off in the middle of this line");
    }
    if (value.is_discarded()) return At(number, number == 1 ? "this is no trace" : "no valid JSON");
    Result<bool> taken = Take(std::move(value), number, trace);
    if (!taken.ok()) return taken.error();
    going = taken.value();
  }
  if (number == 0) return At(1, "the file is empty");
  if (!trace.end.has_value() && !trace.OfRealNode()) {
    return At(number, "the trace is cut short: its last line, with the verdict, is missing");
  }
  return trace;
}

std::string WordsOf(const TraceLine& line) {
  const std::string says = TextOf(line.fields, "says");
  if (!says.empty()) return says;
  std::string words = (line.node.empty() ? "" : line.node + " ") + line.event;
  std::replace(words.begin(), words.end(), '_', ' ');
  for (const auto& [key, value] : line.fields.items()) {
    const bool told = key == "id" || key == "t" || key == "node" || key == "event" ||
                      key == "cause" || value.is_structured();
    if (!told) words += ", " + key + " " + TextOf(line.fields, key.c_str());
  }
  return words;
}

}  // namespace drydock::sim
