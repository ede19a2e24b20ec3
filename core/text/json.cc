#include "core/text/json.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/text/words.h"

namespace drydock {
namespace {

using nlohmann::json;

// Follows the tokens of the text beside nlohmann's parser, which tells neither where a token begins
// nor how a number was written.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  // Moves to the next token; commas and colons are already judged by the parser.
  void SkipToToken() {
    const std::size_t next = text_.find_first_not_of(" \t\r\n,:", offset_);
    MoveTo(std::min(next, text_.size()));
  }
  // Moves past a token of `count` bytes and gives its text.
  std::string_view Take(std::size_t count) {
    const std::string_view token = text_.substr(offset_, count);
    MoveTo(offset_ + token.size());
    return token;
  }
  std::string_view TakeNumber() {
    const std::size_t end = text_.find_first_not_of("+-.0123456789eE", offset_);
    return Take(std::min(end, text_.size()) - offset_);
  }
  void TakeString() {
    std::size_t end = offset_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    Take(end + 1 - offset_);
  }
  void MoveTo(std::size_t offset) {
    for (; offset_ < offset; ++offset_) {
      const auto byte = static_cast<unsigned char>(text_[offset_]);
      if (byte == '\n') {
        ++place_.line;
        place_.column = 1;
      } else if ((byte & 0xC0) != 0x80) {  // not the inside of a UTF-8 sequence
        ++place_.column;
      }
    }
  }
  JsonPlace place() const { return place_; }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  JsonPlace place_;
};

JsonPlace PlaceOf(std::string_view text, std::size_t offset) {
  Cursor cursor(text);
  cursor.MoveTo(std::min(offset, text.size()));
  return cursor.place();
}

// Nlohmann's message without its preamble and without the last token, which may be megabytes long.
std::string ShortMessage(std::string what) {
  const std::string_view preamble = "syntax error while parsing ";
  if (const auto at = what.find(preamble); at != std::string::npos) {
    what.erase(0, at + preamble.size());
  } else if (const auto end = what.find("] "); end != std::string::npos) {
    what.erase(0, end + 2);
  }
  if (const auto at = what.find("; last read: '"); at != std::string::npos) {
    const auto expected = what.rfind("'; expected ");
    what = what.substr(0, at) + (expected == std::string::npos ? "" : what.substr(expected + 1));
  }
  constexpr std::size_t kLongest = 200;
  if (what.size() > kLongest) what.resize(kLongest);
  return what;
}

// Builds the tree out of nlohmann's SAX events; the first error stops it.
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(std::string_view text) : text_(text), cursor_(text) {}

  bool null() override {
    cursor_.SkipToToken();
    return Leaf(JsonValue::Kind::kNull, 4);
  }
  bool boolean(bool value) override {
    cursor_.SkipToToken();
    if (!Leaf(JsonValue::Kind::kBool, value ? 4 : 5)) return false;
    last_->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t) override { return Number(); }
  bool number_unsigned(number_unsigned_t) override { return Number(); }
  bool number_float(number_float_t, const string_t&) override { return Number(); }
  bool string(string_t& value) override {
    cursor_.SkipToToken();
    if (!Add(JsonValue::Kind::kString)) return false;
    last_->text = std::move(value);
    cursor_.TakeString();
    return true;
  }
  bool binary(binary_t&) override { return false; }  // JSON has none
  bool start_object(std::size_t) override { return Open(JsonValue::Kind::kObject); }
  bool start_array(std::size_t) override { return Open(JsonValue::Kind::kArray); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& key) override;
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override;

  const std::string& error() const { return error_; }
  JsonPlace error_place() const { return error_place_; }
  JsonValue TakeRoot() { return std::move(root_); }

 private:
  struct Level {
    JsonValue* value;
    std::set<std::string> keys;
  };

  bool Fail(JsonPlace place, std::string text) {
    error_ = std::move(text);
    error_place_ = place;
    return false;
  }
  bool Number() {
    cursor_.SkipToToken();
    if (!Add(JsonValue::Kind::kNumber)) return false;
    last_->text = cursor_.TakeNumber();
    return true;
  }
  bool Leaf(JsonValue::Kind kind, std::size_t size) {
    if (!Add(kind)) return false;
    cursor_.Take(size);
    return true;
  }
  bool Add(JsonValue::Kind kind);
  bool Open(JsonValue::Kind kind);
  bool Close() {
    cursor_.SkipToToken();
    cursor_.Take(1);
    levels_.pop_back();
    return true;
  }

  std::string_view text_;
  Cursor cursor_;
  JsonValue root_;
  // Pointers into the tree stay valid: only the innermost container grows.
  std::vector<Level> levels_;
  JsonValue* last_ = nullptr;
  std::size_t values_ = 0;
  std::string error_;
  JsonPlace error_place_;
};

