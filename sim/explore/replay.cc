#include "sim/explore/replay.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace drydock::sim::explore {
namespace {

// What is not to happen happens after the end.
constexpr Duration kNever = Duration::Seconds(3600);
// The first step comes so long after the start, later ones a tick apart.
constexpr Duration kLead = Duration::Milliseconds(1);
constexpr Duration kClientLatency = Duration::Microseconds(100);  // what the simulator has it
constexpr Duration kRest = Duration::Milliseconds(1);             // after the last step

Target TargetOf(NodeId node) {
  return {.kind = Target::Kind::kNode, .node = node, .name = ""};
}

std::string StreamOf(char letter, NodeId node) {
  return letter + std::to_string(node.value());
}

class Walker {
 public:
  explicit Walker(const Start& start)
      : start_(start),
        members_(start.members),
        jumps_(members_.size()),
        messages_(start.messages),
        disk_operations_(start.disk_operations),
        writes_lost_(members_.size()) {
    for (const Member& member : members_) {
      timeouts_[{member.id, member.incarnation}] = start.timeouts[member.id.value()];
    }
    scenario_ = start.scenario;
    scenario_.pins.clear();
    Add(Duration::Nanoseconds(start.at), Silence());
  }

  Result<Walked> Take(const std::vector<PathStep>& path) {
    now_ = start_.at + kLead.nanoseconds();
    for (const PathStep& step : path) {
      now_ += kTick.nanoseconds();
      const Status taken = TakeStep(step);
      if (!taken.ok()) return taken.error();
    }
    PinTimeouts();
    for (const Flight& flight : in_flight_) PinNever(flight);
    scenario_.until = Duration::Nanoseconds(now_) + kRest;
    std::stable_sort(scenario_.events.begin(), scenario_.events.end(),
                     [](const Event& a, const Event& b) { return a.at < b.at; });
    return Walked{std::move(scenario_), std::move(members_)};
  }

 private:
  struct Flight {
    Message message;
    std::string link;
    std::uint64_t ordinal = 0;
    std::int64_t sent = 0;
    std::optional<std::int64_t> first_arrival;  // of a copy
  };

  Status TakeStep(const PathStep& step) {
    Member& member = members_[step.node.value()];
    std::int64_t& jump = jumps_[step.node.value()];
    std::int64_t shown = now_ + jump;
    switch (step.kind) {
      case StepKind::kDeliver:
      case StepKind::kDeliverTwice:
        if (Status found = Deliver(step); !found.ok()) return found;
        break;
      case StepKind::kTimeout: {
        const std::int64_t missing = member.node->NextDeadline().nanoseconds() - shown;
        jump += missing;
        shown += missing;
        SetClock set{.node = {TargetOf(step.node)}};
        set.jump = Duration::Nanoseconds(missing);
        Add(Duration::Nanoseconds(now_), set);
        break;
      }
      case StepKind::kDiskDone:
        PinDisk(step.node, now_ - write_begun_[step.node]);
        break;
      case StepKind::kCrashKeeping:
      case StepKind::kCrashLosing:
        Crash(step, member);
        break;
      case StepKind::kRestart:
        Add(Duration::Nanoseconds(now_), Restart{.node = {TargetOf(step.node)}});
        break;
      case StepKind::kWrite:
        Write(step);
        break;
    }
    MemberStep taken =
        StepMember(member, start_.settings, step.kind, TimePoint::FromNanoseconds(shown),
                   step.message ? &*step.message : nullptr, step.write);
    member = std::move(taken.after);
    timeouts_[{member.id, member.incarnation}] += taken.timeouts_drawn;
    for (const Sent& sent : taken.sent) NoteSent(sent);
    if (taken.writes_begun > 0) BeginWrite(step.node);
    return Ok();
  }

  template <class Action>
  void Add(Duration at, Action action) {
    scenario_.events.push_back({.at = at, .note = "", .action = std::move(action)});
  }

  // From here on only what is pinned arrives: in any order, and after restarts, too.
  static SetNetwork Silence() {
    SetNetwork set;
    set.network.latency = ConstantLatency{kNever};
    set.network.reorder = kCertain;
    set.network.stale = kCertain;
    return set;
  }

  void NoteSent(const Sent& sent) {
    const NodeId from = sent.message.from;
    const NodeId to = sent.message.to;
    in_flight_.push_back({.message = sent.message,
                          .link = StreamOf('n', from) + ">" + StreamOf('n', to),
                          .ordinal = messages_[from.value()][to.value()]++,
                          .sent = now_ + sent.after,
                          .first_arrival = std::nullopt});
  }

