#include "sim/scenario/parse.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/text/names.h"
#include "core/text/settings.h"
#include "core/text/words.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

constexpr std::array<std::string_view, 17> kScenarioKeys = {
    "$schema", "version", "name", "description", "tags",   "seed",   "nodes", "founders",   "until",
    "config",  "network", "disk", "workload",    "events", "expect", "pins",  "node_config"};

void CheckVersion(const Fields& fields) {
  const JsonValue* version = fields.Need("version");
  if (version == nullptr) return;
  const bool number = version->kind == JsonValue::Kind::kNumber;
  if (number && version->text == "1") return;
  if (number) {
    fields.mistakes().Add(*version, "this program reads version 1 of the format, found version " +
                                        Shorten(version->text));
  } else {
    fields.mistakes().Add(*version, "expected the number 1, found " + Describe(*version));
  }
}

std::vector<std::string> ReadTags(const Fields& fields) {
  std::vector<std::string> tags;
  const JsonValue* value = fields.Find("tags");
  if (value == nullptr) return tags;
  for (const JsonValue& item : ReadItems(*value, "an array of tags", 0, 100, fields.mistakes())) {
    std::string tag = ReadText(item, "a string", fields.mistakes());
    if (std::find(tags.begin(), tags.end(), tag) != tags.end()) {
      fields.mistakes().Add(item, "tag " + Quote(tag) + " is there twice");
    }
    tags.push_back(std::move(tag));
  }
  return tags;
}

void ReadHead(const Fields& fields, Scenario& scenario) {
  fields.Text("$schema");
  CheckVersion(fields);
  scenario.name = ReadName(fields, kLongestName);
  scenario.description = fields.Text("description");
  scenario.tags = ReadTags(fields);
  scenario.seed = fields.OptionalCount("seed", 0, UINT64_MAX);
  fields.Need("nodes");
  scenario.nodes = static_cast<std::uint32_t>(fields.Count("nodes", 1, 1, kMaxNodes));
  if (const auto founders = fields.OptionalCount("founders", 1, scenario.nodes)) {
    scenario.founders = static_cast<std::uint32_t>(*founders);
  }
  fields.Need("until");
  scenario.until = fields.PositiveTime("until").value_or(Duration());
}

void CheckPriorities(const JsonValue& config, const Scenario& scenario, Mistakes& mistakes) {
  for (const auto& [node, priority] : scenario.config.priorities) {
    if (node.value() < scenario.nodes) continue;
    mistakes.Add(config.Find("priorities")->value,
                 "this scenario has no node n" + std::to_string(node.value()));
  }
}

// What a node's own settings leave out is as in "config".
void ReadNodeConfig(const JsonValue& value, Reading& reading, Scenario& scenario) {
  if (!IsObject(value, "node_config", reading.mistakes)) return;
  for (const JsonMember& member : value.members) {
    const std::optional<NodeId> node = NodeNamed(member.key);
    if (!node.has_value() || node->value() >= scenario.nodes) {
      reading.mistakes.AddKey(value, member, "this scenario has no node " + Quote(member.key));
      return;
    }
    scenario.node_config[*node] = ReadSettings(member.value, scenario.config, reading.mistakes);
  }
}

void ReadBody(const Fields& fields, Reading& reading, Scenario& scenario) {
  if (const JsonValue* config = fields.Find("config")) {
    scenario.config = ReadSettings(*config, scenario.config, reading.mistakes);
    CheckPriorities(*config, scenario, reading.mistakes);
  }
  if (const JsonValue* own = fields.Find("node_config")) ReadNodeConfig(*own, reading, scenario);
  if (const JsonValue* network = fields.Find("network")) {
    scenario.network = ReadNetwork(*network, reading);
    CheckFirstNetwork(*network, scenario.network, reading);
  }
  if (const JsonValue* disk = fields.Find("disk")) scenario.disk = ReadDisk(*disk, reading);
  if (const JsonValue* workload = fields.Find("workload")) {
    scenario.workload = ReadWorkload(*workload, reading);
  }
  if (const JsonValue* events = fields.Find("events")) {
    scenario.events = ReadEvents(*events, reading);
  }
  if (const JsonValue* expect = fields.Find("expect")) {
    scenario.expect = ReadExpectations(*expect, reading);
  }
  if (const JsonValue* pins = fields.Find("pins")) scenario.pins = ReadPins(*pins, reading);
}

}  // namespace

std::string ReadName(const Fields& fields, std::size_t longest) {
  const JsonValue* value = fields.Need("name");
  if (value == nullptr) return "";
  std::string name = ReadText(*value, "a name such as \"leader-crash\"", fields.mistakes());
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (name.empty() || name.size() > longest || name[0] == '-' ||
      name.find_first_not_of(kAllowed) != std::string::npos) {
    fields.mistakes().Add(*value,
                          "a name is made of a-z, 0-9 and -, begins with no - and has 1 to " +
                              std::to_string(longest) + " characters, found " + Quote(name));
  }
  return name;
}

Result<Scenario> ParseScenario(std::string_view text, const std::string& file_name) {
  const Result<JsonValue> document = ParseJson(text, file_name);
  if (!document.ok()) return document.error();
  Mistakes mistakes(document.value(), file_name);
  const Fields fields(document.value(), "a scenario", kScenarioKeys, mistakes);
  Scenario scenario;
  scenario.config.segment_bytes = kScenarioSegmentBytes;
  if (!mistakes.any()) ReadHead(fields, scenario);
  // The rest is judged by the number of nodes and the end of the run.
  if (!mistakes.any()) {
    Reading reading{mistakes, scenario.nodes, scenario.until};
    ReadBody(fields, reading, scenario);
  }
  if (mistakes.any()) return mistakes.first();
  return scenario;
}

std::vector<AcceptedKeys> AllAcceptedKeys() {
  std::vector<AcceptedKeys> all = {{"scenario", kScenarioKeys}, {"config", SettingKeys()}};
  AddNetworkKeys(all);
  AddWorkloadKeys(all);
  AddEventKeys(all);
  AddExpectKeys(all);
  AddPinKeys(all);
  return all;
}

}  // namespace drydock::sim
