#include <algorithm>
#include <array>
#include <utility>

#include "core/text/words.h"
#include "sim/scenario/names.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;

enum class When : std::uint8_t {
  kAny,
  kInterval,  // by, during or the whole run
  kEnd,       // judged once, at the end of the run
};
struct Check {
  That that;
  std::vector<std::string_view> needs;
  std::vector<std::string_view> may;
  When when = When::kAny;
  std::vector<std::string_view> keys = {};  // all of them
};

// In the order of Expectation::That.
const std::vector<Check>& Checks() {
  static const std::vector<Check> checks = [] {
    std::vector<Check> all = {
        {That::kOneLeader, {}, {}},
        {That::kNoLeader, {}, {}},
        {That::kRole, {"node", "is"}, {}},
        {That::kNewLeader, {"not"}, {}},
        {That::kLogsEqual, {}, {"among"}},
        {That::kValue, {"key", "value"}, {"node"}},
        {That::kLinearizable, {}, {}, When::kEnd},
        {That::kExactlyOnce, {}, {}, When::kEnd},
        {That::kProgress, {}, {"at_least"}, When::kInterval},
        {That::kElections, {}, {"at_least", "at_most"}},
        {That::kHalted, {"node"}, {}},
        {That::kOut, {"node"}, {}},
        {That::kLawfulLoss, {}, {}, When::kEnd},
        {That::kMembers, {"voters"}, {"learners", "node"}},
        {That::kNotLinearizable, {}, {}, When::kEnd},
        {That::kBusy, {}, {"at_least", "at_most"}, When::kInterval},
        {That::kUncommitted, {"node"}, {"at_least", "at_most"}},
        {That::kCallsAnswered, {}, {"node", "within"}},
    };
    for (Check& check : all) {
      check.keys = {"that", "by", "during", "at", "because"};
      check.keys.insert(check.keys.end(), check.needs.begin(), check.needs.end());
      check.keys.insert(check.keys.end(), check.may.begin(), check.may.end());
    }
    return all;
  }();
  return checks;
}

std::string NameOf(const Check& check) {
  return std::string(kThatNames[static_cast<std::size_t>(check.that)]);
}

const Check* ReadThat(const JsonValue& value, Mistakes& mistakes) {
  if (!IsObject(value, "an expectation", mistakes)) return nullptr;
  const JsonMember* word = value.Find("that");
  if (word == nullptr) {
    mistakes.Add(value, "an expectation needs \"that\" (" + Join(kThatNames) + ")");
    return nullptr;
  }
  const std::size_t index = ReadWord(word->value, "expectation", kThatNames, mistakes);
  return mistakes.any() ? nullptr : &Checks()[index];
}

void CheckUntil(const JsonValue& value, std::string_view what, Duration time,
                const Reading& reading) {
  if (time <= reading.until) return;
  reading.mistakes.Add(value, Quote(what) + " (" + FormatDuration(time) + ") is after \"until\" (" +
                                  FormatDuration(reading.until) + ")");
}

void ReadTimes(const Fields& fields, const Reading& reading, Expectation& expectation) {
  const JsonValue* at = fields.Find("at");
  if (at != nullptr && (at->kind != JsonValue::Kind::kString || at->text != "end")) {
    expectation.at = ReadTime(*at, Duration(), reading.mistakes);
    CheckUntil(*at, "at", *expectation.at, reading);
  }
  if ((expectation.by = fields.OptionalTime("by"))) {
    CheckUntil(*fields.Find("by"), "by", *expectation.by, reading);
  }
  if (const JsonValue* during = fields.Find("during")) {
    expectation.during = ReadTimeRange(*during, {}, reading.mistakes);
    CheckUntil(*during, "during", expectation.during->second, reading);
  }
  if (fields.Has("by") + fields.Has("during") + fields.Has("at") > 1) {
    reading.mistakes.Add(fields.value(), "\"by\", \"during\" and \"at\" exclude each other");
  }
}

void CheckWhen(const Fields& fields, const Check& check, const Expectation& expectation,
               Mistakes& mistakes) {
  const std::string name = NameOf(check);
  const bool timed = expectation.by || expectation.during || expectation.at;
  if (check.when == When::kEnd && timed) {
    mistakes.Add(fields.value(),
                 name + " is judged of the whole run: leave \"by\", \"during\" and \"at\" out");
  }
  if (check.when == When::kInterval && expectation.at) {
    mistakes.Add(*fields.Find("at"), name + " needs an interval: use \"by\" or \"during\"");
  }
}

