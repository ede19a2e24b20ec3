#include "sim/scenario/write.h"

#include <utility>

#include "core/text/settings.h"
#include "core/text/units.h"
#include "sim/scenario/names.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/writing.h"

namespace drydock::sim {
namespace {

// What is not as in `defaults`.
std::string WriteConfig(const Settings& settings, const Settings& defaults) {
  ObjectWriter out;
  if (std::pair(settings.election_timeout_min, settings.election_timeout_max) !=
      std::pair(defaults.election_timeout_min, defaults.election_timeout_max)) {
    out.Add("election_timeout", WriteArray({WriteTime(settings.election_timeout_min),
                                            WriteTime(settings.election_timeout_max)}));
  }
  if (settings.heartbeat_interval != defaults.heartbeat_interval) {
    out.Time("heartbeat_interval", settings.heartbeat_interval);
  }
  if (settings.pre_vote != defaults.pre_vote) out.Bool("pre_vote", settings.pre_vote);
  if (settings.check_quorum != defaults.check_quorum) {
    out.Bool("check_quorum", settings.check_quorum);
  }
  if (settings.leases != defaults.leases) out.Bool("leases", settings.leases);
  for (const CountSetting& setting : CountSettings()) {
    const std::uint64_t value = settings.*setting.member;
    if (value != defaults.*setting.member) out.Count(setting.name, value);
  }
  ObjectWriter priorities;
  for (const auto& [node, priority] : settings.priorities) {
    priorities.Count("n" + std::to_string(node.value()), priority);
  }
  if (settings.priorities != defaults.priorities) out.Add("priorities", priorities.OneLine());
  return out.empty() ? "" : out.OneLine();
}

std::string WriteNodeConfig(const Scenario& scenario) {
  ObjectWriter out;
  for (const auto& [node, settings] : scenario.node_config) {
    const std::string own = WriteConfig(settings, scenario.config);
    out.Add("n" + std::to_string(node.value()), own.empty() ? "{}" : own);
  }
  return out.empty() ? "" : out.OneLine();
}

std::string WriteDisk(const DiskSettings& disk) {
  ObjectWriter out;
  out.OptionalLatency("fsync", disk.fsync).OptionalCount("capacity", disk.capacity);
  return out.empty() ? "" : out.OneLine();
}

std::string WritePinned(Decision decision, std::int64_t value) {
  switch (PinValueOf(decision)) {
    case PinValue::kTime:
      return WriteTime(Duration::Nanoseconds(value));
    case PinValue::kYesNo:
      return value != 0 ? "true" : "false";
    case PinValue::kInteger:
      break;
  }
  return std::to_string(value);
}

std::vector<std::string> WritePins(const Pins& pins) {
  std::vector<std::string> lines;
  for (const auto& [stream, decisions] : pins) {
    for (const auto& [key, value] : decisions) {
      const auto& [decision, ordinal] = key;
      ObjectWriter out;
      out.Text("stream", stream).Text("decision", NameOf(decision)).Count("ordinal", ordinal);
      lines.push_back(out.Add("value", WritePinned(decision, value)).OneLine());
    }
  }
  return lines;
}

// One item a line, inside a member of the outermost object.
void AddLines(ObjectWriter& out, std::string_view key, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  std::string text = "[";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "\n    " : ",\n    ") + lines[i];
  out.Add(key, text + "\n  ]");
}

void AddUnlessEmpty(ObjectWriter& out, std::string_view key, const std::string& object) {
  if (!object.empty()) out.Add(key, object);
}

}  // namespace

std::string WriteScenario(const Scenario& scenario) {
  ObjectWriter out;
  out.Count("version", 1).Text("name", scenario.name);
  out.OptionalText("description", scenario.description);
  std::vector<std::string> tags;
  for (const std::string& tag : scenario.tags) tags.push_back(WriteText(tag));
  if (!tags.empty()) out.Add("tags", WriteArray(tags));
  out.OptionalCount("seed", scenario.seed);
  out.Count("nodes", scenario.nodes);
  if (scenario.founders.has_value()) out.Count("founders", *scenario.founders);
  out.Time("until", scenario.until);
  Settings defaults;
  defaults.segment_bytes = kScenarioSegmentBytes;
  AddUnlessEmpty(out, "config", WriteConfig(scenario.config, defaults));
  AddUnlessEmpty(out, "node_config", WriteNodeConfig(scenario));
  if (scenario.network != NetworkSettings()) out.Add("network", WriteNetwork(scenario.network));
  AddUnlessEmpty(out, "disk", WriteDisk(scenario.disk));
  if (scenario.workload.clients > 0) out.Add("workload", WriteWorkload(scenario.workload));
  std::vector<std::string> events;
  for (const Event& event : scenario.events) events.push_back(WriteEvent(event));
  AddLines(out, "events", events);
  std::vector<std::string> expect;
  for (const Expectation& one : scenario.expect) expect.push_back(WriteExpectation(one));
  AddLines(out, "expect", expect);
  AddLines(out, "pins", WritePins(scenario.pins));
  return out.ManyLines();
}

}  // namespace drydock::sim
