// What the parts of the scenario parser share; for sim/scenario/parse*.cc only.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/fields.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/scenario.h"

namespace drydock::sim {

inline constexpr std::uint64_t kMaxValueBytes = std::uint64_t{1} << 30;  // one value, any source

// What the parts must know of each other.
struct Reading {
  Mistakes& mistakes;
  std::uint32_t nodes = 0;
  Duration until;
  // Names bound with "as": when, and by which value of the file.
  struct Binding {
    Duration at;
    const JsonValue* where;
  };
  std::map<std::string, Binding, std::less<>> bound = {};
};

// --- parse_targets.cc ---------------------------------------------------------------------------

// n0, leader, follower or $name.
Target ReadNode(const JsonValue& value, const Reading& reading);
// One of these, a group by name (all, alive, ...), or a list of nodes.
Targets ReadTargets(const JsonValue& value, const Reading& reading);
Targets NeedTargets(const Fields& fields, std::string_view key, const Reading& reading);
Targets OptionalTargets(const Fields& fields, std::string_view key, const Reading& reading);

// --- parse_network.cc ---------------------------------------------------------------------------

enum class MatrixAllowed : bool { kNo, kYes };
Latency ReadLatency(const JsonValue& value, MatrixAllowed matrix, const Reading& reading);
std::optional<Latency> OptionalLatency(const Fields& fields, std::string_view key,
                                       MatrixAllowed matrix, const Reading& reading);
NetworkSettings ReadNetwork(const JsonValue& value, const Reading& reading);
// Mistakes of a network that holds before the first event, when nobody leads.
void CheckFirstNetwork(const JsonValue& value, const NetworkSettings& network,
                       const Reading& reading);
void AddNetworkKeys(std::vector<AcceptedKeys>& all);

// --- parse_workload.cc --------------------------------------------------------------------------

Workload ReadWorkload(const JsonValue& value, const Reading& reading);
DiskSettings ReadDisk(const JsonValue& value, const Reading& reading);
void AddWorkloadKeys(std::vector<AcceptedKeys>& all);

// --- parse_events.cc, parse_faults.cc, parse_calls.cc -------------------------------------------

std::vector<Event> ReadEvents(const JsonValue& value, Reading& reading);
void AddEventKeys(std::vector<AcceptedKeys>& all);

using ReadAction = Action (*)(const Fields& fields, Reading& reading);
// One word of "do": its keys beside at, do and note, and how it is read.
struct EventKind {
  std::string_view name;
  std::vector<std::string_view> keys;
  ReadAction read;
};
std::vector<EventKind> FaultEvents();
std::vector<EventKind> CallEvents();
std::vector<EventKind> MemberEvents();  // parse_members.cc

// --- parse_expect.cc, parse_pins.cc -------------------------------------------------------------

std::vector<Expectation> ReadExpectations(const JsonValue& value, const Reading& reading);
void AddExpectKeys(std::vector<AcceptedKeys>& all);
Pins ReadPins(const JsonValue& value, const Reading& reading);
void AddPinKeys(std::vector<AcceptedKeys>& all);

}  // namespace drydock::sim