// A name means nobody before the event that binds it.
void CheckBound(const Fields& fields, const Expectation& expectation, const Reading& reading) {
  std::optional<Duration> from = expectation.by;
  if (expectation.at) from = expectation.at;
  if (expectation.during) from = expectation.during->first;
  if (!from.has_value()) return;
  for (const Targets* targets : {&expectation.node, &expectation.not_node, &expectation.among,
                                 &expectation.voters, &expectation.learners}) {
    for (const Target& target : *targets) {
      const auto binding = reading.bound.find(target.name);
      if (target.kind != Target::Kind::kBound || binding == reading.bound.end()) continue;
      if (*from >= binding->second.at) continue;
      reading.mistakes.Add(fields.value(), "\"$" + target.name + "\" means nobody before " +
                                               FormatDuration(binding->second.at) +
                                               ", and this is checked at " + FormatDuration(*from));
    }
  }
}

std::vector<Role> ReadRoles(const JsonValue& value, Mistakes& mistakes) {
  std::vector<Role> roles;
  for (const JsonValue& item :
       ReadItems(value, "an array of roles", 1, kRoleNames.size(), mistakes)) {
    const auto role = static_cast<Role>(ReadWord(item, "role", kRoleNames, mistakes));
    if (std::find(roles.begin(), roles.end(), role) != roles.end()) {
      mistakes.Add(item, Quote(item.text) + " is named twice");
    }
    roles.push_back(role);
  }
  return roles;
}

void ReadCounts(const Fields& fields, const Check& check, Expectation& expectation) {
  Mistakes& mistakes = fields.mistakes();
  expectation.at_least = fields.OptionalCount("at_least", 0, UINT64_MAX);
  expectation.at_most = fields.OptionalCount("at_most", 0, UINT64_MAX);
  if (check.that == That::kProgress && !expectation.at_least) expectation.at_least = 1;
  const bool counts = check.that == That::kElections || check.that == That::kBusy ||
                      check.that == That::kUncommitted;
  if (counts && !expectation.at_least && !expectation.at_most) {
    mistakes.Add(fields.value(), NameOf(check) + " needs \"at_least\" or \"at_most\"");
  }
  if (expectation.at_least && expectation.at_most && *expectation.at_least > *expectation.at_most) {
    mistakes.Add(fields.value(), "\"at_least\" (" + std::to_string(*expectation.at_least) +
                                     ") must not be more than \"at_most\" (" +
                                     std::to_string(*expectation.at_most) + ")");
  }
}

Expectation ReadExpectation(const JsonValue& value, const Check& check, const Reading& reading) {
  const std::string what = NameOf(check);
  const Fields fields(value, what, check.keys, reading.mistakes);
  for (const std::string_view key : check.needs) fields.Need(key);
  Expectation expectation;
  expectation.that = check.that;
  ReadTimes(fields, reading, expectation);
  CheckWhen(fields, check, expectation, reading.mistakes);
  expectation.node = OptionalTargets(fields, "node", reading);
  expectation.not_node = OptionalTargets(fields, "not", reading);
  expectation.among = OptionalTargets(fields, "among", reading);
  expectation.voters = OptionalTargets(fields, "voters", reading);
  expectation.learners = OptionalTargets(fields, "learners", reading);
  const Targets alive = {Target{Target::Kind::kAlive, NodeId(), ""}};
  const bool of_alive = check.that == That::kValue || check.that == That::kCallsAnswered;
  if (of_alive && !fields.Has("node")) expectation.node = alive;
  const Targets leader = {Target{Target::Kind::kLeader, NodeId(), ""}};
  if (check.that == That::kMembers && !fields.Has("node")) expectation.node = leader;
  if (check.that == That::kLogsEqual && !fields.Has("among")) expectation.among = alive;
  CheckBound(fields, expectation, reading);
  if (const JsonValue* is = fields.Find("is")) expectation.is = ReadRoles(*is, reading.mistakes);
  expectation.key = fields.Text("key");
  const JsonValue* held = fields.Find("value");
  if (held != nullptr && held->kind != JsonValue::Kind::kNull) {
    expectation.value = ReadText(*held, "a string, or null for a missing key", reading.mistakes);
  }
  ReadCounts(fields, check, expectation);
  expectation.within = fields.OptionalTime("within");
  expectation.because = fields.Text("because");
  return expectation;
}

}  // namespace

std::vector<Expectation> ReadExpectations(const JsonValue& value, const Reading& reading) {
  std::vector<Expectation> expectations;
  for (const JsonValue& item :
       ReadItems(value, "an array of expectations", 0, 10000, reading.mistakes)) {
    const Check* check = ReadThat(item, reading.mistakes);
    if (check == nullptr) break;
    expectations.push_back(ReadExpectation(item, *check, reading));
    if (reading.mistakes.any()) break;
  }
  return expectations;
}

void AddExpectKeys(std::vector<AcceptedKeys>& all) {
  for (const Check& check : Checks()) {
    all.push_back({"expect " + NameOf(check), check.keys});
  }
}

}  // namespace drydock::sim
