#include "sim/run/run.h"

#include <algorithm>
#include <exception>

#include "core/base/check.h"
#include "sim/check/log_order.h"
#include "sim/cluster/sim_cluster.h"
#include "sim/engine/director.h"

namespace drydock::sim {
namespace {

using That = Expectation::That;

// The search is a second opinion: a second of work at most, then it says that it is undecided.
constexpr Bounds kSearchBounds{.steps_per_key = 2'000'000,
                               .words_at_once = 8'000'000,
                               .shrink_steps = 2'000'000,
                               .shrink_runs = 1'000};

constexpr const char* kLinearizability = "linearizability";

class Runner {
 public:
  Runner(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        invariants_(scenario.nodes),
        cluster_(scenario, options.seed, bus_,
                 options.choices != nullptr ? &options.choices->taken : nullptr),
        director_(scenario, cluster_,
                  options.choices != nullptr ? &options.choices->events : nullptr) {
    bus_.AddObserver(&invariants_);
    for (Observer* observer : options.observers) bus_.AddObserver(observer);
  }

  RunResult Run() {
    try {
      PlayTimeline();
      director_.Finish(scenario_.until.nanoseconds());
    } catch (const std::exception& failed) {  // CheckFailed, and what a broken core else throws
      violation_ = Violation{kCheckInTheCore, failed.what(), bus_.last(), cluster_.Time()};
    }
    if (!violation_.has_value()) violation_ = invariants_.violation();
    TellViolation();
    JudgeHistory();
    Conclude();
    return std::move(result_);
  }

 private:
  void PlayTimeline() {
    const std::int64_t until = scenario_.until.nanoseconds();
    cluster_.Start();
    while (!invariants_.violation().has_value()) {
      const std::int64_t event = cluster_.NextEventTime();
      const std::int64_t moment = director_.NextMoment();
      if (std::min(event, moment) > until) break;
      if (moment <= event) {
        cluster_.SetNow(moment);
        director_.ActAt(moment);
      } else {
        cluster_.RunNextEvent();
        director_.OnEvent(cluster_.Time());
        if (cluster_.events() > options_.max_events) return NoteEndless();
      }
    }
    if (!invariants_.violation().has_value()) cluster_.SetNow(until);
  }

  void NoteEndless() {
    violation_ = Violation{"runs end", std::to_string(options_.max_events) + " events and no end",
                           bus_.last(), cluster_.Time()};
  }

  void TellViolation() {
    if (!violation_.has_value()) return;
    const trace::Violated event{violation_->property, violation_->detail};
    bus_.Emit(cluster_.Time(), std::nullopt, violation_->event, SimEvent(event));
  }

  void JudgeHistory() {
    const History history = cluster_.TakeHistory();
    Count(history);
    if (violation_.has_value() || invariants_.lawful_loss().has_value()) return;
    const auto problem = CheckLogOrder(history, invariants_.committed());
    if (problem.has_value()) NoteProblem(problem->property, problem->detail);
    if (!violation_.has_value()) JudgeStates();
    // The log's order convinces; the search does not need to believe the log, and after a failure
    // it tells whether clients could have noticed.
    if (history.ops.empty() || history.ops.size() > options_.search_up_to) return;
    result_.history.searched = Judge(history, kSearchBounds);
    if (result_.history.searched->judgement != Judgement::kNotLinearizable) return;
    result_.history.conflict = Describe(*result_.history.searched, history);
    for (const std::size_t place : result_.history.searched->conflict->operations) {
      result_.history.conflicting.push_back(history.ops[place].number);
    }
    if (violation_.has_value() || result_.not_linearizable.has_value()) return;
    NoteProblem(kLinearizability, "no order of the client calls explains their answers");
  }

  void NoteProblem(const std::string& property, const std::string& detail) {
    const bool expected =
        std::any_of(scenario_.expect.begin(), scenario_.expect.end(),
                    [](const Expectation& one) { return one.that == That::kNotLinearizable; });
    if (property == kLinearizability && expected) {
      result_.not_linearizable = detail;
    } else {
      violation_ = Violation{property, detail, bus_.last(), cluster_.Time()};
    }
  }

  void JudgeStates() {
    std::vector<NodeContent> states;
    for (std::uint32_t i = 0; i < scenario_.nodes; ++i) {
      const SimNode& node = cluster_.node(NodeId(i));
      if (!node.node.has_value()) continue;
      Hasher sessions;
      node.node->kv().AddSessionsTo(sessions);
      NodeContent state{.node = "n" + std::to_string(i),
                        .applied = node.node->applied(),
                        .map = {},
                        .sessions = sessions.Finish()};
      node.node->kv().ForEach([&state](std::string_view key, const Bytes& value) {
        state.map.emplace_back(std::string(key), value);
      });
      states.push_back(std::move(state));
    }
    const auto problem = CheckStates(states, invariants_.committed());
    if (!problem.has_value()) return;
    violation_ = Violation{problem->property, problem->detail, bus_.last(), cluster_.Time()};
  }

  void Count(const History& history) {
    HistoryResult& counts = result_.history;
    counts.operations = history.ops.size();
    for (const Operation& op : history.ops) {
      if (op.outcome == OperationOutcome::kUnknown) {
        ++counts.unknown;
      } else if (op.outcome == OperationOutcome::kFailed) {
        ++counts.failed;
      } else {
        ++counts.done;
      }
    }
  }

  // What the scenario expects of the history and the invariants.
  void DecideLate() {
    for (std::size_t i = 0; i < scenario_.expect.size(); ++i) {
      ExpectationResult& result = result_.expectations[i];
      if (result.decided) continue;
      const That that = scenario_.expect[i].that;
      const std::string broken = violation_.has_value() ? violation_->property : "";
      result.decided = true;
      result.decided_at = cluster_.Time();
      if (that == That::kLawfulLoss) {
        result.held = result_.lawful_loss.has_value();
        result.why = result.held ? result_.lawful_loss->what : "nothing was lost";
      } else if (!broken.empty()) {
        result.held = false;
        result.why = broken + " is broken";
      } else if (result_.lawful_loss.has_value()) {
        result.held = false;
        result.why = "not judged: " + result_.lawful_loss->what;
      } else if (that != That::kExactlyOnce && result_.not_linearizable.has_value()) {
        result.held = that == That::kNotLinearizable;
        result.why = *result_.not_linearizable;
      } else {
        result.held = that == That::kLinearizable || that == That::kExactlyOnce;
        result.why = std::to_string(result_.history.operations) + " client calls follow the log";
      }
    }
  }

  void Conclude() {
    result_.seed = options_.seed;
    result_.violation = violation_;
    result_.lawful_loss = invariants_.lawful_loss();
    result_.checks = invariants_.checks();
    result_.expectations = director_.expectations().results();
    DecideLate();
    result_.hash = bus_.hash();
    result_.events = cluster_.events();
    result_.trace_events = bus_.last();
    result_.virtual_time = cluster_.Time();
    result_.elections = cluster_.elections();
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  TraceBus bus_;
  Invariants invariants_;
  SimCluster cluster_;
  Director director_;
  std::optional<Violation> violation_;
  RunResult result_;
};

}  // namespace

bool RunResult::Passed() const {
  const bool all_held = std::all_of(expectations.begin(), expectations.end(),
                                    [](const ExpectationResult& e) { return e.held; });
  return !violation.has_value() && all_held;
}

RunResult Run(const Scenario& scenario, const RunOptions& options) {
  return Runner(scenario, options).Run();
}

}  // namespace drydock::sim
