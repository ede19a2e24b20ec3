#include "tools/rehearse/live_cluster.h"

#include <algorithm>
#include <chrono>
#include <csignal>

#include "core/text/names.h"

namespace drydock::tools {
namespace {

constexpr std::int64_t kLookInterval = 10'000'000;  // nanoseconds
// Before a client is told that a node did not answer: keeps it from asking again in a hot loop.
constexpr Duration kPauseAfterFailure = Duration::Milliseconds(20);
constexpr Duration kSoon = Duration::Milliseconds(1);

std::int64_t SteadyNow() {
  return NodeClient::Clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::int64_t UnixNow() {
  return std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

std::vector<std::string> WatchedKeys(const sim::Scenario& scenario) {
  std::set<std::string> keys;
  for (const sim::Expectation& expectation : scenario.expect) {
    if (expectation.that == sim::Expectation::That::kValue) keys.insert(expectation.key);
  }
  return {keys.begin(), keys.end()};
}

}  // namespace

LiveCluster::LiveCluster(const sim::Scenario& scenario, const Options& options,
                         const ClusterFiles& files, sim::TraceBus& bus, Narrator& narrator)
    : scenario_(scenario),
      options_(options),
      files_(files),
      bus_(bus),
      narrator_(narrator),
      picks_(options.seed, "scenario", scenario.pins),
      clients_(scenario.workload, scenario.until.nanoseconds(), scenario.nodes, options.seed,
               scenario.pins, *this),
      begin_ns_(SteadyNow()),
      begin_unix_ns_(UnixNow()) {
  for (std::uint32_t i = 0; i < scenario.nodes; ++i) {
    nodes_.push_back(std::make_unique<LiveNode>(files.LogOf(NodeId(i))));
  }
}

LiveCluster::~LiveCluster() = default;

std::int64_t LiveCluster::Time() const {
  return SteadyNow() - begin_ns_;
}

std::uint64_t LiveCluster::Pick(std::uint64_t bound) {
  return picks_.Pick(sim::Decision::kPick, bound);
}

// --- Start and end ------------------------------------------------------------------------------

Status LiveCluster::Prepare() {
  std::vector<std::string> addresses;
  if (options_.namespaces) {
    const Status network = sandbox_.BuildNetwork(size());
    if (!network.ok()) return network;
    for (std::uint32_t i = 0; i < size(); ++i) {
      addresses.push_back(Sandbox::AddressOf(NodeId(i)) + ":7000");
    }
  } else {
    addresses = FreeLoopbackAddresses(size());
    if (addresses.size() < size()) return Error{"there are not enough free ports on 127.0.0.1"};
  }
  for (std::uint32_t i = 0; options_.disks && i < size(); ++i) {
    const std::string folder = files_.DataOf(NodeId(i));
    const Status mounted = sandbox_.MountDisk(folder);
    if (!mounted.ok()) return mounted;
    ClearDisk(NodeId(i));
  }
  client_ = std::make_unique<NodeClient>(addresses);
  board_ = std::make_unique<StatusBoard>(
      *client_,
      StatusBoard::Options{
          .nodes = size(), .keys = WatchedKeys(scenario_), .on_picture = [this] { OnPicture(); }});
  return files_.WriteConfig(scenario_, addresses);
}

Status LiveCluster::Start() {
  for (std::uint32_t i = 0; i < size(); ++i) {
    const Status started = StartProcess(NodeId(i));
    if (!started.ok()) return started;
  }
  const auto listens = [this](NodeId node) { return At(node).state == sim::NodeState::kRunning; };
  const bool all = WaitFor([&] {
    for (std::uint32_t i = 0; i < size(); ++i) {
      if (!listens(NodeId(i)) && problems_.empty()) return false;
    }
    return true;
  });
  if (!problems_.empty()) return Error{problems_.front()};
  if (!all) return Error{"the nodes do not listen; " + files_.folder() + " has their logs"};
  begin_ns_ = SteadyNow();
  begin_unix_ns_ = UnixNow();
  timers_.clear();
  playing_ = true;
  Say("all nodes listen, with empty disks");
  for (const auto& [term, node] : leaders_) {
    Say(NameOf(node) + " leads term " + std::to_string(term.value()));
  }
  clients_.Start();
  return Ok();
}

std::vector<std::string> LiveCluster::CommandOf(NodeId node, bool bootstrap) const {
  std::vector<std::string> command = {
      options_.raftd, "--config", files_.config(),     "--id",
      NameOf(node),   "--data",   files_.DataOf(node), "--enable-suspend"};
  // In namespaces addresses are not loopback's, and nobody else can reach them.
  command.emplace_back("--insecure-plaintext");
  if (bootstrap) command.emplace_back("--bootstrap");
  return command;
}

Status LiveCluster::StartProcess(NodeId id) {
  LiveNode& node = At(id);
  Result<Process> process = Process::Start({.command = CommandOf(id, !node.ever_started),
                                            .log = files_.LogOf(id),
                                            .network = sandbox_.NetworkOf(id)});
  if (!process.ok()) return process.error();
  node.process = std::move(process.value());
  node.starting = true;
  node.listened = false;
  node.paused = false;
  node.ever_started = true;
  node.last_error.clear();
  return Ok();
}

bool LiveCluster::WaitFor(const std::function<bool()>& is_so) {
  const std::int64_t end = Time() + options_.patience.nanoseconds();
  while (!is_so()) {
    const bool interrupted = options_.interrupted != nullptr && options_.interrupted->load() != 0;
    if (Time() >= end || interrupted) return false;
    RunUntil(end);
  }
  return true;
}

// Nodes that wait for others answer what they have open and go, each in its time.
void LiveCluster::Stop() {
  stopping_ = true;
  std::set<std::uint32_t> asked;
  for (std::uint32_t i = 0; i < size(); ++i) {
    LiveNode& node = *nodes_[i];
    if (!node.process.has_value() || node.process->ended().has_value()) continue;
    node.process->Signal(SIGTERM);
    node.process->Signal(SIGCONT);
    asked.insert(i);
  }
  const auto all_ended = [&] {
    return std::all_of(asked.begin(), asked.end(),
                       [&](auto i) { return nodes_[i]->process->ended().has_value(); });
  };
  WaitFor(all_ended);
  for (const std::uint32_t i : asked) {
    Process& process = *nodes_[i]->process;
    const std::optional<Ending> ending = process.ended();
    if (nodes_[i]->state != sim::NodeState::kRunning) {
      // It has stopped itself before: how it goes then is its own affair.
    } else if (!ending.has_value()) {
      Report(NameOf(NodeId(i)) + " did not end when it was asked to (SIGTERM)");
    } else if (ending->signal != 0 || ending->code != 0) {
      Report(NameOf(NodeId(i)) + ", asked to end (SIGTERM), " + TextOf(*ending));
    }
    process.Kill();
  }
  for (std::uint32_t i = 0; options_.disks && i < size(); ++i) {
    const Status kept = sandbox_.UnmountDisk(files_.DataOf(NodeId(i)));
    if (!kept.ok()) Report(kept.error().text);
  }
}

// --- Time ---------------------------------------------------------------------------------------

void LiveCluster::RunUntil(std::int64_t time) {
  if (SteadyNow() >= next_look_) Look();
  board_->Tick(SteadyNow());
  RunTimers();
  std::int64_t until = std::min(time + begin_ns_, next_look_);
  if (!timers_.empty()) until = std::min(until, timers_.begin()->first + begin_ns_);
  client_->RunOne(NodeClient::Clock::time_point(std::chrono::nanoseconds(until)));
}

void LiveCluster::After(Duration length, std::function<void()> act) {
  timers_.emplace(Time() + length.nanoseconds(), std::move(act));
}

void LiveCluster::RunTimers() {
  const std::int64_t now = Time();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const auto act = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    act();
  }
}

// --- Looking at the nodes -----------------------------------------------------------------------

void LiveCluster::Look() {
  next_look_ = SteadyNow() + kLookInterval;
  for (std::uint32_t i = 0; i < size(); ++i) LookAt(NodeId(i));
}

void LiveCluster::LookAt(NodeId id) {
  LiveNode& node = At(id);
  // The end is looked for first: then the log is complete.
  const std::optional<Ending> ending =
      node.process.has_value() ? node.process->ended() : std::nullopt;
  ReadLog(id);
  if (ending.has_value() && !stopping_) TakeEnding(id, *ending);
}

void LiveCluster::ReadLog(NodeId id) {
  for (const LogLine& line : At(id).log.ReadNew()) TakeLine(id, line);
}

void LiveCluster::TakeLine(NodeId id, const LogLine& line) {
  LiveNode& node = At(id);
  if (line.level.empty() || line.level == "error") {
    node.last_error = !line.why.empty()       ? line.why
                      : !line.message.empty() ? line.message
                                              : line.event;
  }
  if (line.event == "listening" && node.starting) {
    node.starting = false;
    node.listened = true;
    client_->Reconnect(id);
    board_->Ask(id);
  } else if (line.event == "role_changed" && line.role.has_value()) {
    TakeRole(id, line);
  } else if (line.event == "halted") {
    node.state = sim::NodeState::kHalted;
    ++versions_.roles;
    board_->Forget(id);
    Emit(id, trace::Halted{line.why});
    Say(NameOf(id) + " STOPS ITSELF: " + line.why);
  }
}

void LiveCluster::TakeRole(NodeId id, const LogLine& line) {
  if (line.term > Term(0)) Emit(id, trace::TermAndVote{line.term, std::nullopt});
  Emit(id, *line.role);
  if (line.role->role == Role::kLeader) {
    NoteLeader(id, line.term, line.unix_ns == 0 ? Time() : line.unix_ns - begin_unix_ns_);
  } else if (!line.message.empty()) {
    Say(line.message);
  }
}

// By itself: a process that the scenario kills is gone from its node at once.
void LiveCluster::TakeEnding(NodeId id, const Ending& ending) {
  LiveNode& node = At(id);
  const std::string name = NameOf(id);
  const std::string why = node.last_error.empty() ? "" : ": " + node.last_error;
  const bool halted = node.state == sim::NodeState::kHalted;
  if (ending.signal != 0) {
    Report(name + " " + TextOf(ending) + ", which nobody sent it" + why);
  } else if (!halted && !node.listened) {
    Say(name + " STAYS OUT, it " + TextOf(ending) + why);
  } else if (!halted) {
    Report(name + " " + TextOf(ending) + " though nobody asked it to" + why);
  }
  node.state = node.listened ? sim::NodeState::kHalted : sim::NodeState::kOut;
  node.starting = false;
  node.process.reset();
  board_->Forget(id);
  ++versions_.roles;
}

void LiveCluster::OnPicture() {
  for (std::uint32_t i = 0; i < size(); ++i) {
    LiveNode& node = *nodes_[i];
    const NodeView& view = board_->At(NodeId(i));
    if (view.known && node.listened && node.state == sim::NodeState::kCrashed) {
      node.state = sim::NodeState::kRunning;
      ++versions_.roles;
      TellStarted(NodeId(i), view.report);
    }
    const NodeReport& now = view.report;
    const NodeReport& before = node.shown.report;
    if (view.known && now.role == Role::kLeader && !leaders_.contains(now.term)) {
      ReadLog(NodeId(i));  // which knows since when
    }
    if (view.known && now.role == Role::kLeader) NoteLeader(NodeId(i), now.term, Time());
    if (now.role != before.role || now.term != before.term || now.suspended != before.suspended) {
      ++versions_.roles;
    }
    if (!(view == node.shown)) ++versions_.data;
    node.shown = view;
  }
}

void LiveCluster::TellStarted(NodeId id, const NodeReport& report) {
  const sim::trace::Started started{.incarnation = report.incarnation,
                                    .store = StoreId(0),
                                    .term = report.term,
                                    .vote = std::nullopt,
                                    .kept = report.last,
                                    .last = report.last,
                                    .torn = ""};
  Emit(id, scenario_cause_, started);
  if (report.incarnation > Incarnation(1)) {
    Say(NameOf(id) + " is back: term " + std::to_string(report.term.value()) + ", " +
        std::to_string(report.last.value()) + " entries");
  }
}

// --- Leaders ------------------------------------------------------------------------------------

void LiveCluster::NoteLeader(NodeId id, Term term, std::int64_t since) {
  const auto [known, is_new] = leaders_.emplace(term, id);
  if (!is_new) {
    if (known->second == id) return;
    return Report(NameOf(known->second) + " and " + NameOf(id) + " both led term " +
                  std::to_string(term.value()));
  }
  std::string text = NameOf(id) + " LEADS term " + std::to_string(term.value());
  if (!takeovers_.empty() && !takeovers_.back().new_leader.has_value()) {
    Takeover& takeover = takeovers_.back();
    takeover.new_leader = id;
    takeover.led_at = std::max(since, takeover.lost_at);
    const std::int64_t took = (takeover.led_at - takeover.lost_at) / 1000000;
    text += ", " + std::to_string(took) + " ms after " + NameOf(takeover.old_leader) + " was " +
            takeover.how;
  }
  if (playing_) Say(text);
}

void LiveCluster::NoteLeaderLost(NodeId id, const char* how) {
  const NodeView& view = board_->At(id);
  const bool leads = view.known && view.report.role == Role::kLeader && !leaders_.empty() &&
                     leaders_.rbegin()->first == view.report.term;
  if (leads) takeovers_.push_back({.old_leader = id, .how = how, .lost_at = Time()});
}

// --- Telling ------------------------------------------------------------------------------------

void LiveCluster::Report(std::string problem) {
  Say("PROBLEM: " + problem);
  problems_.push_back(std::move(problem));
}

// The clock of the rehearsal begins when all nodes listen; what was before that counts as then.
std::int64_t LiveCluster::TraceTime() const {
  return playing_ ? Time() : 0;
}

void LiveCluster::Emit(NodeId node, const TraceEvent& event) {
  bus_.Emit(TraceTime(), node, 0, event);
}

sim::EventId LiveCluster::Emit(std::optional<NodeId> node, sim::EventId cause,
                               const sim::SimEvent& event) {
  return bus_.Emit(TraceTime(), node, cause, event);
}

sim::EventId LiveCluster::TellFault(sim::trace::Fault fault) {
  scenario_cause_ = Emit(std::nullopt, 0, std::move(fault));
  return scenario_cause_;
}

void LiveCluster::TellExpectation(std::uint32_t number, bool held, std::string why) {
  Emit(std::nullopt, 0, sim::trace::Expected{number, held, std::move(why)});
}

// --- Clients ------------------------------------------------------------------------------------

sim::EventId LiveCluster::EmitClient(sim::EventId cause, const sim::SimEvent& event) {
  const auto* answered = std::get_if<sim::trace::Answered>(&event);
  const bool served =
      answered != nullptr && answered->given_up.empty() && !IsRefusal(answered->outcome);
  if (served && !takeovers_.empty() && takeovers_.back().new_leader.has_value() &&
      !takeovers_.back().served_at.has_value()) {
    takeovers_.back().served_at = Time();
  }
  return Emit(std::nullopt, cause, event);
}

// An attempt that surely never left is told apart from one of which nothing is known.
void LiveCluster::SendAttempt(sim::Attempt attempt, Duration, std::uint64_t, sim::EventId cause) {
  const CallId call = attempt.call;
  const LiveNode& node = At(attempt.target);
  if (!node.process.has_value() || !node.listened || client_->IsUnreachable(attempt.target)) {
    return After(kSoon, [this, call, cause] { clients_.OnAnswer(call, std::nullopt, cause); });
  }
  const Duration timeout = std::max(scenario_.workload.deadline, options_.patience);
  client_->Execute(attempt.target, attempt.request, timeout,
                   [this, call, cause](const std::optional<ClientAnswer>& answer) {
                     if (answer.has_value()) return clients_.OnAnswer(call, answer, cause);
                     After(kPauseAfterFailure, [this, call, cause] {
                       clients_.OnAnswer(call, ClientAnswer{.outcome = Outcome::kUnknown}, cause);
                     });
                   });
}

void LiveCluster::WakeClientAt(std::int64_t at, std::uint64_t, std::uint32_t client,
                               std::uint64_t number) {
  timers_.emplace(at, [this, client, number] {
    if (clients_.IsDue(client, number)) clients_.Wake(client);
  });
}

void LiveCluster::Call(const sim::ScriptedCall& call, std::optional<NodeId> via, CallDone done) {
  clients_.CallScripted(call, via, [this, done = std::move(done)](const sim::CallResult& result) {
    if (!over_) done(result);
  });
}

void LiveCluster::ReadAtEnd(const std::string& key, std::function<void(bool)> done) {
  const sim::ScriptedCall read{
      .kind = sim::ScriptedCall::Kind::kGet, .key = key, .within = options_.patience};
  clients_.CallScripted(read, std::nullopt,
                        [done = std::move(done)](const sim::CallResult& result) {
                          done(result.given_up.empty() && !IsRefusal(result.answer.outcome));
                        });
}

}  // namespace drydock::tools
