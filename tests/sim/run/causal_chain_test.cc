// From any event back to where it began.
#include "sim/run/causal_chain.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sim/run/run.h"
#include "sim/scenario/parse.h"

namespace drydock::sim {
namespace {

Scenario Crashing() {
  const Result<Scenario> scenario =
      ParseScenario(R"({"version": 1, "name": "crashing", "nodes": 3, "until": "2s",
                        "events": [{"at": "1s", "do": "crash", "node": "leader"}],
                        "workload": {"clients": 1, "start": "500ms", "think_time": "10ms"}})",
                    "crashing.json");
  REQUIRE_MESSAGE(scenario.ok(), scenario.error().text);
  return scenario.value();
}

// Keeps the causes of all events, and the first event of each sort that the tests look for.
class Finder final : public Observer {
 public:
  void OnNodeEvent(const EventMeta& meta, const TraceEvent& event) override {
    causes.push_back(meta.cause);
    const auto* role = std::get_if<drydock::trace::RoleChanged>(&event);
    if (role != nullptr && role->role == Role::kLeader && leader == 0) leader = meta.id;
  }
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    causes.push_back(meta.cause);
    if (std::holds_alternative<trace::Crashed>(event)) crash = meta.id;
  }
  std::vector<EventId> causes;
  EventId leader = 0;
  EventId crash = 0;
};

Finder FindEvents() {
  Finder finder;
  CHECK(Run(Crashing(), {.seed = 4, .observers = {&finder}}).Passed());
  return finder;
}

TEST_CASE("a leader's chain goes back to the timeout that began its election") {
  const Finder events = FindEvents();
  const std::vector<std::string> chain = CausalChain(Crashing(), 4, events.leader, 100);
  REQUIRE(chain.size() >= 4);
  CHECK(chain.front().find("hears nothing from a leader") != std::string::npos);
  CHECK(chain.back().find("becomes the leader, since a quorum") != std::string::npos);
}

TEST_CASE("a crash follows from the scenario") {
  const Finder events = FindEvents();
  const std::vector<std::string> chain = CausalChain(Crashing(), 4, events.crash, 100);
  REQUIRE(chain.size() == 2);
  CHECK(chain[0].find("1s  the scenario: crash of n") == 0);
  CHECK(chain[1].find("crashes; what was not synced may be gone") != std::string::npos);
}

TEST_CASE("a chain has each link, or says how many it leaves out") {
  const Finder events = FindEvents();
  EventId deepest = 0;
  std::vector<std::size_t> depth(events.causes.size() + 1);
  for (EventId id = 1; id <= events.causes.size(); ++id) {
    depth[id] = depth[events.causes[id - 1]] + 1;
    if (depth[id] > depth[deepest]) deepest = id;
  }
  const auto whole = CausalChain(Crashing(), 4, deepest, 100000);
  CHECK(whole.size() == depth[deepest]);
  REQUIRE(whole.size() > 6);
  const auto cut = CausalChain(Crashing(), 4, deepest, 5);
  REQUIRE(cut.size() == 6);
  CHECK(cut[0] == whole[0]);
  CHECK(cut[1] == "... (" + std::to_string(whole.size() - 5) + " events are left out)");
  CHECK(cut[2] == whole[whole.size() - 4]);
  CHECK(cut[5] == whole.back());
  CHECK(CausalChain(Crashing(), 4, deepest, 1) == std::vector<std::string>{whole.back()});
}

TEST_CASE("an event that the run does not have has no chain") {
  CHECK(CausalChain(Crashing(), 4, 0, 10).empty());
  CHECK(CausalChain(Crashing(), 4, 1000000000, 10).empty());
}

}  // namespace
}  // namespace drydock::sim
