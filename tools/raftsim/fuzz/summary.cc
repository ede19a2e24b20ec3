#include "tools/raftsim/fuzz/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/text/fields.h"
#include "core/text/json_writer.h"

namespace drydock::tools {
namespace {

constexpr std::array<std::string_view, 10> kSummaryKeys = {
    "profile", "seeds", "runs",        "events",   "virtual_ns",
    "wall_ms", "hash",  "interrupted", "failures", "situations"};
constexpr std::array<std::string_view, 4> kSituationKeys = {"reached", "of", "set", "never"};
constexpr std::array<std::string_view, 2> kSeedKeys = {"first", "last"};
constexpr std::array<std::string_view, 7> kFailureKeys = {
    "seed", "property", "detail", "time_ns", "scenario", "shrunk", "shrunk_events"};

constexpr std::size_t kMostFailures = 100'000;

std::string Hex(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string Decimal(double value, const char* unit) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f %s", value, unit);
  return text;
}

std::string Rate(std::uint64_t count, std::uint64_t wall_ms) {
  return std::to_string(wall_ms == 0 ? 0 : count * 1000 / wall_ms);
}

void WriteFailure(const FoundFailure& found, JsonWriter& out) {
  out.BeginObject();
  out.Member("seed", found.seed);
  out.TextMember("property", found.failure.property);
  out.TextMember("detail", found.failure.detail);
  out.Member("time_ns", found.failure.time);
  out.TextMember("scenario", found.drawn);
  if (found.shrunk.empty()) {
    out.NullMember("shrunk");
  } else {
    out.TextMember("shrunk", found.shrunk);
    out.Member("shrunk_events", found.shrunk_events);
  }
  out.EndObject();
}

std::vector<std::string> NeverReached(const sim::SituationSet& reached) {
  std::vector<std::string> names;
  for (std::size_t id = 0; id < sim::Situations::Count(); ++id) {
    const auto one = static_cast<sim::SituationId>(id);
    if (!reached.Contains(one)) names.push_back(sim::Situations::NameOf(one));
  }
  return names;
}

void WriteSituations(const sim::SituationSet& reached, JsonWriter& out) {
  out.BeginObject();
  out.Member("reached", reached.Count());
  out.Member("of", sim::Situations::Count());
  out.NameMember("set", reached.Write());
  out.Key("never");
  out.BeginArray();
  for (const std::string& name : NeverReached(reached)) out.Text(name);
  out.EndArray();
  out.EndObject();
}

sim::SituationSet ReadSituations(const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "situations", kSituationKeys, mistakes);
  if (fields.Need("set") == nullptr) return {};
  Result<sim::SituationSet> set = sim::SituationSet::Read(fields.Text("set"));
  if (set.ok()) return set.value();
  mistakes.Add(*fields.Find("set"), set.error().text);
  return {};
}

constexpr std::uint64_t kAny = ~std::uint64_t{0};

FoundFailure ReadFailure(const JsonValue& value, Mistakes& mistakes) {
  const Fields fields(value, "a failure", kFailureKeys, mistakes);
  FoundFailure found;
  found.seed = fields.Count("seed", 0, 0, kAny);
  found.failure.property = fields.Text("property");
  found.failure.detail = fields.Text("detail");
  found.failure.time = static_cast<std::int64_t>(fields.Count("time_ns", 0, 0, kAny / 2));
  found.drawn = fields.Text("scenario");
  const JsonValue* shrunk = fields.Find("shrunk");
  if (shrunk != nullptr && shrunk->kind != JsonValue::Kind::kNull) {
    found.shrunk = ReadText(*shrunk, "a file", mistakes);
  }
  found.shrunk_events = fields.Count("shrunk_events", 0, 0, kAny);
  return found;
}

std::uint64_t ReadHash(const Fields& fields) {
  const std::string text = fields.Text("hash");
  std::uint64_t hash = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const auto value = static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
    if (value > 15 || text.size() != 16) {
      fields.mistakes().Add(*fields.Find("hash"), "expected 16 hexadecimal digits");
      return 0;
    }
    hash = hash << 4 | value;
  }
  return hash;
}

}  // namespace