  Status Deliver(const PathStep& step) {
    const std::uint64_t wanted = DigestOf(*step.message, {});
    const auto found = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const Flight& f) {
      return DigestOf(f.message, {}) == wanted;
    });
    if (found == in_flight_.end()) {
      return Error{"the path cannot be walked again: a message of it is never sent"};
    }
    // What is reordered is late by its latency twice.
    Pin(found->link, found->first_arrival ? Decision::kDuplicateDelay : Decision::kLatency,
        found->ordinal,
        found->first_arrival ? now_ - *found->first_arrival : (now_ - found->sent) / 2);
    if (step.kind == StepKind::kDeliver) {
      in_flight_.erase(found);
      return Ok();
    }
    // One copy is enough for the simulator; a second one would have to be a copy of the copy.
    if (found->first_arrival.has_value()) {
      return Error{"the path cannot be walked again: a message arrives more than twice"};
    }
    Pin(found->link, Decision::kDuplicate, found->ordinal, 1);
    found->first_arrival = now_;
    return Ok();
  }

  void Pin(const std::string& stream, Decision decision, std::uint64_t ordinal,
           std::int64_t value) {
    scenario_.pins[stream][{decision, ordinal}] = value;
  }

  void PinNever(const Flight& flight) {
    if (!flight.first_arrival.has_value()) return;  // as the network is
    Pin(flight.link, Decision::kDuplicateDelay, flight.ordinal, kNever.nanoseconds());
  }

  void BeginWrite(NodeId node) {
    if (start_.settings.instant_disks) return;
    write_begun_[node] = now_;
    ++disk_operations_[node.value()];
    PinDisk(node, kNever.nanoseconds());  // until it is known better
  }

  void PinDisk(NodeId node, std::int64_t time) {
    Pin(StreamOf('d', node), Decision::kSyncTime, disk_operations_[node.value()] - 1, time);
  }

  void Crash(const PathStep& step, const Member& member) {
    sim::Crash crash{.node = {TargetOf(step.node)}, .as = "", .lose = sim::Crash::Lose::kNothing};
    if (step.kind == StepKind::kCrashLosing && member.under_way.has_value()) {
      crash.lose = sim::Crash::Lose::kUnsynced;
      Pin(StreamOf('d', step.node), Decision::kCrashKeeps, writes_lost_[step.node.value()]++, 0);
    }
    Add(Duration::Nanoseconds(now_), crash);
  }

  void Write(const PathStep& step) {
    const ClientRequest request = WriteRequest(step.write);
    const auto& put = std::get<PutOp>(request.op);
    ScriptedCall call;
    call.key = put.key.view();
    call.value = put.value.view();
    call.via = TargetOf(step.node);
    Add(Duration::Nanoseconds(now_) - kClientLatency, call);
  }

  // Those that were drawn, as the start has pinned them; later starts draw like its first.
  void PinTimeouts() {
    for (const auto& [start, drawn] : timeouts_) {
      const auto [node, incarnation] = start;
      const std::string stream = StreamOf('n', node);
      const StreamPins& known = start_.scenario.pins.at(stream);
      for (std::uint64_t i = 0; i < drawn; ++i) {
        const std::uint64_t like = incarnation == Incarnation(1) ? i : i + 1;
        Pin(stream, Decision::kElectionTimeout, FirstTimeoutOf(incarnation) + i,
            known.at({Decision::kElectionTimeout, like}));
      }
    }
  }

  const Start& start_;
  Scenario scenario_;
  std::int64_t now_ = 0;
  std::vector<Member> members_;
  std::vector<std::int64_t> jumps_;
  std::vector<std::vector<std::uint64_t>> messages_;
  std::vector<std::uint64_t> disk_operations_;
  std::map<std::pair<NodeId, Incarnation>, std::uint64_t> timeouts_;  // drawn
  std::vector<std::uint64_t> writes_lost_;
  std::map<NodeId, std::int64_t> write_begun_;
  std::vector<Flight> in_flight_;
};

}  // namespace

Result<Walked> Walk(const Start& start, const std::vector<PathStep>& path) {
  return Walker(start).Take(path);
}

Result<Scenario> ScenarioOf(const Start& start, const std::vector<PathStep>& path,
                            const Problem& problem) {
  Result<Walked> walked = Walk(start, path);
  if (!walked.ok()) return walked.error();
  Scenario scenario = std::move(walked.value().scenario);
  scenario.name = "explored-" + problem.property;
  std::replace(scenario.name.begin(), scenario.name.end(), ' ', '-');
  scenario.description = "Found by a search: " + problem.detail + ".";
  return scenario;
}

}  // namespace drydock::sim::explore
