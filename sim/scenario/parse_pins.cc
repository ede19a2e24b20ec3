#include <algorithm>
#include <array>
#include <limits>

#include "core/text/words.h"
#include "sim/scenario/names.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

constexpr std::array<std::string_view, 4> kPinKeys = {"stream", "decision", "ordinal", "value"};
constexpr std::size_t kMaxPins = 100000;
constexpr auto kMaxInteger = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

// What kind of stream a name is: n0, n0>n1, d0, c0 or c0>n1, scenario.
enum class StreamKind : std::uint8_t { kNone, kNode, kLink, kDisk, kClient, kScenario };

bool IsIndex(std::string_view text, std::uint64_t bound) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return false;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number < bound;
}

StreamKind KindOf(std::string_view name, std::uint64_t nodes) {
  if (name == "scenario") return StreamKind::kScenario;
  const std::size_t arrow = name.find('>');
  const std::string_view from = name.substr(0, arrow);
  const auto is = [](std::string_view text, char letter, std::uint64_t bound) {
    return text.starts_with(letter) && IsIndex(text.substr(1), bound);
  };
  const bool client = is(from, 'c', 100000);
  const bool node = is(from, 'n', nodes);
  if (arrow != std::string_view::npos) {
    const std::string_view to = name.substr(arrow + 1);
    if (!is(to, 'n', nodes) || from == to) return StreamKind::kNone;
    if (client) return StreamKind::kClient;
    return node ? StreamKind::kLink : StreamKind::kNone;
  }
  if (client) return StreamKind::kClient;
  if (is(from, 'd', nodes)) return StreamKind::kDisk;
  return node ? StreamKind::kNode : StreamKind::kNone;
}

struct Meaning {
  PinValue value;
  std::vector<StreamKind> streams;  // where such a decision is made; empty: anywhere
};

Meaning MeaningOf(Decision decision) {
  switch (decision) {
    case Decision::kElectionTimeout:
      return {PinValue::kTime, {StreamKind::kNode}};
    case Decision::kTie:
      return {PinValue::kInteger, {}};
    case Decision::kLatency:
      return {PinValue::kTime, {StreamKind::kLink, StreamKind::kClient}};
    case Decision::kDuplicateDelay:
      return {PinValue::kTime, {StreamKind::kLink}};
    case Decision::kLoss:
    case Decision::kDuplicate:
    case Decision::kReorder:
    case Decision::kStale:
    case Decision::kFilter:
      return {PinValue::kYesNo, {StreamKind::kLink, StreamKind::kClient}};
    case Decision::kSyncTime:
      return {PinValue::kTime, {StreamKind::kDisk}};
    case Decision::kSyncFails:
    case Decision::kSyncLies:
    case Decision::kReadFlips:
    case Decision::kNameVanishes:
      return {PinValue::kYesNo, {StreamKind::kDisk}};
    case Decision::kFlippedBit:
    case Decision::kCrashKeeps:
    case Decision::kTornSectors:
      return {PinValue::kInteger, {StreamKind::kDisk}};
    case Decision::kPick:
      return {PinValue::kInteger, {StreamKind::kScenario}};
    case Decision::kThinkTime:
      return {PinValue::kTime, {StreamKind::kClient}};
    case Decision::kOperation:
    case Decision::kKey:
    case Decision::kValueBytes:
    case Decision::kTarget:
      return {PinValue::kInteger, {StreamKind::kClient}};
    case Decision::kCount:
      break;
  }
  return {PinValue::kInteger, {}};
}

std::optional<Decision> ReadDecision(const JsonValue& value, Mistakes& mistakes) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kDecisionKinds; ++i)
    names.push_back(NameOf(static_cast<Decision>(i)));
  const std::size_t index = ReadWord(value, "decision", names, mistakes);
  if (mistakes.any()) return std::nullopt;
  return static_cast<Decision>(index);
}

void CheckStream(const JsonValue& value, Decision decision, const Reading& reading) {
  Mistakes& mistakes = reading.mistakes;
  const std::string name = ReadText(value, "a stream such as \"n0>n1\"", mistakes);
  const StreamKind kind = KindOf(name, reading.nodes);
  if (kind == StreamKind::kNone && reading.nodes > 0) {
    mistakes.Add(value,
                 "expected a stream (node n0, link n0>n1, disk d0, client c0 or c0>n0, "
                 "scenario) of the " +
                     std::to_string(reading.nodes) + " nodes, found " + Quote(name));
  }
  const std::vector<StreamKind> streams = MeaningOf(decision).streams;
  if (!streams.empty() && std::find(streams.begin(), streams.end(), kind) == streams.end()) {
    mistakes.Add(
        value, "no " + std::string(NameOf(decision)) + " is ever decided in stream " + Quote(name));
  }
}

std::int64_t ReadPinned(const JsonValue& value, Decision decision, Mistakes& mistakes) {
  switch (MeaningOf(decision).value) {
    case PinValue::kTime:
      return ReadTime(value, Duration(), mistakes).nanoseconds();
    case PinValue::kYesNo:
      return ReadBool(value, false, mistakes) ? 1 : 0;
    case PinValue::kInteger:
      break;
  }
  return static_cast<std::int64_t>(ReadCount(value, 0, 0, kMaxInteger, mistakes));
}

// The index of an earlier pin with the same address as `item`.
std::size_t FindSame(std::span<const JsonValue> items, const JsonValue& item) {
  const auto text = [](const JsonValue& pin, std::string_view key) {
    return std::string_view(pin.Find(key)->value.text);
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (text(items[i], "stream") == text(item, "stream") &&
        text(items[i], "decision") == text(item, "decision") &&
        text(items[i], "ordinal") == text(item, "ordinal")) {
      return i;
    }
  }
  return 0;
}

void ReadPin(std::span<const JsonValue> items, const JsonValue& item, const Reading& reading,
             Pins& pins) {
  Mistakes& mistakes = reading.mistakes;
  const Fields fields(item, "a pin", kPinKeys, mistakes);
  const JsonValue* stream = fields.Need("stream");
  const JsonValue* name = fields.Need("decision");
  fields.Need("ordinal");
  const JsonValue* value = fields.Need("value");
  if (mistakes.any()) return;
  const std::optional<Decision> decision = ReadDecision(*name, mistakes);
  const std::uint64_t ordinal = fields.Count("ordinal", 0, 0, kMaxInteger);
  if (!decision.has_value()) return;
  CheckStream(*stream, *decision, reading);
  const std::int64_t pinned = ReadPinned(*value, *decision, mistakes);
  const bool fresh = pins[stream->text].emplace(PinKey{*decision, ordinal}, pinned).second;
  if (!fresh && !mistakes.any()) {
    mistakes.Add(
        item, "this decision is already pinned at /pins/" + std::to_string(FindSame(items, item)));
  }
}

}  // namespace

Pins ReadPins(const JsonValue& value, const Reading& reading) {
  Pins pins;
  const auto items = ReadItems(value, "an array of pins", 0, kMaxPins, reading.mistakes);
  for (const JsonValue& item : items) {
    ReadPin(items, item, reading, pins);
    if (reading.mistakes.any()) break;
  }
  return pins;
}

PinValue PinValueOf(Decision decision) {
  return MeaningOf(decision).value;
}

void AddPinKeys(std::vector<AcceptedKeys>& all) {
  all.push_back({"pin", kPinKeys});
}

}  // namespace drydock::sim
