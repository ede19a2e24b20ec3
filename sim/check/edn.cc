#include "sim/check/edn.h"

#include <optional>
#include <utility>

#include "core/text/words.h"
#include "sim/check/call_pairs.h"

namespace drydock::sim {
namespace {

constexpr std::size_t kDeepest = 100;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == '\f' || c == '\v';
}
bool IsDelimiter(char c) {
  return IsSpace(c) || std::string_view("()[]{}\";").find(c) != std::string_view::npos;
}

class EdnReader {
 public:
  explicit EdnReader(std::string_view text) : text_(text) {}

  Result<std::vector<EdnValue>> ReadAll() {
    std::vector<EdnValue> values;
    for (SkipSpace(); !AtEnd() && !Failed(); SkipSpace()) ReadInto(values, 0);
    if (Failed()) return *error_;
    return values;
  }

 private:
  bool AtEnd() const { return at_ == text_.size(); }
  bool Failed() const { return error_.has_value(); }
  char Peek() const { return text_[at_]; }
  char Next() {
    if (text_[at_] == '\n') ++line_;
    return text_[at_++];
  }
  void Fail(std::string what) {
    if (!Failed()) error_ = LineError(line_, std::move(what));
  }

  void SkipSpace() {
    while (!AtEnd()) {
      if (Peek() == ';') {
        while (!AtEnd() && Peek() != '\n') Next();
      } else if (IsSpace(Peek())) {
        Next();
      } else {
        return;
      }
    }
  }

  // Reads one value, or a `#_` with the value that it takes out.
  void ReadInto(std::vector<EdnValue>& values, std::size_t depth) {
    if (depth > kDeepest) return Fail("nested deeper than 100");
    EdnValue value;
    value.line = line_;
    const char first = Next();
    if (first == '#') return ReadHash(values, depth);
    if (first == '[') {
      ReadItems(value, EdnValue::Type::kVector, ']', depth);
    } else if (first == '(') {
      ReadItems(value, EdnValue::Type::kVector, ')', depth);
    } else if (first == '{') {
      ReadItems(value, EdnValue::Type::kMap, '}', depth);
    } else if (first == '"') {
      ReadString(value);
    } else if (IsDelimiter(first)) {
      return Fail("unexpected " + Quote({&first, 1}));
    } else {
      ReadAtom(value, first);
    }
    values.push_back(std::move(value));
  }

  void ReadHash(std::vector<EdnValue>& values, std::size_t depth) {
    if (!AtEnd() && Peek() == '{') {
      EdnValue set;
      set.line = line_;
      Next();
      ReadItems(set, EdnValue::Type::kVector, '}', depth);
      values.push_back(std::move(set));
      return;
    }
    const bool discard = !AtEnd() && Peek() == '_';
    if (discard) Next();
    while (!discard && !AtEnd() && !IsDelimiter(Peek())) Next();  // a tag such as #inst
    SkipSpace();
    if (AtEnd()) return Fail("the text ends after #");
    std::vector<EdnValue> discarded;
    ReadInto(discard ? discarded : values, depth + 1);
  }

  void ReadItems(EdnValue& value, EdnValue::Type type, char close, std::size_t depth) {
    value.type = type;
    for (SkipSpace(); !Failed(); SkipSpace()) {
      if (AtEnd()) {
        return Fail(std::string("the text ends before the ") + close + " for line " +
                    std::to_string(value.line));
      }
      if (Peek() == close) {
        Next();
        break;
      }
      ReadInto(value.items, depth + 1);
    }
    if (type == EdnValue::Type::kMap && value.items.size() % 2 != 0) {
      Fail("a map has a key without a value");
    }
  }

  void ReadString(EdnValue& value) {
    value.type = EdnValue::Type::kText;
    while (!AtEnd() && Peek() != '"') {
      const char c = Next();
      value.text += c;
      if (c != '\\') continue;
      value.text.pop_back();
      if (AtEnd()) break;
      ReadEscape(value.text);
    }
    if (AtEnd()) return Fail("the text ends in the string of line " + std::to_string(value.line));
    Next();
  }

  void ReadEscape(std::string& text) {
    const char c = Next();
    constexpr std::string_view kNames = "tnr\\\"bf";
    constexpr std::string_view kMeanings = "\t\n\r\\\"\b\f";
    const std::size_t which = kNames.find(c);
    if (which == std::string_view::npos)
      return Fail("unknown escape: a backslash and " + Quote({&c, 1}));
    text += kMeanings[which];
  }

  void ReadAtom(EdnValue& value, char first) {
    value.text = first;
    // A character such as \( is a backslash and whatever follows.
    if (first == '\\' && !AtEnd()) value.text += Next();
    while (!AtEnd() && !IsDelimiter(Peek())) value.text += Next();
    value.type = first == ':'          ? EdnValue::Type::kKeyword
                 : value.text == "nil" ? EdnValue::Type::kNil
                                       : EdnValue::Type::kAtom;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::optional<Error> error_;
};

}  // namespace

const EdnValue* EdnValue::Find(std::string_view keyword) const {
  const EdnValue* found = nullptr;
  if (type != Type::kMap) return found;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].IsKeyword(keyword)) found = &items[i + 1];
  }
  return found;
}

Result<std::vector<EdnValue>> ReadEdn(std::string_view text) {
  return EdnReader(text).ReadAll();
}

}  // namespace drydock::sim
