#include "sim/fuzz/profile.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/text/fields.h"
#include "core/text/names.h"
#include "core/text/units.h"
#include "core/text/words.h"

namespace drydock::sim {
namespace {

constexpr std::array<std::string_view, 18> kProfileKeys = {
    "$schema",     "version",     "name",   "description", "nodes",      "spare_nodes",
    "fault_phase", "quiet_phase", "faults", "kinds",       "variations", "trials",
    "clients",     "think_time",  "keys",   "value_bytes", "reads",      "any_node"};

// Scenarios that are drawn add "-guided-" and a number of up to 20 digits.
constexpr std::size_t kLongestProfileName = kLongestName - 28;
constexpr std::uint64_t kMaxFaults = 1000;
constexpr std::uint64_t kMaxFuzzClients = 100;
constexpr std::uint64_t kMaxKeys = 1000;
constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr Duration kLongestPhase = Duration::Seconds(3600);
constexpr Duration kShortestFaults = Duration::Milliseconds(10);
constexpr Duration kShortestQuiet = Duration::Seconds(3);

template <class Word, std::size_t kSize>
std::vector<Word> ReadWords(const Fields& fields, std::string_view key, std::string_view what,
                            const std::array<std::string_view, kSize>& names,
                            std::vector<Word> fallback) {
  const JsonValue* value = fields.Find(key);
  if (value == nullptr) return fallback;
  std::vector<Word> words;
  for (const JsonValue& item : ReadItems(*value, what, 0, kSize, fields.mistakes())) {
    const auto word = static_cast<Word>(ReadWord(item, what, names, fields.mistakes()));
    if (std::find(words.begin(), words.end(), word) != words.end()) {
      fields.mistakes().Add(item, Quote(item.text) + " is there twice");
    }
    words.push_back(word);
  }
  return words;
}

Range<std::uint64_t> Counts(const Fields& fields, std::string_view key,
                            Range<std::uint64_t> fallback, std::uint64_t max) {
  const JsonValue* value = fields.Find(key);
  return value == nullptr ? fallback : ReadCountRange(*value, fallback, max, fields.mistakes());
}

Range<Duration> Times(const Fields& fields, std::string_view key, Range<Duration> fallback) {
  const JsonValue* value = fields.Find(key);
  if (value == nullptr) return fallback;
  const Range<Duration> range = ReadTimeRange(*value, fallback, fields.mistakes());
  if (range.second > kLongestPhase) {
    fields.mistakes().Add(*value, "at most " + FormatDuration(kLongestPhase));
  }
  return range;
}

void ReadCluster(const Fields& fields, Profile& profile) {
  fields.Need("nodes");
  profile.nodes = Counts(fields, "nodes", profile.nodes, kMaxNodes);
  if (profile.nodes.first == 0) fields.mistakes().Add(*fields.Find("nodes"), "at least 1 node");
  profile.spare_nodes = fields.Bool("spare_nodes", profile.spare_nodes);
  fields.Need("fault_phase");
  profile.fault_phase = Times(fields, "fault_phase", {Duration::Seconds(1), Duration::Seconds(1)});
  if (profile.fault_phase.first < kShortestFaults) {
    fields.mistakes().Add(
        *fields.Find("fault_phase"),
        "at least " + FormatDuration(kShortestFaults) + ", or nothing has room in it");
  }
  profile.quiet_phase = fields.PositiveTime("quiet_phase").value_or(profile.quiet_phase);
  if (profile.quiet_phase < kShortestQuiet) {
    fields.mistakes().Add(*fields.Find("quiet_phase"),
                          "at least " + FormatDuration(kShortestQuiet) + ", or nothing converges");
  }
  profile.faults = Counts(fields, "faults", profile.faults, kMaxFaults);
  fields.Need("kinds");
  profile.kinds = ReadWords(fields, "kinds", "a kind of fault", kFaultKindNames, profile.kinds);
  profile.variations =
      ReadWords(fields, "variations", "a variation", kVariationNames, profile.variations);
  profile.trials = ReadWords(fields, "trials", "a trial", kTrialNames, profile.trials);
}

void ReadLoad(const Fields& fields, Profile& profile) {
  profile.clients = Counts(fields, "clients", profile.clients, kMaxFuzzClients);
  profile.think_time = Times(fields, "think_time", profile.think_time);
  profile.keys = Counts(fields, "keys", profile.keys, kMaxKeys);
  profile.value_bytes = Counts(fields, "value_bytes", profile.value_bytes, kMaxBytes);
  profile.reads = ReadWords(fields, "reads", "a read mode", kReadModeNames, profile.reads);
  profile.any_node = fields.Bool("any_node", profile.any_node);
  for (const std::string_view key : {"clients", "keys", "value_bytes"}) {
    const JsonValue* value = fields.Find(key);
    const auto first = Counts(fields, key, {1, 1}, kMaxBytes).first;
    if (value != nullptr && first == 0) fields.mistakes().Add(*value, "both ends are at least 1");
  }
  if (profile.reads.empty()) fields.mistakes().Add(*fields.Find("reads"), "at least one read mode");
}

}  // namespace

Result<Profile> ParseProfile(std::string_view text, const std::string& file_name) {
  const Result<JsonValue> document = ParseJson(text, file_name);
  if (!document.ok()) return document.error();
  Mistakes mistakes(document.value(), file_name);
  const Fields fields(document.value(), "a fuzz profile", kProfileKeys, mistakes);
  Profile profile;
  fields.Text("$schema");
  fields.Need("version");
  fields.Count("version", 1, 1, 1);
  profile.name = ReadName(fields, kLongestProfileName);
  profile.description = fields.Text("description");
  if (!mistakes.any()) ReadCluster(fields, profile);
  if (!mistakes.any()) ReadLoad(fields, profile);
  if (mistakes.any()) return mistakes.first();
  return profile;
}

std::vector<AcceptedKeys> ProfileKeys() {
  return {{"a fuzz profile", kProfileKeys}};
}

}  // namespace drydock::sim
