// Reading a JSON document into a struct: closed objects, typed fields, and the first mistake told
// with its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"
#include "core/text/json.h"
#include "core/text/units.h"

namespace drydock {

// Remembers the first mistake of a document. Reading goes on after one with made-up values, so that
// the readers need no error paths; who started the reading looks at it once, at the end.
class Mistakes {
 public:
  // Both must outlive this.
  Mistakes(const JsonValue& root, const std::string& file_name)
      : root_(root), file_name_(file_name) {}

  // `text` tells what is wrong with `value` and what was expected.
  void Add(const JsonValue& value, const std::string& text);
  // The same about the key of a member of `object`.
  void AddKey(const JsonValue& object, const JsonMember& member, const std::string& text);

  bool any() const { return first_.has_value(); }
  // "FILE:LINE:COLUMN: /events/3/node: text"; only if any().
  const Error& first() const { return *first_; }
  const JsonValue& root() const { return root_; }

 private:
  void Add(JsonPlace place, const std::string& pointer, const std::string& text);

  const JsonValue& root_;
  const std::string& file_name_;
  std::optional<Error> first_;
};

// One object with a closed set of keys. Every reader adds a mistake and gives `fallback` (or
// nothing) if the value has the wrong type or range; an absent key gives the fallback without a
// mistake.
class Fields {
 public:
  // `what` names the object in messages. Keys that are not in `keys` are mistakes. All arguments
  // must outlive this.
  Fields(const JsonValue& value, std::string_view what, std::span<const std::string_view> keys,
         Mistakes& mistakes);

  // The value of a key, or null.
  const JsonValue* Find(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  // The value of a key that must be there; a mistake and null if it is not.
  const JsonValue* Need(std::string_view key) const;

  std::string Text(std::string_view key, const std::string& fallback = "") const;
  bool Bool(std::string_view key, bool fallback) const;
  Duration Time(std::string_view key, Duration fallback) const;
  std::optional<Duration> OptionalTime(std::string_view key, Sign sign = Sign::kNotNegative) const;
  // As OptionalTime, but 0 is a mistake.
  std::optional<Duration> PositiveTime(std::string_view key) const;
  // A whole number from `min` to `max`.
  std::uint64_t Count(std::string_view key, std::uint64_t fallback, std::uint64_t min,
                      std::uint64_t max) const;
  std::optional<std::uint64_t> OptionalCount(std::string_view key, std::uint64_t min,
                                             std::uint64_t max) const;
  std::optional<std::uint64_t> OptionalProbability(std::string_view key) const;

  const JsonValue& value() const { return value_; }
  Mistakes& mistakes() const { return mistakes_; }

 private:
  const JsonValue& value_;
  std::string_view what_;
  Mistakes& mistakes_;
};

// Single values, with the same rule: a mistake and a made-up value, or the value.
bool IsObject(const JsonValue& value, std::string_view what, Mistakes& mistakes);
// The items of an array of min to max items; none if it is no such array.
std::span<const JsonValue> ReadItems(const JsonValue& value, std::string_view what, std::size_t min,
                                     std::size_t max, Mistakes& mistakes);
std::string ReadText(const JsonValue& value, std::string_view what, Mistakes& mistakes);
bool ReadBool(const JsonValue& value, bool fallback, Mistakes& mistakes);
Duration ReadTime(const JsonValue& value, Duration fallback, Mistakes& mistakes,
                  Sign sign = Sign::kNotNegative);
std::uint64_t ReadCount(const JsonValue& value, std::uint64_t fallback, std::uint64_t min,
                        std::uint64_t max, Mistakes& mistakes);
// A number in parts of 10^-places.
std::uint64_t ReadScaled(const JsonValue& value, int places, std::uint64_t max, Mistakes& mistakes);
std::uint64_t ReadProbability(const JsonValue& value, Mistakes& mistakes);
// [min, max] with min <= max.
std::pair<Duration, Duration> ReadTimeRange(const JsonValue& value,
                                            std::pair<Duration, Duration> fallback,
                                            Mistakes& mistakes);
std::pair<std::uint64_t, std::uint64_t> ReadCountRange(
    const JsonValue& value, std::pair<std::uint64_t, std::uint64_t> fallback, std::uint64_t max,
    Mistakes& mistakes);
// Which of `words` it is; 0 after a mistake.
std::size_t ReadWord(const JsonValue& value, std::string_view what,
                     std::span<const std::string_view> words, Mistakes& mistakes);

}  // namespace drydock
