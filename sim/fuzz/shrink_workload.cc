#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "sim/fuzz/scenario_targets.h"
#include "sim/fuzz/shrink_passes.h"
#include "sim/run/run.h"

namespace drydock::sim {
namespace {

// A workload reads well in one line: so many calls in its place are no more to read.
constexpr std::size_t kFewCalls = 5;
// Of a long run the last calls before the failure matter most.
constexpr std::array<std::size_t, 4> kLastCalls = {4, 16, 64, 400};

// Keeps the calls of a workload as a scenario would make them.
class CallKeeper final : public Observer {
 public:
  explicit CallKeeper(std::uint32_t clients) : clients_(clients) {}

  void OnNodeEvent(const EventMeta&, const TraceEvent&) override {}
  void OnSimEvent(const EventMeta& meta, const SimEvent& event) override {
    const auto* called = std::get_if<trace::Called>(&event);
    if (called == nullptr || called->client >= clients_) return;  // the scenario's own calls
    std::visit([&](const auto& op) { Keep(meta, op); }, called->request->op);
  }
  const std::vector<Event>& calls() const { return calls_; }

 private:
  using Kind = ScriptedCall::Kind;

  void Keep(const EventMeta& meta, const PutOp& op) {
    Add(meta, {.kind = Kind::kPut, .key = TextOf(op.key), .value = TextOf(op.value)});
  }
  void Keep(const EventMeta& meta, const GetOp& op) {
    Add(meta,
        {.kind = Kind::kGet, .key = TextOf(op.key), .mode = op.mode, .any_node = op.any_node});
  }
  void Keep(const EventMeta& meta, const DeleteOp& op) {
    Add(meta, {.kind = Kind::kDelete, .key = TextOf(op.key)});
  }
  void Keep(const EventMeta& meta, const CompareAndSetOp& op) {
    ScriptedCall call{.kind = Kind::kCas, .key = TextOf(op.key), .value = TextOf(op.value)};
    if (op.expected.has_value()) call.expected = TextOf(*op.expected);
    Add(meta, std::move(call));
  }
  void Keep(const EventMeta&, const RegisterOp&) {}

  static std::string TextOf(const Bytes& bytes) { return std::string(bytes.view()); }
  void Add(const EventMeta& meta, ScriptedCall call) {
    calls_.push_back(
        {.at = Duration::Nanoseconds(meta.time), .note = "", .action = std::move(call)});
  }

  std::uint32_t clients_;
  std::vector<Event> calls_;
};

bool IsBefore(const Event& a, const Event& b) {
  return a.at < b.at;
}

// Without a workload, with these calls among the events.
Scenario WithCalls(Scenario scenario, const std::vector<Event>& calls) {
  scenario.workload = {};
  std::vector<Event> events;
  std::merge(scenario.events.begin(), scenario.events.end(), calls.begin(), calls.end(),
             std::back_inserter(events), IsBefore);
  scenario.events = std::move(events);
  return scenario;
}

bool TakeAwayCalls(Trials& trials, const Scenario& before, const std::vector<Event>& calls) {
  std::size_t count = calls.size();
  const std::uint64_t most_runs = trials.spent().runs + kSideStepRuns;
  TakeAway(calls.size(), [&](const std::vector<std::size_t>& left) {
    if (trials.spent().runs >= most_runs) return false;
    std::vector<Event> some;
    some.reserve(left.size());
    for (const std::size_t i : left) some.push_back(calls[i]);
    if (!trials.Try(WithCalls(before, some))) return false;
    count = left.size();
    return true;
  });
  return count <= kFewCalls;
}

template <class Value>
bool Set(Trials& trials, Value Workload::*member, const Value& value) {
  return TryChange(trials, [&](Scenario& scenario) { scenario.workload.*member = value; });
}

void FewerClients(Trials& trials) {
  for (const std::uint32_t clients : {1U, 2U, 3U, 5U, 10U}) {
    if (clients >= trials.best().workload.clients) return;
    if (Set(trials, &Workload::clients, clients)) return;
  }
}

void FewerKindsOfCalls(Trials& trials) {
  const auto mix = [&trials](std::uint64_t put, std::uint64_t get, std::uint64_t cas) {
    return TryChange(trials, [=](Scenario& scenario) {
      Workload& workload = scenario.workload;
      workload.put = put, workload.get = get, workload.cas = cas, workload.del = 0;
    });
  };
  constexpr std::uint64_t kOne = 1'000'000;
  if (mix(kOne, 0, 0) || mix(kOne, kOne, 0) || mix(0, 0, kOne)) return;
  for (auto weight : {&Workload::del, &Workload::cas, &Workload::get, &Workload::put}) {
    Set(trials, weight, std::uint64_t{0});
    if (trials.best().workload.*weight > 0) Set(trials, weight, kOne);
  }
}

template <class Member>
void ShorterPatience(Trials& trials, Member Workload::*member) {
  const Workload defaults;
  if (Set(trials, member, defaults.*member)) return;
  if (trials.best().workload.*member == defaults.*member) return;
  for (const Duration round : RounderThan(trials.best().workload.*member)) {
    if (Set(trials, member, round)) return;
  }
}

}  // namespace

void SimplifyWorkload(Trials& trials) {
  if (trials.best().workload.clients == 0) return;
  if (TryChange(trials, [](Scenario& scenario) { scenario.workload = {}; })) return;
  FewerClients(trials);
  for (const std::uint64_t keys : {1U, 2U, 3U}) {
    if (keys < trials.best().workload.keys && Set(trials, &Workload::keys, keys)) break;
  }
  FewerKindsOfCalls(trials);
  TryChange(trials, [](Scenario& scenario) {
    scenario.workload.value_bytes_min = scenario.workload.value_bytes_max = 8;
  });
  Set(trials, &Workload::read_mode, ReadMode::kLinearizable);
  Set(trials, &Workload::any_node, false);
  Set(trials, &Workload::sessions, true);
  ShorterPatience(trials, &Workload::attempt_timeout);
  ShorterPatience(trials, &Workload::deadline);
  Set(trials, &Workload::stop, std::optional<Duration>());
  Set(trials, &Workload::start, Duration());
  const Workload& workload = trials.best().workload;
  for (const std::uint64_t rate : RounderThan(workload.rate)) {
    if (workload.rate > 0 && Set(trials, &Workload::rate, rate)) break;
  }
  for (const Latency& simpler : SimplerThan(workload.think_time)) {
    if (Set(trials, &Workload::think_time, simpler)) break;
  }
}

void ScriptWorkload(Trials& trials) {
  if (trials.best().workload.clients == 0) return;
  CallKeeper keeper(trials.best().workload.clients);
  Run(trials.best(), {.seed = *trials.best().seed, .observers = {&keeper}, .search_up_to = 0});
  const std::vector<Event>& calls = keeper.calls();
  const Trials::Mark before = trials.Remember();
  for (const std::size_t count : kLastCalls) {
    const std::vector<Event> last(
        calls.end() - static_cast<std::ptrdiff_t>(std::min(count, calls.size())), calls.end());
    if (trials.TryWithSeeds(WithCalls(before.best, last))) {
      if (!TakeAwayCalls(trials, before.best, last)) trials.Return(before);
      return;
    }
    if (count >= calls.size()) return;
  }
}

}  // namespace drydock::sim
