#include <algorithm>
#include <array>

#include "core/text/words.h"
#include "sim/scenario/names.h"
#include "sim/scenario/reading.h"

namespace drydock::sim {
namespace {

constexpr int kRatePlaces = 6;                      // parts per million
constexpr std::uint64_t kMaxRatePpm = 100'000'000;  // a hundred times true time
constexpr std::uint64_t kMaxCount = 1'000'000'000;

// Gives "as" to what the event's nodes are when it happens.
std::string ReadBinding(const Fields& fields, Reading& reading) {
  const JsonValue* value = fields.Find("as");
  if (value == nullptr) return "";
  std::string name = ReadText(*value, "a name such as \"old\"", reading.mistakes);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  const bool plain =
      !name.empty() && kLetters.find(name[0]) != std::string_view::npos &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (!plain) {
    reading.mistakes.Add(
        *value, "a name is made of a-z, 0-9 and _ and begins with a letter, found " + Quote(name));
    return "";
  }
  const JsonMember* at = fields.value().Find("at");
  const Result<Duration> when = ParseDuration(at == nullptr ? "0" : at->value.text);
  const Reading::Binding binding{when.ok() ? when.value() : Duration(), value};
  const auto [found, fresh] = reading.bound.emplace(name, binding);
  if (!fresh) {
    reading.mistakes.Add(*value, Quote(name) + " is already bound at " +
                                     PointerTo(reading.mistakes.root(), *found->second.where) +
                                     "; choose another name");
  }
  return name;
}

Action ReadCrash(const Fields& fields, Reading& reading) {
  Crash crash;
  crash.node = NeedTargets(fields, "node", reading);
  crash.as = ReadBinding(fields, reading);
  if (const JsonValue* lose = fields.Find("lose")) {
    crash.lose = static_cast<Crash::Lose>(ReadWord(*lose, "loss", kLoseNames, reading.mistakes));
  }
  crash.length = fields.PositiveTime("for");
  if (crash.lose == Crash::Lose::kEverything && crash.length.has_value()) {
    reading.mistakes.Add(*fields.Find("for"),
                         "a node that lost everything stays out: \"for\" would start it again");
  }
  return crash;
}

// Restart, resume and unpause: nothing but their nodes.
template <class T>
Action ReadPlain(const Fields& fields, Reading& reading) {
  return T{NeedTargets(fields, "node", reading)};
}

// Suspend and pause.
template <class T>
Action ReadSilence(const Fields& fields, Reading& reading) {
  T action;
  action.node = NeedTargets(fields, "node", reading);
  action.as = ReadBinding(fields, reading);
  action.length = fields.PositiveTime("for");
  return action;
}

bool SameNodes(const Targets& a, const Targets& b) {
  return a.size() == b.size() && std::is_permutation(a.begin(), a.end(), b.begin());
}

bool Holds(const Targets& group, const Target& target) {
  return std::find(group.begin(), group.end(), target) != group.end();
}

// Whether some two of the nodes are in no common group; only for groups of numbered nodes.
bool CutsSomething(const std::vector<Targets>& groups) {
  Targets named;
  for (const Targets& group : groups) named.insert(named.end(), group.begin(), group.end());
  for (const Target& a : named) {
    for (const Target& b : named) {
      const bool together = std::any_of(groups.begin(), groups.end(), [&](const Targets& group) {
        return Holds(group, a) && Holds(group, b);
      });
      if (!together) return true;
    }
  }
  return false;
}

void CheckOneWay(const JsonValue& value, const std::vector<Targets>& groups, Mistakes& mistakes) {
  for (std::size_t i = 1; i < groups.size(); ++i) {
    for (const Target& target : groups[0]) {
      if (!Holds(groups[i], target)) continue;
      mistakes.Add(value.items[i],
                   "a node cannot be cut from itself, but this group and the first, which is not "
                   "heard by it, share one");
    }
  }
}

void CheckGroups(const JsonValue& value, const Partition& partition, Mistakes& mistakes) {
  const std::vector<Targets>& groups = partition.groups;
  if (groups.empty() || mistakes.any()) return;
  bool numbered = true;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (const Target& target : groups[i]) {
      numbered = numbered && target.kind == Target::Kind::kNode;
      if (target.kind == Target::Kind::kAll) {
        mistakes.Add(value.items[i], "\"all\" leaves nobody to be cut from");
      }
    }
  }
  const bool same = std::all_of(groups.begin(), groups.end(),
                                [&](const Targets& group) { return SameNodes(group, groups[0]); });
  if (same) {
    mistakes.Add(value, "all groups are the same, so nothing is cut");
  } else if (partition.one_way) {
    CheckOneWay(value, groups, mistakes);
  } else if (numbered && !CutsSomething(groups)) {
    mistakes.Add(value, "one group holds all the others, so nothing is cut");
  }
}

Action ReadPartition(const Fields& fields, Reading& reading) {
  Partition partition;
  partition.one_way = fields.Bool("one_way", false);
  partition.length = fields.PositiveTime("for");
  partition.flap = fields.PositiveTime("flap");
  const JsonValue* groups = fields.Need("groups");
  if (groups == nullptr) return partition;
  for (const JsonValue& group :
       ReadItems(*groups, "an array of groups that are cut from each other,", 2, 1000,
                 reading.mistakes)) {
    partition.groups.push_back(ReadTargets(group, reading));
  }
  CheckGroups(*groups, partition, reading.mistakes);
  return partition;
}

Action ReadSetNetwork(const Fields& fields, Reading& reading) {
  SetNetwork action;
  if (const JsonValue* network = fields.Need("network")) {
    action.network = ReadNetwork(*network, reading);
    if (network->kind == JsonValue::Kind::kObject && network->members.empty()) {
      reading.mistakes.Add(*network,
                           "this changes nothing; to end partitions and filters, use heal");
    }
  }
  action.length = fields.PositiveTime("for");
  return action;
}

std::vector<MessageType> ReadTypes(const JsonValue& value, Mistakes& mistakes) {
  std::vector<MessageType> types;
  for (const JsonValue& item :
       ReadItems(value, "an array of message types", 1, kMessageTypes, mistakes)) {
    const auto type =
        static_cast<MessageType>(ReadWord(item, "message type", kMessageTypeNames, mistakes));
    if (std::find(types.begin(), types.end(), type) != types.end()) {
      mistakes.Add(item, Quote(item.text) + " is named twice");
    }
    types.push_back(type);
  }
  return types;
}

Action ReadFilter(const Fields& fields, Reading& reading) {
  Filter filter;
  if (const JsonValue* types = fields.Find("types")) {
    filter.types = ReadTypes(*types, reading.mistakes);
  }
  filter.from = OptionalTargets(fields, "from", reading);
  filter.to = OptionalTargets(fields, "to", reading);
  filter.drop = fields.OptionalProbability("drop").value_or(kCertain);
  filter.delay = fields.PositiveTime("delay");
  if (fields.Has("drop") && fields.Has("delay")) {
    reading.mistakes.Add(*fields.Find("delay"),
                         "a filter drops or delays: \"drop\" and \"delay\" exclude each other");
  }
  filter.count = fields.OptionalCount("count", 1, kMaxCount);
  filter.length = fields.PositiveTime("for");
  return filter;
}

Action ReadSetClock(const Fields& fields, Reading& reading) {
  SetClock clock;
  clock.node = NeedTargets(fields, "node", reading);
  if (const JsonValue* rate = fields.Find("rate")) {
    clock.rate_ppm =
        static_cast<std::int64_t>(ReadScaled(*rate, kRatePlaces, kMaxRatePpm, reading.mistakes));
    if (clock.rate_ppm == 0) {
      reading.mistakes.Add(*rate,
                           "a rate must be more than 0; 1 is true time, and to freeze a node "
                           "there is pause");
    }
  }
  clock.jump = fields.OptionalTime("jump", Sign::kAny);
  clock.length = fields.PositiveTime("for");
  if (!clock.rate_ppm.has_value() && !clock.jump.has_value()) {
    reading.mistakes.Add(fields.value(), "a set_clock event needs \"rate\" or \"jump\"");
  }
  if (clock.length.has_value() && !clock.rate_ppm.has_value()) {
    reading.mistakes.Add(*fields.Find("for"),
                         "\"for\" tells how long a \"rate\" lasts and needs one");
  }
  return clock;
}

Action ReadDiskFault(const Fields& fields, Reading& reading) {
  DiskFault fault;
  fault.node = NeedTargets(fields, "node", reading);
  fault.sync_fails = fields.OptionalProbability("sync_fails");
  fault.sync_lies = fields.OptionalProbability("sync_lies");
  fault.read_flips = fields.OptionalProbability("read_flips");
  fault.torn = fields.OptionalProbability("torn");
  fault.name_vanishes = fields.OptionalProbability("name_vanishes");
  fault.stall = fields.OptionalTime("stall");
  fault.capacity = fields.OptionalCount("capacity", 0, UINT64_MAX);
  fault.length = fields.PositiveTime("for");
  constexpr std::array<std::string_view, 7> kFaults = {
      "sync_fails", "sync_lies", "read_flips", "torn", "name_vanishes", "stall", "capacity"};
  if (std::none_of(kFaults.begin(), kFaults.end(), [&](auto key) { return fields.Has(key); })) {
    reading.mistakes.Add(fields.value(), "a disk event needs a fault (" + Join(kFaults) + ")");
  }
  return fault;
}

Action ReadCorrupt(const Fields& fields, Reading& reading) {
  Corrupt corrupt;
  corrupt.node = NeedTargets(fields, "node", reading);
  corrupt.file = fields.Text("file");
  corrupt.offset = fields.OptionalCount("offset", 0, UINT64_MAX);
  corrupt.bit = static_cast<std::uint32_t>(fields.Count("bit", 0, 0, 7));
  corrupt.settled = fields.Bool("settled", false);
  if (corrupt.settled && corrupt.offset.has_value()) {
    reading.mistakes.Add(*fields.Find("settled"), "\"settled\" excludes \"offset\"");
  }
  return corrupt;
}

}  // namespace

