// Strict JSON for files that people write: every value knows its place, and numbers keep their
// text, so nothing passes through floating point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace drydock {

// Counted from 1; columns count characters, not bytes.
struct JsonPlace {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

struct JsonMember;

struct JsonValue {
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  JsonPlace place;
  std::string text;                 // kString: what it says; kNumber: as it stands in the file
  std::vector<JsonValue> items;     // kArray
  std::vector<JsonMember> members;  // kObject, in file order; no two have the same key

  // The member of that name, or null.
  const JsonMember* Find(std::string_view key) const;
};

struct JsonMember {
  std::string key;
  JsonPlace key_place;
  JsonValue value;
};

inline constexpr std::size_t kMaxJsonBytes = std::size_t{4} << 20;
inline constexpr std::size_t kMaxJsonDepth = 64;
inline constexpr std::size_t kMaxJsonValues = 500000;

// Reads one JSON document. Errors: broken syntax, comments, anything after the document, a byte
// order mark, invalid UTF-8, a key twice in one object, more bytes, depth or values than the limits
// above. The text is one line: "FILE:LINE:COLUMN: what".
Result<JsonValue> ParseJson(std::string_view text, const std::string& file_name);

// The JSON pointer (RFC 6901) of `value`, which must be `root` or inside it; "" for the root
// itself.
std::string PointerTo(const JsonValue& root, const JsonValue& value);
// One step of a pointer: "/" and the key with '~' and '/' escaped, shortened and on one line.
std::string PointerStep(std::string_view key);

// "a string", "the number 5", ...: for messages.
std::string Describe(const JsonValue& value);

}  // namespace drydock