std::string TextOf(const FuzzSummary& summary, bool situations) {
  const double hours = static_cast<double>(summary.virtual_ns) / 3.6e12;
  const double seconds = static_cast<double>(summary.wall_ms) / 1e3;
  const std::string seeds = std::to_string(summary.first) + " to " + std::to_string(summary.last);
  std::string text = "Profile   " + summary.profile + ", seeds " + seeds + ": " +
                     std::to_string(summary.runs) + " runs" +
                     (summary.interrupted ? ", interrupted" : "") + "\n";
  text +=
      "Run       " + Decimal(hours, "virtual hours") + " and " + std::to_string(summary.events) +
      " events in " + Decimal(seconds, "s") + ": " + Rate(summary.runs, summary.wall_ms) +
      " seeds and " + Rate(summary.events, summary.wall_ms) + " events a second, " +
      std::to_string(summary.runs == 0 ? 0 : summary.events / summary.runs) + " events a seed\n";
  text += "          summary hash " + Hex(summary.hash) + "\n";
  text += "Reached   " + std::to_string(summary.reached.Count()) + " of " +
          std::to_string(sim::Situations::Count()) + " situations" +
          (situations ? "; never:\n" : " (--situations names the others)\n");
  if (situations) {
    for (const std::string& name : NeverReached(summary.reached))
      text += "            " + name + "\n";
  }
  for (const FoundFailure& found : summary.failures) {
    text += "BROKEN    seed " + std::to_string(found.seed) + ": " + found.failure.property + "\n" +
            "            " + found.failure.detail + "\n";
    const bool small = !found.shrunk.empty();
    if (small) text += "            shrunk to " + std::to_string(found.shrunk_events) + " events\n";
    text += "            raftsim run " + (small ? found.shrunk : found.drawn) + "\n";
  }
  const std::string count = std::to_string(summary.failures.size());
  return text + "Result    " +
         (summary.failures.empty() ? "PASSED: no property broken"
                                   : "FAILED: a property is broken in " + count + " runs") +
         "\n";
}

std::string JsonOf(const FuzzSummary& summary) {
  std::string text;
  JsonWriter out(text);
  out.BeginObject();
  out.TextMember("profile", summary.profile);
  out.Key("seeds");
  out.BeginObject();
  out.Member("first", summary.first);
  out.Member("last", summary.last);
  out.EndObject();
  out.Member("runs", summary.runs);
  out.Member("events", summary.events);
  out.Member("virtual_ns", summary.virtual_ns);
  out.Member("wall_ms", summary.wall_ms);
  out.NameMember("hash", Hex(summary.hash));
  out.Member("interrupted", summary.interrupted);
  out.Key("failures");
  out.BeginArray();
  for (const FoundFailure& found : summary.failures) WriteFailure(found, out);
  out.EndArray();
  out.Key("situations");
  WriteSituations(summary.reached, out);
  out.EndObject();
  return text + "\n";
}

Result<FuzzSummary> ReadSummary(std::string_view text, const std::string& file_name) {
  const Result<JsonValue> document = ParseJson(text, file_name);
  if (!document.ok()) return document.error();
  Mistakes mistakes(document.value(), file_name);
  const Fields fields(document.value(), "a fuzz summary", kSummaryKeys, mistakes);
  FuzzSummary summary;
  for (const std::string_view key : {"profile", "seeds", "runs", "hash"}) fields.Need(key);
  if (mistakes.any()) return mistakes.first();
  const Fields seeds(*fields.Find("seeds"), "seeds", kSeedKeys, mistakes);
  summary.profile = fields.Text("profile");
  summary.first = seeds.Count("first", 0, 0, kAny);
  summary.last = seeds.Count("last", 0, 0, kAny);
  summary.runs = fields.Count("runs", 0, 0, kAny);
  summary.events = fields.Count("events", 0, 0, kAny);
  summary.virtual_ns = fields.Count("virtual_ns", 0, 0, kAny);
  summary.wall_ms = fields.Count("wall_ms", 0, 0, kAny);
  summary.hash = ReadHash(fields);
  summary.interrupted = fields.Bool("interrupted", false);
  if (const JsonValue* failures = fields.Find("failures")) {
    for (const JsonValue& one :
         ReadItems(*failures, "an array of failures", 0, kMostFailures, mistakes)) {
      summary.failures.push_back(ReadFailure(one, mistakes));
    }
  }
  if (const JsonValue* situations = fields.Find("situations")) {
    summary.reached = ReadSituations(*situations, mistakes);
  }
  if (mistakes.any()) return mistakes.first();
  return summary;
}

Result<FuzzSummary> Merge(const std::vector<FuzzSummary>& shards) {
  FuzzSummary sum = shards.front();
  for (std::size_t i = 1; i < shards.size(); ++i) {
    const FuzzSummary& shard = shards[i];
    if (shard.profile != sum.profile) {
      return Error{"the shards are of two profiles, " + sum.profile + " and " + shard.profile};
    }
    sum.first = std::min(sum.first, shard.first);
    sum.last = std::max(sum.last, shard.last);
    sum.runs += shard.runs;
    sum.events += shard.events;
    sum.virtual_ns += shard.virtual_ns;
    sum.wall_ms = std::max(sum.wall_ms, shard.wall_ms);  // they run beside each other
    sum.hash += shard.hash;
    sum.interrupted |= shard.interrupted;
    sum.reached.Merge(shard.reached);
    sum.failures.insert(sum.failures.end(), shard.failures.begin(), shard.failures.end());
  }
  std::stable_sort(sum.failures.begin(), sum.failures.end(),
                   [](const FoundFailure& a, const FoundFailure& b) { return a.seed < b.seed; });
  return sum;
}

}  // namespace drydock::tools