std::vector<EventKind> FaultEvents() {
  return {{"crash", {"node", "as", "lose", "for"}, ReadCrash},
          {"restart", {"node"}, ReadPlain<Restart>},
          {"suspend", {"node", "as", "for"}, ReadSilence<SuspendNode>},
          {"resume", {"node"}, ReadPlain<ResumeNode>},
          {"pause", {"node", "as", "for"}, ReadSilence<Pause>},
          {"unpause", {"node"}, ReadPlain<Unpause>},
          {"partition", {"groups", "one_way", "for", "flap"}, ReadPartition},
          {"heal", {}, [](const Fields&, Reading&) -> Action { return Heal{}; }},
          {"set_network", {"network", "for"}, ReadSetNetwork},
          {"filter", {"types", "from", "to", "drop", "delay", "count", "for"}, ReadFilter},
          {"set_clock", {"node", "rate", "jump", "for"}, ReadSetClock},
          {"disk",
           {"node", "sync_fails", "sync_lies", "read_flips", "torn", "name_vanishes", "stall",
            "capacity", "for"},
           ReadDiskFault},
          {"corrupt", {"node", "file", "offset", "bit", "settled"}, ReadCorrupt},
          {"snapshot", {"node"}, ReadPlain<SnapshotNode>}};
}

}  // namespace drydock::sim