bool Builder::Add(JsonValue::Kind kind) {
  if (++values_ > kMaxJsonValues) {
    return Fail(cursor_.place(), "more than " + std::to_string(kMaxJsonValues) + " values");
  }
  if (levels_.empty()) {
    last_ = &root_;
  } else if (JsonValue& outer = *levels_.back().value; outer.kind == JsonValue::Kind::kArray) {
    last_ = &outer.items.emplace_back();
  } else {
    last_ = &outer.members.back().value;
  }
  last_->kind = kind;
  last_->place = cursor_.place();
  return true;
}

bool Builder::Open(JsonValue::Kind kind) {
  cursor_.SkipToToken();
  if (levels_.size() == kMaxJsonDepth) {
    return Fail(cursor_.place(), "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
  }
  if (!Add(kind)) return false;
  cursor_.Take(1);
  levels_.push_back({last_, {}});
  return true;
}

bool Builder::key(string_t& key) {
  cursor_.SkipToToken();
  const JsonPlace place = cursor_.place();
  Level& level = levels_.back();
  if (!level.keys.insert(key).second) {
    const JsonPlace first = level.value->Find(key)->key_place;
    return Fail(place, "duplicate key " + Quote(key) + "; it is already in line " +
                           std::to_string(first.line) + ", column " + std::to_string(first.column));
  }
  cursor_.TakeString();
  JsonMember& member = level.value->members.emplace_back();
  member.key = std::move(key);
  member.key_place = place;
  return true;
}

bool Builder::parse_error(std::size_t position, const std::string& token,
                          const nlohmann::detail::exception& error) {
  std::string message = ShortMessage(error.what());
  // A bad byte is the last one read; a token in the wrong place is told by its beginning.
  std::size_t back = 1;
  const bool misplaced = message.find("unexpected") != std::string::npos;
  if (misplaced && position <= text_.size()) back = std::max<std::size_t>(token.size(), 1);
  const std::size_t offset = position >= back ? position - back : 0;
  return Fail(PlaceOf(text_, offset), "not valid JSON: " + std::move(message));
}

Error At(const std::string& file_name, JsonPlace place, const std::string& text) {
  return Error{file_name + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
               ": " + text};
}

// The path of `value` below `here`, if it is there. Addresses are only compared for equality.
bool FindPath(const JsonValue& here, const JsonValue& value, std::string& path) {
  if (&here == &value) return true;
  const std::size_t size = path.size();
  for (std::size_t i = 0; i < here.items.size(); ++i) {
    path += "/" + std::to_string(i);
    if (FindPath(here.items[i], value, path)) return true;
    path.resize(size);
  }
  for (const JsonMember& member : here.members) {
    path += PointerStep(member.key);
    if (FindPath(member.value, value, path)) return true;
    path.resize(size);
  }
  return false;
}

}  // namespace

const JsonMember* JsonValue::Find(std::string_view key) const {
  const auto found = std::find_if(members.begin(), members.end(),
                                  [&](const JsonMember& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

Result<JsonValue> ParseJson(std::string_view text, const std::string& file_name) {
  if (text.size() > kMaxJsonBytes) {
    return Error{file_name + ": " + std::to_string(text.size()) +
                 " bytes; a file may have at most " + std::to_string(kMaxJsonBytes)};
  }
  if (text.substr(0, 3) == "\xEF\xBB\xBF") {
    return At(file_name, {}, "begins with a byte order mark; save it as UTF-8 without one");
  }
  // The parser takes a zero byte for the end of the text and would not look at what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return At(file_name, PlaceOf(text, zero), "not valid JSON: a zero byte");
  }
  Builder builder(text);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) {
    return At(file_name, builder.error_place(), builder.error());
  }
  return builder.TakeRoot();
}

std::string PointerTo(const JsonValue& root, const JsonValue& value) {
  std::string path;
  FindPath(root, value, path);
  return path;
}

std::string PointerStep(std::string_view key) {
  const std::string quoted = Quote(key);
  std::string step = "/";
  for (const char c : std::string_view(quoted).substr(1, quoted.size() - 2)) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

std::string Describe(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::kNull:
      return "null";
    case JsonValue::Kind::kBool:
      return value.boolean ? "true" : "false";
    case JsonValue::Kind::kNumber:
      return "the number " + Shorten(value.text);
    case JsonValue::Kind::kString:
      return "the string " + Quote(value.text);
    case JsonValue::Kind::kArray:
      return "an array";
    case JsonValue::Kind::kObject:
      return "an object";
  }
  return "";
}

}  // namespace drydock
