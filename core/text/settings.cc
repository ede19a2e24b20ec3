#include "core/text/settings.h"

#include <array>
#include <optional>
#include <string>

#include "core/text/names.h"
#include "core/text/words.h"

namespace drydock {
namespace {

constexpr std::uint64_t kMebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t kTebibyte = std::uint64_t{1} << 40;
constexpr std::uint64_t kMany = 1'000'000'000;

constexpr std::array<CountSetting, 16> kCounts = {{
    {"max_entries_per_append", &Settings::max_entries_per_append, 1, kMany},
    {"max_append_bytes", &Settings::max_append_bytes, 1, 1024 * kMebibyte},
    {"max_inflight_appends", &Settings::max_inflight_appends, 1, kMany},
    {"max_inflight_bytes", &Settings::max_inflight_bytes, 1, kTebibyte},
    {"max_uncommitted_bytes", &Settings::max_uncommitted_bytes, 1, kTebibyte},
    {"max_pending_reads", &Settings::max_pending_reads, 1, kMany},
    {"max_value_bytes", &Settings::max_value_bytes, 1, 1024 * kMebibyte},
    {"max_key_bytes", &Settings::max_key_bytes, 1, 1024 * kMebibyte},
    {"max_piece_bytes", &Settings::max_piece_bytes, 1, 1024 * kMebibyte},
    {"max_sessions", &Settings::max_sessions, 1, kMany},
    {"segment_bytes", &Settings::segment_bytes, kMebibyte, kTebibyte},
    {"snapshot_every", &Settings::snapshot_every, 0, kMany},
    {"snapshot_log_bytes", &Settings::snapshot_log_bytes, 1, kTebibyte},
    {"snapshot_margin_bytes", &Settings::snapshot_margin_bytes, 0, kTebibyte},
    {"snapshot_chunk_bytes", &Settings::snapshot_chunk_bytes, 1, 16 * kMebibyte},
    {"clock_drift_ppm", &Settings::clock_drift_ppm, 0, 1'000'000},
}};

constexpr std::array<std::string_view, 22> kKeys = {"election_timeout",
                                                    "heartbeat_interval",
                                                    "pre_vote",
                                                    "check_quorum",
                                                    "max_entries_per_append",
                                                    "max_append_bytes",
                                                    "max_inflight_appends",
                                                    "max_inflight_bytes",
                                                    "max_uncommitted_bytes",
                                                    "max_pending_reads",
                                                    "max_value_bytes",
                                                    "max_key_bytes",
                                                    "max_piece_bytes",
                                                    "max_sessions",
                                                    "segment_bytes",
                                                    "snapshot_every",
                                                    "snapshot_log_bytes",
                                                    "snapshot_margin_bytes",
                                                    "snapshot_chunk_bytes",
                                                    "priorities",
                                                    "leases",
                                                    "clock_drift_ppm"};

void ReadTimes(const Fields& fields, Settings& settings) {
  if (const JsonValue* range = fields.Find("election_timeout")) {
    const auto [min, max] = ReadTimeRange(
        *range, {settings.election_timeout_min, settings.election_timeout_max}, fields.mistakes());
    settings.election_timeout_min = min;
    settings.election_timeout_max = max;
    if (min == Duration()) fields.mistakes().Add(*range, "an election timeout must be more than 0");
  }
  settings.heartbeat_interval =
      fields.PositiveTime("heartbeat_interval").value_or(settings.heartbeat_interval);
}

constexpr std::uint64_t kHighestPriority = 1000;

void ReadPriorities(const JsonValue& value, Settings& settings, Mistakes& mistakes) {
  if (!IsObject(value, "priorities", mistakes)) return;
  settings.priorities.clear();
  for (const JsonMember& member : value.members) {
    const std::optional<NodeId> node = NodeNamed(member.key);
    if (!node.has_value()) {
      mistakes.AddKey(value, member, Quote(member.key) + " is no node; write n0, n1, ...");
      return;
    }
    settings.priorities[*node] = ReadCount(member.value, 0, 0, kHighestPriority, mistakes);
  }
}

// The value to blame for a relation between two: the first that the file sets, or the whole object.
const JsonValue& Blame(const Fields& fields, std::string_view first, std::string_view second) {
  if (const JsonValue* value = fields.Find(first)) return *value;
  if (const JsonValue* value = fields.Find(second)) return *value;
  return fields.value();
}

void CheckTimes(const Fields& fields, const Settings& settings) {
  if (settings.heartbeat_interval < settings.election_timeout_min) return;
  fields.mistakes().Add(Blame(fields, "heartbeat_interval", "election_timeout"),
                        "heartbeat_interval (" + FormatDuration(settings.heartbeat_interval) +
                            ") must be less than the shortest election_timeout (" +
                            FormatDuration(settings.election_timeout_min) + ")");
}

// Nobody could promise anything, and each lease would be missing without a word.
void CheckLeases(const Fields& fields, const Settings& settings) {
  if (!settings.leases || settings.check_quorum) return;
  fields.mistakes().Add(Blame(fields, "leases", "check_quorum"), "leases need check_quorum");
}

void CheckOrder(const Fields& fields, const Settings& settings, const CountSetting& small,
                const CountSetting& large) {
  const std::uint64_t low = settings.*small.member;
  const std::uint64_t high = settings.*large.member;
  if (low <= high) return;
  fields.mistakes().Add(Blame(fields, small.name, large.name),
                        std::string(small.name) + " (" + std::to_string(low) +
                            ") must not be more than " + std::string(large.name) + " (" +
                            std::to_string(high) + ")");
}

const CountSetting& Named(std::string_view name) {
  for (const CountSetting& setting : kCounts) {
    if (setting.name == name) return setting;
  }
  DRYDOCK_CHECK(false, name);
  return kCounts.front();
}

}  // namespace

Settings ReadSettings(const JsonValue& config, const Settings& defaults, Mistakes& mistakes) {
  Settings settings = defaults;
  const Fields fields(config, "config", kKeys, mistakes);
  ReadTimes(fields, settings);
  settings.pre_vote = fields.Bool("pre_vote", settings.pre_vote);
  settings.check_quorum = fields.Bool("check_quorum", settings.check_quorum);
  settings.leases = fields.Bool("leases", settings.leases);
  CheckLeases(fields, settings);
  for (const CountSetting& setting : kCounts) {
    std::uint64_t& value = settings.*setting.member;
    value = fields.Count(setting.name, value, setting.min, setting.max);
  }
  if (const JsonValue* priorities = fields.Find("priorities")) {
    ReadPriorities(*priorities, settings, mistakes);
  }
  CheckTimes(fields, settings);
  const CountSetting& append = Named("max_append_bytes");
  CheckOrder(fields, settings, Named("max_piece_bytes"), append);
  CheckOrder(fields, settings, append, Named("max_inflight_bytes"));
  CheckOrder(fields, settings, append, Named("max_uncommitted_bytes"));
  return settings;
}

std::span<const std::string_view> SettingKeys() {
  return kKeys;
}
std::span<const CountSetting> CountSettings() {
  return kCounts;
}

}  // namespace drydock
