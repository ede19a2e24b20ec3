// A reader of EDN (the data notation of Clojure), as far as histories use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace drydock::sim {

struct EdnValue {
  enum class Type : std::uint8_t {
    kNil,
    kText,     // a string, without its quotes
    kAtom,     // a number, symbol, character or boolean, as written
    kKeyword,  // with its colon
    kVector,   // also lists and sets
    kMap,      // key, value, key, value, ...
  };
  Type type = Type::kNil;
  std::size_t line = 1;
  std::string text;
  std::vector<EdnValue> items;

  bool IsKeyword(std::string_view name) const { return type == Type::kKeyword && text == name; }
  // The value of a keyword in a map; null if there is none. The last one counts.
  const EdnValue* Find(std::string_view keyword) const;
};

// All values of a text, in order. Comments, `#_` and tags are skipped. Errors name the line; what
// is nested deeper than 100 is one.
Result<std::vector<EdnValue>> ReadEdn(std::string_view text);

}  // namespace drydock::sim
