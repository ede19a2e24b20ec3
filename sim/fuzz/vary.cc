#include "sim/fuzz/vary.h"

#include <algorithm>

namespace drydock::sim {
namespace {

using std::uint64_t;

constexpr Duration Ms(std::int64_t count) {
  return Duration::Milliseconds(count);
}

// Wide enough that nodes which split a vote part again in any network that is drawn.
void VaryTimeouts(Dice& dice, Scenario& scenario) {
  Settings& config = scenario.config;
  config.election_timeout_min = dice.Time({Ms(60), Ms(400)});
  config.election_timeout_max = config.election_timeout_min + dice.Time({Ms(100), Ms(300)});
  const auto least = static_cast<uint64_t>(config.election_timeout_min.nanoseconds() / 1'000'000);
  config.heartbeat_interval = Ms(static_cast<std::int64_t>(least / dice.From({3, 8})));
}

void VaryPriorities(Dice& dice, Scenario& scenario) {
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    const uint64_t priority = dice.Below(4);
    if (priority > 0) scenario.config.priorities[NodeId(i)] = priority;
  }
}

void VarySnapshots(Dice& dice, Scenario& scenario) {
  Settings& config = scenario.config;
  config.snapshot_every = dice.Scale({2, 200});
  config.snapshot_margin_bytes = dice.OneIn(2) ? 0 : dice.Scale({100, 10'000});
  config.snapshot_chunk_bytes = dice.Scale({256, 16'384});
}

void VaryWindows(Dice& dice, Scenario& scenario) {
  Settings& config = scenario.config;
  config.max_entries_per_append = dice.Scale({1, 16});
  config.max_inflight_appends = dice.Scale({1, 8});
}

void VaryValues(Dice& dice, Scenario& scenario) {
  Workload& load = scenario.workload;
  load.value_bytes_max = std::max(load.value_bytes_min, dice.Scale({10'000, 200'000}));
}

void VaryPieces(Dice& dice, Scenario& scenario) {
  scenario.config.max_piece_bytes = dice.Scale({32, 512});
  scenario.workload.value_bytes_max = std::max<uint64_t>(scenario.workload.value_bytes_max, 1024);
}

// Fewer than there are clients: some must always begin anew, and some must get on.
void VarySessions(Dice& dice, Scenario& scenario) {
  const uint64_t clients = scenario.workload.clients;
  scenario.config.max_sessions = dice.From({std::max<uint64_t>(clients, 2) - 1, clients + 1});
}

void VaryBounds(Dice& dice, Scenario& scenario) {
  Settings& config = scenario.config;
  config.max_piece_bytes = std::min<uint64_t>(config.max_piece_bytes, 512);
  config.max_append_bytes = 1024;
  config.max_inflight_bytes = dice.Scale({1024, 16'384});
  config.max_uncommitted_bytes = dice.Scale({1024, 16'384});
  config.max_pending_reads = dice.Scale({1, 16});
}

// Whoever asks again before an answer can come asks more and more.
void BePatient(Scenario& scenario) {
  scenario.workload.attempt_timeout = Workload().attempt_timeout;
}

void VaryPace(Dice& dice, Scenario& scenario) {
  scenario.workload.think_time = ConstantLatency{};
  scenario.workload.rate = dice.Scale({5, 50});
  scenario.workload.max_in_flight = dice.Scale({2, 32});
  BePatient(scenario);
}

void VaryDisks(Dice& dice, Scenario& scenario) {
  scenario.disk.fsync = UniformLatency{Ms(0), dice.Time({Ms(1), Ms(30)})};
  BePatient(scenario);
}

void VaryDistance(Dice& dice, Scenario& scenario) {
  const Duration median = dice.Time({Ms(1), Ms(8)});
  // Its tail is in the quiet phase, too: a heartbeat that is late by a timeout would begin an
  // election at the very end.
  scenario.network.latency = LognormalLatency{median, median + dice.Time({Ms(1), Ms(10)})};
  BePatient(scenario);
}

void VaryUptime(Dice& dice, Scenario& scenario) {
  constexpr uint64_t kTenYears = 315'360'000;  // seconds
  const auto uptime = static_cast<std::int64_t>(dice.Scale({1, kTenYears}));
  SetClock set{.node = {Target{Target::Kind::kAll, NodeId(), ""}},
               .rate_ppm = std::nullopt,
               .jump = Duration::Seconds(uptime),
               .length = std::nullopt};
  scenario.events.push_back({Duration(), "", std::move(set)});
}

// Also in the quiet phase: the slowest leader's heartbeats must be faster than the fastest timeout.
void VaryRates(Dice& dice, Scenario& scenario) {
  std::pair<uint64_t, uint64_t> rates = ClockRates(scenario.config);
  rates = {std::max<uint64_t>(rates.first, 82), std::min<uint64_t>(rates.second, 122)};
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    SetClock set{.node = {Target{Target::Kind::kNode, NodeId(i), ""}},
                 .rate_ppm = static_cast<std::int64_t>(dice.From(rates)) * 10'000,
                 .jump = std::nullopt,
                 .length = std::nullopt};
    scenario.events.push_back({Duration(), "", std::move(set)});
  }
}

// Longer timeouts only: a node that waits less than the others' heartbeats take would never rest.
// And not where they are long already: two votes that are split would fill the quiet.
void VaryNodes(Dice& dice, Scenario& scenario) {
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    const uint64_t how = dice.Below(3);
    if (how == 0) continue;
    Settings own = scenario.config;
    if (how == 1 || own.election_timeout_max > Settings().election_timeout_max) {
      own.leases = false;
    } else {
      own.election_timeout_min = own.election_timeout_min + own.election_timeout_min;
      own.election_timeout_max = own.election_timeout_max + own.election_timeout_max;
    }
    scenario.node_config.emplace(NodeId(i), own);
  }
}

void VaryLeases(Dice& dice, Scenario& scenario) {
  scenario.config.leases = scenario.config.check_quorum = true;  // they need it
  scenario.config.clock_drift_ppm = dice.OneOf<uint64_t>({100'000, 500'000, 1'000'000});
}

void VaryOne(Variation variation, Dice& dice, Scenario& scenario) {
  switch (variation) {
    case Variation::kTimeouts:
      return VaryTimeouts(dice, scenario);
    case Variation::kPreVote:
      scenario.config.pre_vote = false;
      return;
    case Variation::kCheckQuorum:
      scenario.config.check_quorum = scenario.config.leases;  // which need it
      return;
    case Variation::kPriorities:
      return VaryPriorities(dice, scenario);
    case Variation::kSnapshots:
      return VarySnapshots(dice, scenario);
    case Variation::kWindows:
      return VaryWindows(dice, scenario);
    case Variation::kLargeValues:
      return VaryValues(dice, scenario);
    case Variation::kPieces:
      return VaryPieces(dice, scenario);
    case Variation::kSessions:
      return VarySessions(dice, scenario);
    case Variation::kNoSessions:
      scenario.workload.sessions = false;
      return;
    case Variation::kBounds:
      return VaryBounds(dice, scenario);
    case Variation::kOpenLoop:
      return VaryPace(dice, scenario);
    case Variation::kLeases:
      return VaryLeases(dice, scenario);
    case Variation::kSlowDisks:
      return VaryDisks(dice, scenario);
    case Variation::kFarApart:
      return VaryDistance(dice, scenario);
    case Variation::kUptime:
      return VaryUptime(dice, scenario);
    case Variation::kDrift:
    case Variation::kUneven:  // stand on the others, and come last
    case Variation::kCount:
      return;
  }
}

// A follower must be able to catch up with what the clients write, or the end proves nothing.
void KeepUp(Scenario& scenario) {
  constexpr uint64_t kInFlight = 16;            // pieces, or entries, at least
  constexpr uint64_t kPieces = 4;               // of the largest value, at most
  constexpr uint64_t kChunks = 8;               // of a snapshot, about
  constexpr uint64_t kLargestChunk = 16 << 20;  // that the settings allow
  Settings& config = scenario.config;
  const uint64_t value = scenario.workload.value_bytes_max;
  const uint64_t each = (kInFlight + config.max_inflight_appends - 1) / config.max_inflight_appends;
  config.max_entries_per_append = std::max(config.max_entries_per_append, each);
  config.max_piece_bytes = std::max(config.max_piece_bytes, value / kPieces);
  config.max_append_bytes = std::max(config.max_append_bytes, each * config.max_piece_bytes);
  config.max_inflight_bytes = std::max(
      {config.max_inflight_bytes, config.max_append_bytes, kInFlight * config.max_piece_bytes});
  config.max_uncommitted_bytes = std::max(config.max_uncommitted_bytes, config.max_append_bytes);
  // Where a round takes tens of milliseconds, clients that do not wait must come more rarely.
  const bool slow = scenario.disk.fsync.has_value() ||
                    std::holds_alternative<LognormalLatency>(*scenario.network.latency);
  Workload& load = scenario.workload;
  if (load.rate > 0 && slow) {
    load.rate = std::min<uint64_t>(load.rate, std::max<uint64_t>(40 / load.clients, 1));
  }
  const uint64_t state = scenario.workload.keys * value;
  config.snapshot_chunk_bytes =
      std::min(std::max(config.snapshot_chunk_bytes, state / kChunks), kLargestChunk);
}

}  // namespace

// Of two clocks the one at the high end runs faster than the one at the low end by the bound, or
// just less.
std::pair<uint64_t, uint64_t> ClockRates(const Settings& config) {
  if (!config.leases) return {30, 300};
  if (config.clock_drift_ppm >= 1'000'000) return {71, 141};
  if (config.clock_drift_ppm >= 500'000) return {82, 122};
  return {96, 104};
}

void Vary(const std::vector<Variation>& variations, Dice& dice, Scenario& scenario) {
  for (const Variation variation : variations) VaryOne(variation, dice, scenario);
  KeepUp(scenario);
  const auto has = [&](Variation variation) {
    return std::find(variations.begin(), variations.end(), variation) != variations.end();
  };
  if (has(Variation::kDrift)) VaryRates(dice, scenario);
  if (has(Variation::kUneven)) VaryNodes(dice, scenario);
}

}  // namespace drydock::sim
