#include <algorithm>
#include <array>
#include <utility>

#include "core/text/words.h"
#include "sim/scenario/names.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

using Kind = Target::Kind;

constexpr std::array<std::string_view, kTargetNames.size()> kWords = [] {
  std::array<std::string_view, kTargetNames.size()> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = kTargetNames[i].name;
  return words;
}();

std::optional<Target> Named(std::span<const TargetName> names, std::string_view text) {
  for (const TargetName& name : names) {
    if (name.name == text) return Target{name.kind, NodeId(), ""};
  }
  return std::nullopt;
}

std::string NodeRange(std::uint32_t nodes) {
  return nodes == 1 ? "n0 only" : "n0 to n" + std::to_string(nodes - 1);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Target Numbered(const JsonValue& value, const Reading& reading) {
  const std::string_view digits = std::string_view(value.text).substr(1);
  std::uint32_t number = kMaxNodes;
  if (digits.size() <= 2 && (digits.size() == 1 || digits[0] != '0')) {
    number = 0;
    for (const char c : digits) number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (number < reading.nodes) return {Kind::kNode, NodeId(number), ""};
  if (reading.nodes > 0) {
    reading.mistakes.Add(value, "unknown node " + Quote(value.text) + "; this scenario has " +
                                    NodeRange(reading.nodes));
  }
  return {};
}

Target Bound(const JsonValue& value, const Reading& reading) {
  std::string name = value.text.substr(1);
  if (!reading.bound.contains(name)) {
    std::vector<std::string> spelled;
    for (const auto& [known, binding] : reading.bound) spelled.push_back("$" + known);
    const std::vector<std::string_view> known(spelled.begin(), spelled.end());
    const std::string hint = DidYouMean(value.text, known);
    reading.mistakes.Add(
        value, "no earlier event binds " + Quote(value.text) + " with \"as\"" +
                   (hint.empty() && !known.empty() ? "; bound so far: " + Join(known) : hint));
  }
  return {Kind::kBound, NodeId(), std::move(name)};
}

// The target, if the text names a single node; mistakes about unknown ones are told.
std::optional<Target> SingleNode(const JsonValue& value, const Reading& reading) {
  const std::string_view text = value.text;
  if (auto named = Named(std::span(kTargetNames).first(kSingleTargets), text)) return named;
  if (text.starts_with('n') && IsNumber(text.substr(1))) return Numbered(value, reading);
  if (text.starts_with('$')) return Bound(value, reading);
  return std::nullopt;
}

}  // namespace

Target ReadNode(const JsonValue& value, const Reading& reading) {
  if (value.kind != JsonValue::Kind::kString) {
    reading.mistakes.Add(
        value, "expected a node (n0, leader, follower or $name), found " + Describe(value));
    return {};
  }
  if (const auto node = SingleNode(value, reading)) return *node;
  const std::string hint = DidYouMean(value.text, std::span(kWords).first(kSingleTargets));
  reading.mistakes.Add(
      value, "expected a node (n0, leader, follower or $name), found " + Quote(value.text) + hint);
  return {};
}

Targets ReadTargets(const JsonValue& value, const Reading& reading) {
  if (value.kind == JsonValue::Kind::kArray) {
    Targets targets;
    for (const JsonValue& item : ReadItems(value, "a list of nodes", 1, 1000, reading.mistakes)) {
      Target target = ReadNode(item, reading);
      if (std::find(targets.begin(), targets.end(), target) != targets.end()) {
        reading.mistakes.Add(item, Quote(item.text) + " is named twice");
      }
      targets.push_back(std::move(target));
    }
    return targets;
  }
  const std::string expected =
      "expected nodes (n0, $name, " + Join(kWords) + ", or a list of nodes), found ";
  if (value.kind != JsonValue::Kind::kString) {
    reading.mistakes.Add(value, expected + Describe(value));
    return {};
  }
  if (auto named = Named(kTargetNames, value.text)) return {*named};
  if (auto node = SingleNode(value, reading)) return {*node};
  reading.mistakes.Add(value, expected + Quote(value.text) + DidYouMean(value.text, kWords));
  return {};
}

Targets NeedTargets(const Fields& fields, std::string_view key, const Reading& reading) {
  const JsonValue* value = fields.Need(key);
  return value == nullptr ? Targets() : ReadTargets(*value, reading);
}

Targets OptionalTargets(const Fields& fields, std::string_view key, const Reading& reading) {
  const JsonValue* value = fields.Find(key);
  return value == nullptr ? Targets() : ReadTargets(*value, reading);
}

}  // namespace drydock::sim
