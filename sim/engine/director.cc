#include "sim/engine/director.h"

#include <algorithm>

namespace drydock::sim {

Director::Director(const Scenario& scenario, Cluster& cluster, std::vector<ResolvedEvent>* resolved)
    : scenario_(scenario),
      cluster_(cluster),
      targets_(cluster),
      resolved_(resolved),
      expectations_(scenario.expect, scenario.until.nanoseconds(), cluster, targets_) {
  ApplyNetwork(scenario.network);
  if (resolved_ != nullptr) resolved_->resize(scenario.events.size());
  for (const Event& event : scenario.events) {
    Schedule(event.at.nanoseconds(), [this, &event] { Perform(event); });
  }
  for (const std::int64_t moment : expectations_.Moments()) {
    Schedule(moment, [this] { expectations_.OnMoment(now_); });
  }
}

void Director::Schedule(std::int64_t at, std::function<void()> act) {
  agenda_.emplace(std::pair(at, next_entry_++), std::move(act));
}

void Director::ScheduleAfter(std::optional<Duration> length, std::function<void()> act) {
  if (length.has_value()) Schedule(now_ + length->nanoseconds(), std::move(act));
}

void Director::ActAt(std::int64_t now) {
  now_ = now;
  while (!agenda_.empty() && agenda_.begin()->first.first <= now) {
    const auto act = std::move(agenda_.begin()->second);
    agenda_.erase(agenda_.begin());
    act();
  }
  expectations_.OnChange(now);  // before time goes on
}

void Director::Finish(std::int64_t now) {
  now_ = now;
  FinishCalls();
  FinishTransfers();
  FinishChanges();
  expectations_.Finish(now);
}

void Director::Perform(const Event& event) {
  targets_.BeginEvent();
  if (resolved_ != nullptr) {
    targets_.KeepIn(&(*resolved_)[static_cast<std::size_t>(&event - scenario_.events.data())]);
  }
  if (!event.note.empty()) Tell(Deed::kNote, "note: " + event.note);
  std::visit([this](const auto& action) { Do(action); }, event.action);
  targets_.KeepIn(nullptr);
}

// --- Nodes --------------------------------------------------------------------------------------

EventId Director::Tell(Deed deed, std::string what, std::vector<NodeId> nodes, EventId ends) {
  return cluster_.TellFault(
      {.what = std::move(what), .deed = deed, .nodes = std::move(nodes), .ends = ends});
}

std::vector<NodeId> Director::Bind(const Targets& targets, const std::string& as) {
  std::vector<NodeId> nodes = targets_.Resolve(targets);
  if (!as.empty()) targets_.Bind(as, nodes);
  return nodes;
}

void Director::Do(const Crash& crash) {
  const std::vector<NodeId> nodes = Bind(crash.node, crash.as);
  const char* loses = crash.lose == Crash::Lose::kNothing      ? ", losing nothing"
                      : crash.lose == Crash::Lose::kEverything ? ", losing everything"
                                                               : "";
  Tell(Deed::kCrash, "crash of " + NamesOf(nodes) + loses, nodes);
  for (const NodeId node : nodes) cluster_.Crash(node, crash.lose);
  ScheduleAfter(crash.length, [this, nodes] {
    Tell(Deed::kRestart, "restart of " + NamesOf(nodes), nodes);
    for (const NodeId node : nodes) cluster_.Restart(node);
  });
}

void Director::Do(const Restart& restart) {
  const std::vector<NodeId> nodes = targets_.Resolve(restart.node);
  Tell(Deed::kRestart, "restart of " + NamesOf(nodes), nodes);
  for (const NodeId node : nodes) cluster_.Restart(node);
}

void Director::Do(const SuspendNode& suspend) {
  const std::vector<NodeId> nodes = Bind(suspend.node, suspend.as);
  Tell(
      Deed::kSuspend,
      "suspension of " + NamesOf(nodes) + (suspend.length ? " for " + TextOf(*suspend.length) : ""),
      nodes);
  for (const NodeId node : nodes) cluster_.Suspend(node, suspend.length);
}

void Director::Do(const ResumeNode& resume) {
  const std::vector<NodeId> nodes = targets_.Resolve(resume.node);
  Tell(Deed::kResume, "resumption of " + NamesOf(nodes), nodes);
  for (const NodeId node : nodes) cluster_.Resume(node);
}

void Director::Do(const sim::Pause& pause) {
  const std::vector<NodeId> nodes = Bind(pause.node, pause.as);
  const EventId begin = Tell(
      Deed::kPause,
      "pause of " + NamesOf(nodes) + (pause.length ? " for " + TextOf(*pause.length) : ""), nodes);
  for (const NodeId node : nodes) cluster_.Pause(node);
  ScheduleAfter(pause.length, [this, nodes, begin] {
    Tell(Deed::kUnpause, NamesOf(nodes) + " runs again", nodes, begin);
    for (const NodeId node : nodes) cluster_.Unpause(node);
  });
}

void Director::Do(const sim::Unpause& unpause) {
  const std::vector<NodeId> nodes = targets_.Resolve(unpause.node);
  Tell(Deed::kUnpause, NamesOf(nodes) + " runs again", nodes);
  for (const NodeId node : nodes) cluster_.Unpause(node);
}

// --- Network ------------------------------------------------------------------------------------

void Director::Do(const Partition& partition) {
  Cut cut{.groups = {}, .one_way = partition.one_way};
  std::string text;
  for (const Targets& group : partition.groups) {
    const std::vector<NodeId> nodes = targets_.Resolve(group);
    NodeMask mask = 0;
    for (const NodeId node : nodes) mask |= NodeMask{1} << node.value();
    cut.groups.push_back(mask);
    text += (text.empty() ? "" : " | ") + NamesOf(nodes);
  }
  const EventId begin =
      cluster_.TellFault({.what = "partition: " + text + (partition.one_way ? ", one way" : "") +
                                  (partition.flap ? ", flapping" : ""),
                          .deed = Deed::kPartition,
                          .links = CutLinks(cut, cluster_.size())});
  const NetworkChangeId id = cluster_.AddCut(cut);
  if (partition.flap.has_value()) {
    const std::int64_t end = partition.length ? now_ + partition.length->nanoseconds() : kNever;
    return Flap({cut, *partition.flap, end, heals_}, id, begin);
  }
  ScheduleAfter(partition.length, [this, id, text, begin] {
    Tell(Deed::kMend, "end of the partition " + text, {}, begin);
    cluster_.RemoveCut(id);
  });
}

// Cut and mended in turn, until the end or until everything is healed. `cut`: the one that holds, 0
// for none; `told`: as what event.
void Director::Flap(const Flapping& flapping, NetworkChangeId cut, EventId told) {
  const std::int64_t next = now_ + flapping.period.nanoseconds();
  Schedule(std::min(next, flapping.end), [this, flapping, cut, told] {
    const bool healed = flapping.heals != heals_;
    if (cut != 0) {
      if (!healed) Tell(Deed::kMend, "the partition that flaps is mended", {}, told);
      cluster_.RemoveCut(cut);
    }
    if (healed || now_ >= flapping.end) return;
    if (cut != 0) return Flap(flapping, 0, 0);
    const EventId again = cluster_.TellFault({.what = "the partition that flaps is there again",
                                              .deed = Deed::kCut,
                                              .links = CutLinks(flapping.cut, cluster_.size())});
    Flap(flapping, cluster_.AddCut(flapping.cut), again);
  });
}

void Director::Do(const Heal&) {
  Tell(Deed::kHeal, "everything is healed");
  ++heals_;
  cluster_.HealNetwork();
}

NetworkChangeId Director::ApplyNetwork(const NetworkSettings& settings) {
  std::vector<ResolvedLinks> links;
  for (const LinkSettings& link : settings.links) {
    links.push_back({targets_.MaskOf(link.from), targets_.MaskOf(link.to), link.both_ways, link});
  }
  if (settings.client_latency) cluster_.SetClientLatency(*settings.client_latency);
  return cluster_.ChangeNetwork(settings, links);
}

void Director::Do(const SetNetwork& set) {
  const EventId begin = Tell(Deed::kNetwork, "the network changes");
  const NetworkChangeId before = ApplyNetwork(set.network);
  ScheduleAfter(set.length, [this, before, begin] {
    Tell(Deed::kNetwork, "the network is as before", {}, begin);
    cluster_.RestoreNetwork(before);
  });
}

void Director::Do(const Filter& filter) {
  ActiveFilter active{.types = {},
                      .from = targets_.MaskOf(filter.from),
                      .to = targets_.MaskOf(filter.to),
                      .drop = filter.drop,
                      .delay = filter.delay,
                      .left = filter.count};
  active.types.fill(filter.types.empty());
  for (const MessageType type : filter.types) active.types[static_cast<std::size_t>(type)] = true;
  const EventId begin =
      Tell(Deed::kFilter, filter.delay ? "some messages are delayed by " + TextOf(*filter.delay)
                                       : std::string("some messages are dropped"));
  const NetworkChangeId id = cluster_.AddFilter(active);
  ScheduleAfter(filter.length, [this, id, begin] {
    Tell(Deed::kFilter, "messages pass again", {}, begin);
    cluster_.RemoveFilter(id);
  });
}

// --- Clocks and disks ---------------------------------------------------------------------------

void Director::Do(const SetClock& set) {
  const std::vector<NodeId> nodes = targets_.Resolve(set.node);
  const EventId begin =
      Tell(Deed::kClock,
           "the clock of " + NamesOf(nodes) +
               (set.rate_ppm ? " runs at " + std::to_string(*set.rate_ppm) + " ppm" : "") +
               (set.jump ? " jumps by " + TextOf(*set.jump) : ""),
           nodes);
  for (const NodeId node : nodes) cluster_.SetClock(node, set.rate_ppm, set.jump);
  if (!set.rate_ppm) return;
  ScheduleAfter(set.length, [this, nodes, begin] {
    Tell(Deed::kClock, "the clock of " + NamesOf(nodes) + " runs true again", nodes, begin);
    for (const NodeId node : nodes) cluster_.SetClock(node, 1000000, std::nullopt);
  });
}

void Director::Do(const DiskFault& fault) {
  const std::vector<NodeId> nodes = targets_.Resolve(fault.node);
  std::string what;
  const auto add = [&what](const std::optional<Probability>& chance, const char* yes,
                           const char* no) {
    if (chance.has_value()) what += std::string(", ") + (*chance > 0 ? yes : no);
  };
  add(fault.sync_fails, "syncs fail", "syncs succeed");
  add(fault.sync_lies, "syncs lie", "syncs are honest");
  add(fault.read_flips, "reads flip bits", "reads are true");
  add(fault.torn, "unsynced writes tear in a crash", "no write tears in a crash");
  add(fault.name_vanishes, "unsynced names vanish in a crash", "no name vanishes in a crash");
  if (fault.stall) what += ", stalls for " + TextOf(*fault.stall);
  if (fault.capacity) what += ", has room for " + std::to_string(*fault.capacity) + " bytes";
  const EventId begin =
      Tell(Deed::kDisk,
           "the disk of " + NamesOf(nodes) + (what.empty() ? "" : ":" + what.substr(1)), nodes);
  for (const NodeId node : nodes) cluster_.SetDisk(node, fault);
  ScheduleAfter(fault.length, [this, nodes, begin] {
    Tell(Deed::kDisk, "the disk of " + NamesOf(nodes) + " is sound again", nodes, begin);
    for (const NodeId node : nodes) cluster_.ClearDisk(node);
  });
}

void Director::Do(const Corrupt& corrupt) {
  for (const NodeId node : targets_.Resolve(corrupt.node)) {
    const Status done = cluster_.CorruptDisk(node, corrupt);
    if (!done.ok()) Tell(Deed::kCorrupt, "no bit flipped: " + done.error().text, {node});
  }
}

void Director::Do(const SnapshotNode& snapshot) {
  const std::vector<NodeId> nodes = targets_.Resolve(snapshot.node);
  Tell(Deed::kSnapshot, NamesOf(nodes) + " is told to take a snapshot", nodes);
  for (const NodeId node : nodes) cluster_.TakeSnapshot(node);
}

void Director::Do(const Note&) {}

}  // namespace drydock::sim
