#include "sim/fuzz/shrink_guard.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "sim/fuzz/failure.h"
#include "sim/fuzz/scenario_times.h"
#include "sim/scenario/names.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;
using Expect = ScriptedCall::Expect;

Check CheckOf(const Expectation& expectation, Duration until) {
  Check check{.that = expectation.that,
              .key = expectation.key,
              .reads = expectation.that == That::kValue,
              .from = until,
              .to = until,
              .at_least = expectation.at_least.value_or(0)};
  const bool counts = expectation.that == That::kProgress || expectation.that == That::kBusy;
  if (expectation.by) check.to = *expectation.by;
  if (expectation.at) check.to = *expectation.at;
  check.from = counts ? Duration() : check.to;
  if (expectation.during) std::tie(check.from, check.to) = *expectation.during;
  return check;
}

// When the call of an event must have been answered; null for a call that expects nothing.
std::optional<Check> CheckOf(const Event& event, const Scenario& scenario) {
  Check check{.that = std::nullopt, .key = "", .from = event.at, .to = event.at};
  Duration patience = scenario.workload.deadline;
  if (const auto* call = std::get_if<ScriptedCall>(&event.action)) {
    if (call->expect == Expect::kAnything) return std::nullopt;
    check.key = call->key;
    check.reads = call->kind == ScriptedCall::Kind::kGet || call->kind == ScriptedCall::Kind::kCas;
    patience = call->within.value_or(patience);
  } else if (const auto* change = std::get_if<ChangeMembers>(&event.action)) {
    if (!change->expect.has_value()) return std::nullopt;
    patience = change->within.value_or(Duration::Seconds(5));
  } else {
    const auto* transfer = std::get_if<TransferLeader>(&event.action);
    if (transfer == nullptr || !transfer->expect.has_value()) return std::nullopt;
  }
  check.to = std::min(event.at + patience, scenario.until);
  return check;
}

// Where faults begin and end.
std::vector<Duration> MomentsOf(const Event& event) {
  std::vector<Duration> moments = {event.at};
  Action action = event.action;
  const std::optional<Duration>* length = LengthOf(action);
  if (length != nullptr && *length) moments.push_back(event.at + **length);
  return moments;
}

bool HasLatencies(const Scenario& scenario) {
  const auto has = [](const NetworkSettings& network) {
    return network.latency || network.client_latency || !network.links.empty();
  };
  return has(scenario.network) || scenario.disk.fsync.has_value() ||
         std::any_of(scenario.events.begin(), scenario.events.end(), [&](const Event& event) {
           const auto* set = std::get_if<SetNetwork>(&event.action);
           return set != nullptr && has(set->network);
         });
}

bool SamePace(const Settings& a, const Settings& b) {
  return a.election_timeout_min == b.election_timeout_min &&
         a.election_timeout_max == b.election_timeout_max &&
         a.heartbeat_interval == b.heartbeat_interval;
}

// A disk may be lost where the others are a quorum, and once the cluster is founded, as in what is
// drawn (faults.cc). Otherwise nothing is promised.
bool IsIllLoss(const Event& event, const Scenario& scenario) {
  const bool loses =
      std::holds_alternative<Wipe>(event.action) || std::holds_alternative<Corrupt>(event.action);
  if (!loses) return false;
  return scenario.founders.value_or(scenario.nodes) < 3 || event.at < Duration::Milliseconds(1500);
}

Duration Overlap(const Workload& workload, const Check& check) {
  if (workload.clients == 0) return Duration();
  const Duration from = std::max(workload.start, check.from);
  const Duration to = std::min(workload.stop.value_or(check.to), check.to);
  return std::max(to - from, Duration());
}

}  // namespace

std::optional<Check> CheckOf(const Scenario& scenario, const std::string& property) {
  if (property == kExpectedAnswer) {
    for (const Event& event : scenario.events) {
      if (auto check = CheckOf(event, scenario)) return check;
    }
    return std::nullopt;
  }
  for (const Expectation& one : scenario.expect) {
    const auto that = static_cast<std::size_t>(one.that);
    if (property == kExpected + std::string(kThatNames[that])) {
      return CheckOf(one, scenario.until);
    }
  }
  return std::nullopt;
}

ShrinkGuard::ShrinkGuard(const Scenario& scenario, const std::string& property)
    : property_(property), measured_(MeasureOf(scenario, property)) {}

std::optional<ShrinkGuard::Measure> ShrinkGuard::MeasureOf(const Scenario& scenario,
                                                           const std::string& property) {
  const std::optional<Check> check = CheckOf(scenario, property);
  if (!check.has_value()) return std::nullopt;
  Measure measure{.quiet = check->to,
                  .length = check->to - check->from,
                  .standing = FaultsAt(scenario, check->to),
                  .nodes = scenario.nodes,
                  .served = Overlap(scenario.workload, *check),
                  .clients = scenario.workload.clients,
                  .slow = HasLatencies(scenario),
                  .config = scenario.config};
  measure.majority = measure.standing.LeaveMajorityOf(scenario.nodes);
  const auto note = [&](Duration moment) {
    if (moment <= check->to) measure.quiet = std::min(measure.quiet, check->to - moment);
  };
  const Workload& workload = scenario.workload;
  // Progress is of the workload; anything else may have to wait for its end.
  if (workload.clients > 0 && check->that != That::kProgress) {
    note(workload.stop.value_or(scenario.until));
  }
  for (const Event& event : scenario.events) {
    const auto* call = std::get_if<ScriptedCall>(&event.action);
    if (call != nullptr && event.at <= check->to) {
      measure.calls += event.at >= check->from ? 1 : 0;
      if (check->that.has_value() && check->that != That::kProgress) note(event.at);
      measure.writes += call->key == check->key && call->kind != ScriptedCall::Kind::kGet ? 1 : 0;
    }
    measure.ill_loss |= IsIllLoss(event, scenario);
    if (!IsFault(event.action)) continue;
    measure.changes += std::holds_alternative<ChangeMembers>(event.action) ? 1 : 0;
    for (const Duration moment : MomentsOf(event)) {
      note(moment);
      measure.inside += moment > check->from && moment <= check->to ? 1 : 0;
    }
  }
  return measure;
}

bool ShrinkGuard::Allows(const Scenario& candidate) const {
  if (!measured_.has_value()) return true;
  const std::optional<Check> check = CheckOf(candidate, property_);
  if (!check.has_value()) return false;
  const Measure& before = *measured_;
  const Measure now = *MeasureOf(candidate, property_);
  if (now.quiet < before.quiet || now.length < before.length) return false;
  if (now.inside > before.inside || !now.standing.NoWorseThan(before.standing)) return false;
  if (before.majority && !now.majority) return false;
  if (now.ill_loss && !before.ill_loss) return false;
  const bool cut = before.standing.cuts + before.standing.filters > 0;
  if (cut && now.nodes != before.nodes) return false;
  const bool same_pace = SamePace(now.config, before.config);
  if (!same_pace && (now.slow || !SamePace(now.config, Settings()))) return false;
  if (check->reads && now.writes < before.writes) return false;
  if (check->that == That::kMembers && now.changes < before.changes) return false;
  if (check->that != That::kProgress) return true;
  // One client is enough to see that nothing goes on at all.
  const bool clients = now.clients >= before.clients || (check->at_least <= 1 && now.clients > 0);
  const bool served = clients && now.served >= before.served;
  return now.calls >= check->at_least || (before.clients > 0 ? served : now.calls >= before.calls);
}

}  // namespace drydock::sim
