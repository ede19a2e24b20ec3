#include "sim/fuzz/shrink.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/text/units.h"
#include "sim/fuzz/fuzz_run.h"
#include "sim/fuzz/shrink_passes.h"
#include "sim/scenario/parse.h"
#include "sim/scenario/write.h"

namespace drydock::sim {
namespace {

// So often all steps are taken: each round but the last has found something.
constexpr std::uint64_t kMostRounds = 20;
// When no step helps any more, it may with another seed. So many are tried for each candidate.
constexpr std::uint64_t kSeeds = 8;
// A scenario this short needs no other seed.
constexpr std::size_t kShort = 2;

void TakeAllSteps(Trials& trials, bool look_inside) {
  CutTheEnd(trials);
  SimplifyWorkload(trials);
  SimplifyNetworkAndDisks(trials);
  RemoveEvents(trials);
  if (look_inside) ScriptWorkload(trials);
  if (look_inside) PinChances(trials);
  if (look_inside) NameLeaders(trials);
  RemoveNodes(trials);
  SimplifySettings(trials);
  SimplifyActions(trials);
  SimplifyCalls(trials);
  RemovePairsOfEvents(trials);
  CutTheEnd(trials);
  CloseGaps(trials);
  RoundMoments(trials);
  RemovePins(trials);
}

// True when a whole round found nothing.
bool TakeStepsUntilNoneHelps(Trials& trials, bool look_inside) {
  for (std::uint64_t round = 0; round < kMostRounds; ++round) {
    const std::uint64_t accepted = trials.accepted();
    TakeAllSteps(trials, look_inside);
    if (trials.Ended()) return false;
    if (trials.accepted() == accepted) return true;
  }
  return true;
}

// --- What the file says of itself ---------------------------------------------------------------

// "election-safety-of-NAME": letters, digits and dashes, as names are made of.
std::string NameFor(const std::string& property, const std::string& origin) {
  constexpr std::size_t kLongest = 63;
  std::string name = property + "-in-" + origin;
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain) c = '-';
  }
  name.resize(std::min(name.size(), kLongest));
  return name.substr(0, name.find_last_not_of('-') + 1);
}

std::string CountOf(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string DescriptionFor(const Failure& failure, const Scenario& origin, std::uint64_t seed) {
  std::string property = failure.property;
  property[0] =
      static_cast<char>(property[0] >= 'a' && property[0] <= 'z' ? property[0] - 32 : property[0]);
  std::string clients;
  if (origin.workload.clients > 0) {
    clients = ", " + CountOf(origin.workload.clients, "client");
  }
  return property + " broke here: " + failure.detail + ". Shrunk from " + origin.name +
         " with seed " + std::to_string(seed) + " (" + CountOf(origin.nodes, "node") + clients +
         ", " + CountOf(origin.events.size(), "event") + ", " + FormatDuration(origin.until) + ").";
}

// The smallest judging that finds the same: none of the history by search, if it does without.
RunCandidate Runner(const Scenario& scenario, std::uint64_t seed) {
  const auto with = [](std::uint64_t search_up_to) {
    return [search_up_to](const Scenario& candidate, std::uint64_t candidate_seed) {
      return RunHere(candidate, candidate_seed, search_up_to);
    };
  };
  const auto searched = RunHere(scenario, seed, RunOptions{}.search_up_to).failure;
  const auto plain = RunHere(scenario, seed, 0).failure;
  const bool same = searched && plain && SignatureOf(*searched) == SignatureOf(*plain);
  return same ? with(0) : with(RunOptions{}.search_up_to);
}

// The result as a file, read again and run again.
Result<Shrunk> Conclude(const Trials& trials, const Scenario& origin, std::uint64_t seed,
                        const ShrinkOptions& options) {
  Scenario scenario = trials.best();
  scenario.name = NameFor(trials.failure().property, origin.name);
  scenario.description = DescriptionFor(trials.failure(), origin, seed);
  Result<Scenario> read = ParseScenario(FileOf(scenario), scenario.name);
  if (!read.ok()) return read.error();
  Tried tried = options.run(read.value(), *read.value().seed);
  if (!tried.failure || SignatureOf(*tried.failure) != SignatureOf(trials.failure())) {
    return Error{"the shrunk scenario of " + origin.name +
                 " does not fail when it is read again; this is a bug of the shrinker"};
  }
  Shrunk shrunk{.scenario = std::move(read.value()),
                .failure = std::move(*tried.failure),
                .spent = trials.spent()};
  shrunk.spent.events = shrunk.scenario.events.size();
  shrunk.spent.until = shrunk.scenario.until;
  return shrunk;
}

}  // namespace

std::string FileOf(const Scenario& scenario) {
  std::string text = WriteScenario(scenario);
  text.insert(text.find('\n') + 1, "  \"$schema\": \"../schema/scenario.schema.json\",\n");
  return text;
}

Tried RunHere(const Scenario& scenario, std::uint64_t seed, std::uint64_t search_up_to) {
  const RunOptions options{
      .seed = seed, .observers = {}, .search_up_to = search_up_to, .max_events = kMaxEvents};
  const RunResult result = Run(scenario, options);
  return {FailureOf(scenario, result), result.events};
}

Result<Shrunk> Shrink(const Scenario& scenario, std::uint64_t seed, const ShrinkOptions& options) {
  ShrinkOptions used = options;
  if (!used.run) used.run = Runner(scenario, seed);
  Tried first = used.run(scenario, seed);
  if (!first.failure.has_value()) {
    return Error{scenario.name + " passes with seed " + std::to_string(seed) +
                 ": there is nothing to shrink"};
  }
  Scenario start = scenario;
  start.seed = seed;
  Trials trials(std::move(start), std::move(*first.failure), used);
  KeepOneExpectation(trials);
  trials.Guard();
  CutTheEnd(trials);
  if (used.look_inside) NameDrawnNodes(trials);
  bool finished = TakeStepsUntilNoneHelps(trials, used.look_inside);
  if (finished && trials.best().events.size() > kShort) {
    trials.SetSeeds(kSeeds);
    finished = TakeStepsUntilNoneHelps(trials, used.look_inside);
  }
  TrySmallSeeds(trials);
  Result<Shrunk> shrunk = Conclude(trials, scenario, seed, used);
  if (shrunk.ok()) shrunk.value().finished = finished;
  return shrunk;
}

}  // namespace drydock::sim
