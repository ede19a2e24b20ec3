#include "core/text/fields.h"

#include <algorithm>

#include "core/text/words.h"

namespace drydock {
namespace {

using Kind = JsonValue::Kind;

std::string Expected(std::string_view what, const JsonValue& found) {
  return "expected " + std::string(what) + ", found " + Describe(found);
}

std::string CountRange(std::uint64_t min, std::uint64_t max) {
  if (min == max) return std::to_string(min);
  return std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

void Mistakes::Add(JsonPlace place, const std::string& pointer, const std::string& text) {
  if (first_.has_value()) return;
  first_ =
      Error{file_name_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
            ": " + (pointer.empty() ? "" : pointer + ": ") + text};
}

void Mistakes::Add(const JsonValue& value, const std::string& text) {
  if (!any()) Add(value.place, PointerTo(root_, value), text);
}

void Mistakes::AddKey(const JsonValue& object, const JsonMember& member, const std::string& text) {
  if (!any()) Add(member.key_place, PointerTo(root_, object) + PointerStep(member.key), text);
}

Fields::Fields(const JsonValue& value, std::string_view what,
               std::span<const std::string_view> keys, Mistakes& mistakes)
    : value_(value), what_(what), mistakes_(mistakes) {
  if (!IsObject(value, what, mistakes)) return;
  for (const JsonMember& member : value.members) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    const std::string hint = DidYouMean(member.key, keys);
    mistakes.AddKey(value, member,
                    "unknown key " + Quote(member.key) + " in " + std::string(what) +
                        (hint.empty() ? "; known here: " + Join(keys) : hint));
    return;
  }
}

const JsonValue* Fields::Find(std::string_view key) const {
  const JsonMember* member = value_.Find(key);
  return member == nullptr ? nullptr : &member->value;
}

const JsonValue* Fields::Need(std::string_view key) const {
  const JsonValue* found = Find(key);
  if (found == nullptr) {
    mistakes_.Add(value_, std::string(what_) + " needs " + Quote(key));
  }
  return found;
}

std::string Fields::Text(std::string_view key, const std::string& fallback) const {
  const JsonValue* found = Find(key);
  return found == nullptr ? fallback : ReadText(*found, "a string", mistakes_);
}

bool Fields::Bool(std::string_view key, bool fallback) const {
  const JsonValue* found = Find(key);
  return found == nullptr ? fallback : ReadBool(*found, fallback, mistakes_);
}

Duration Fields::Time(std::string_view key, Duration fallback) const {
  const JsonValue* found = Find(key);
  return found == nullptr ? fallback : ReadTime(*found, fallback, mistakes_);
}

std::optional<Duration> Fields::OptionalTime(std::string_view key, Sign sign) const {
  const JsonValue* found = Find(key);
  if (found == nullptr) return std::nullopt;
  return ReadTime(*found, Duration(), mistakes_, sign);
}

std::optional<Duration> Fields::PositiveTime(std::string_view key) const {
  const std::optional<Duration> time = OptionalTime(key);
  if (time == Duration()) mistakes_.Add(*Find(key), Quote(key) + " must be more than 0");
  return time;
}

std::uint64_t Fields::Count(std::string_view key, std::uint64_t fallback, std::uint64_t min,
                            std::uint64_t max) const {
  return OptionalCount(key, min, max).value_or(fallback);
}

std::optional<std::uint64_t> Fields::OptionalCount(std::string_view key, std::uint64_t min,
                                                   std::uint64_t max) const {
  const JsonValue* found = Find(key);
  if (found == nullptr) return std::nullopt;
  return ReadCount(*found, min, min, max, mistakes_);
}

std::optional<std::uint64_t> Fields::OptionalProbability(std::string_view key) const {
  const JsonValue* found = Find(key);
  if (found == nullptr) return std::nullopt;
  return ReadProbability(*found, mistakes_);
}

bool IsObject(const JsonValue& value, std::string_view what, Mistakes& mistakes) {
  if (value.kind == Kind::kObject) return true;
  mistakes.Add(value, Expected("an object for " + std::string(what), value));
  return false;
}

std::span<const JsonValue> ReadItems(const JsonValue& value, std::string_view what, std::size_t min,
                                     std::size_t max, Mistakes& mistakes) {
  if (value.kind != Kind::kArray) {
    mistakes.Add(value, Expected(what, value));
    return {};
  }
  const std::size_t count = value.items.size();
  if (count >= min && count <= max) return value.items;
  const std::string bound =
      count < min && min != max ? "at least " + std::to_string(min) : std::to_string(max);
  mistakes.Add(value, "expected " + std::string(what) + " with " +
                          (count > max && min != max ? "at most " : "") + bound + " items, found " +
                          std::to_string(count));
  return {};
}

std::string ReadText(const JsonValue& value, std::string_view what, Mistakes& mistakes) {
  if (value.kind == Kind::kString) return value.text;
  mistakes.Add(value, Expected(what, value));
  return "";
}

bool ReadBool(const JsonValue& value, bool fallback, Mistakes& mistakes) {
  if (value.kind == Kind::kBool) return value.boolean;
  mistakes.Add(value, Expected("true or false", value));
  return fallback;
}

Duration ReadTime(const JsonValue& value, Duration fallback, Mistakes& mistakes, Sign sign) {
  if (value.kind != Kind::kString) {
    mistakes.Add(value, Expected("a duration such as \"150ms\" or \"2s\"", value));
    return fallback;
  }
  const Result<Duration> parsed = ParseDuration(value.text, sign);
  if (parsed.ok()) return parsed.value();
  mistakes.Add(value, parsed.error().text);
  return fallback;
}

std::uint64_t ReadCount(const JsonValue& value, std::uint64_t fallback, std::uint64_t min,
                        std::uint64_t max, Mistakes& mistakes) {
  const std::string what = "a whole number from " + CountRange(min, max);
  if (value.kind == Kind::kNumber) {
    const Result<Decimal> number = ParseDecimal(value.text);
    const Result<std::uint64_t> count =
        number.ok() ? ScaleDecimal(number.value(), 0, max) : number.error();
    if (count.ok() && count.value() >= min) return count.value();
  }
  mistakes.Add(value, Expected(what, value));
  return fallback;
}

std::uint64_t ReadScaled(const JsonValue& value, int places, std::uint64_t max,
                         Mistakes& mistakes) {
  if (value.kind != Kind::kNumber) {
    mistakes.Add(value, Expected("a number", value));
    return 0;
  }
  const Result<Decimal> number = ParseDecimal(value.text);
  const Result<std::uint64_t> scaled =
      number.ok() ? ScaleDecimal(number.value(), places, max) : number.error();
  if (scaled.ok()) return scaled.value();
  mistakes.Add(value,
               number.ok() ? Describe(value) + " " + scaled.error().text : scaled.error().text);
  return 0;
}

std::uint64_t ReadProbability(const JsonValue& value, Mistakes& mistakes) {
  if (value.kind != Kind::kNumber) {
    mistakes.Add(value, Expected("a probability from 0 to 1", value));
    return 0;
  }
  const Result<std::uint64_t> parsed = ParseProbability(value.text);
  if (parsed.ok()) return parsed.value();
  mistakes.Add(value, parsed.error().text);
  return 0;
}

std::pair<Duration, Duration> ReadTimeRange(const JsonValue& value,
                                            std::pair<Duration, Duration> fallback,
                                            Mistakes& mistakes) {
  const auto items = ReadItems(value, "two durations [min, max]", 2, 2, mistakes);
  if (items.empty()) return fallback;
  const Duration min = ReadTime(items[0], fallback.first, mistakes);
  const Duration max = ReadTime(items[1], fallback.second, mistakes);
  if (min <= max) return {min, max};
  mistakes.Add(value, "the first of the two, " + Quote(items[0].text) +
                          ", must not be more than the second, " + Quote(items[1].text));
  return fallback;
}

std::pair<std::uint64_t, std::uint64_t> ReadCountRange(
    const JsonValue& value, std::pair<std::uint64_t, std::uint64_t> fallback, std::uint64_t max,
    Mistakes& mistakes) {
  const auto items = ReadItems(value, "two whole numbers [min, max]", 2, 2, mistakes);
  if (items.empty()) return fallback;
  const std::uint64_t low = ReadCount(items[0], fallback.first, 0, max, mistakes);
  const std::uint64_t high = ReadCount(items[1], fallback.second, 0, max, mistakes);
  if (low <= high) return {low, high};
  mistakes.Add(value, "the first of the two, " + std::to_string(low) +
                          ", must not be more than the second, " + std::to_string(high));
  return fallback;
}

std::size_t ReadWord(const JsonValue& value, std::string_view what,
                     std::span<const std::string_view> words, Mistakes& mistakes) {
  if (value.kind != Kind::kString) {
    mistakes.Add(value, Expected(std::string(what) + " (" + Join(words) + ")", value));
    return 0;
  }
  const auto found = std::find(words.begin(), words.end(), value.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string hint = DidYouMean(value.text, words);
  mistakes.Add(value, "unknown " + std::string(what) + " " + Quote(value.text) +
                          (hint.empty() ? "; known: " + Join(words) : hint));
  return 0;
}

}  // namespace drydock
