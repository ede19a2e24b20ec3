#include "tools/rehearse/rehearsal.h"

#include <algorithm>
#include <memory>
#include <set>

#include "sim/engine/director.h"
#include "sim/trace/trace_bus.h"
#include "sim/trace/trace_writer.h"

namespace drydock::tools {
namespace {

using That = sim::Expectation::That;

class Rehearsal {
 public:
  Rehearsal(const sim::Scenario& scenario, const RehearsalOptions& options,
            const ClusterFiles& files)
      : scenario_(scenario),
        options_(options),
        narrator_(scenario.workload.clients, options.aloud),
        cluster_(scenario,
                 {.raftd = options.raftd,
                  .seed = options.seed,
                  .namespaces = options.namespaces,
                  .disks = options.disks,
                  .patience = options.patience,
                  .interrupted = options.interrupted},
                 files, bus_, narrator_),
        director_(scenario, cluster_) {
    bus_.AddObserver(&narrator_);
    if (options.trace == nullptr) return;
    trace_ = std::make_unique<sim::TraceWriter>(*options.trace, scenario, options.seed);
    bus_.AddObserver(trace_.get());
  }

  RehearsalResult Run() {
    const Status prepared = cluster_.Prepare();
    if (!prepared.ok()) {
      result_.not_possible = prepared.error();
      return std::move(result_);
    }
    const Status started = cluster_.Start();
    if (!started.ok() && !IsInterrupted()) {
      result_.not_started = started.error();
      return std::move(result_);
    }
    PlayTimeline();
    if (!IsInterrupted()) FinishScenario();
    if (IsInterrupted()) {
      result_.interrupted = true;
      return std::move(result_);
    }
    cluster_.Stop();
    JudgeHistory();
    Conclude();
    return std::move(result_);
  }

 private:
  bool IsInterrupted() const {
    return options_.interrupted != nullptr && options_.interrupted->load() != 0;
  }

  void PlayTimeline() {
    const std::int64_t until = scenario_.until.nanoseconds();
    while (cluster_.Time() < until && !IsInterrupted()) {
      ActIfDue();
      cluster_.RunUntil(std::min(until, director_.NextMoment()));
      director_.OnEvent(cluster_.Time());
    }
  }

  // What is due is done for the time that the file says, though it is a little later.
  void ActIfDue() {
    while (director_.NextMoment() <= cluster_.Time()) director_.ActAt(director_.NextMoment());
  }

  // The last expectations are for a picture that is not older than the end.
  void FinishScenario() {
    const std::int64_t end = cluster_.Time();
    ActIfDue();
    const auto is_fresh = [&] { return cluster_.PictureIsSince(end); };
    if (!cluster_.WaitFor(is_fresh) && !IsInterrupted()) {
      result_.problems.emplace_back("the nodes did not tell their state at the end");
    }
    director_.Finish(cluster_.Time());
    result_.time = cluster_.Time();
    cluster_.EndScenario();
    narrator_.EndCalls();
    ReadEverything();
  }

  std::set<std::string> AllKeys() const {
    std::set<std::string> keys;
    for (const sim::Event& event : scenario_.events) {
      if (const auto* call = std::get_if<sim::ScriptedCall>(&event.action)) keys.insert(call->key);
    }
    const std::uint64_t some = std::min<std::uint64_t>(scenario_.workload.keys, 1000);
    for (std::uint64_t i = 0; scenario_.workload.clients > 0 && i < some; ++i) {
      keys.insert("k" + std::to_string(i));
    }
    return keys;
  }

  // Reads are part of the history: if a write that was acknowledged is gone, the judge finds it.
  void ReadEverything() {
    if (!cluster_.HasSoundMajority()) return;
    const std::set<std::string> keys = AllKeys();
    std::size_t open = keys.size();
    std::size_t answered = 0;
    for (const std::string& key : keys) {
      cluster_.ReadAtEnd(key, [&](bool was_answered) {
        --open;
        answered += was_answered ? 1 : 0;
      });
    }
    while (open > 0 && !IsInterrupted()) cluster_.RunUntil(cluster_.Time() + 1'000'000'000);
    result_.read_at_end = answered;
    if (open > 0 || answered == keys.size()) return;
    result_.problems.push_back(std::to_string(keys.size() - answered) + " of " +
                               std::to_string(keys.size()) +
                               " keys could not be read at the end, though a majority is there");
  }

  void JudgeHistory() {
    result_.history = cluster_.TakeHistory();
    for (const sim::Operation& op : result_.history.ops) {
      if (op.outcome == sim::OperationOutcome::kUnknown) {
        ++result_.unknown;
      } else if (op.outcome == sim::OperationOutcome::kFailed) {
        ++result_.failed;
      } else {
        ++result_.done;
      }
    }
    result_.verdict = sim::Judge(result_.history);
    if (result_.verdict.judgement == sim::Judgement::kLinearizable) return;
    result_.conflict = sim::Describe(result_.verdict, result_.history);
  }

  // What the scenario expects of the history.
  void DecideLate() {
    const bool good = result_.verdict.judgement == sim::Judgement::kLinearizable;
    for (std::size_t i = 0; i < scenario_.expect.size(); ++i) {
      sim::ExpectationResult& expectation = result_.expectations[i];
      if (expectation.decided) continue;
      const bool once = good && scenario_.expect[i].that == That::kExactlyOnce;
      expectation.decided = true;
      expectation.decided_at = result_.time;
      expectation.held = good;
      expectation.why = "the history of " + std::to_string(result_.history.ops.size()) +
                        " client calls is " + std::string(NameOf(result_.verdict.judgement)) +
                        (once ? ", so nobody saw a write twice" : "");
    }
  }

  void Conclude() {
    result_.expectations = director_.expectations().results();
    DecideLate();
    const auto& problems = cluster_.problems();
    result_.problems.insert(result_.problems.begin(), problems.begin(), problems.end());
    result_.takeovers = cluster_.takeovers();
    result_.elections = cluster_.elections();
    result_.story = narrator_.lines();
    if (trace_ != nullptr && !trace_->Flush()) {
      result_.problems.emplace_back("the trace could not be written to its end");
    }
  }

  const sim::Scenario& scenario_;
  const RehearsalOptions& options_;
  sim::TraceBus bus_;
  Narrator narrator_;
  std::unique_ptr<sim::TraceWriter> trace_;
  LiveCluster cluster_;
  sim::Director director_;
  RehearsalResult result_;
};

}  // namespace

bool RehearsalResult::Passed() const {
  const bool all_held = std::all_of(expectations.begin(), expectations.end(),
                                    [](const sim::ExpectationResult& e) { return e.held; });
  return all_held && problems.empty() && verdict.judgement == sim::Judgement::kLinearizable;
}

RehearsalResult Rehearse(const sim::Scenario& scenario, const RehearsalOptions& options,
                         const ClusterFiles& files) {
  return Rehearsal(scenario, options, files).Run();
}

}  // namespace drydock::tools
