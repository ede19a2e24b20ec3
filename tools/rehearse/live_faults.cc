// What a scenario does to the nodes of a live cluster, and what it sees of them.
#include <algorithm>
#include <csignal>
#include <limits>

#include "core/text/names.h"
#include "tools/rehearse/live_cluster.h"

namespace drydock::tools {
namespace {

// The longest that the call can name is longer than any scenario.
std::uint32_t MillisecondsOf(std::optional<Duration> length) {
  constexpr std::int64_t kLongest = std::numeric_limits<std::uint32_t>::max();
  if (!length.has_value()) return static_cast<std::uint32_t>(kLongest);
  const std::int64_t milliseconds = (length->nanoseconds() + 999999) / 1000000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(milliseconds, 1, kLongest));
}

}  // namespace

// --- Seeing -------------------------------------------------------------------------------------

sim::NodeStatus LiveCluster::StatusOf(NodeId id) const {
  const LiveNode& node = At(id);
  const NodeReport& report = node.shown.report;
  return {.state = node.state,
          .suspended = report.suspended,
          .paused = node.paused,
          .role = report.role,
          .term = report.term,
          .commit = report.commit,
          .applied = report.applied,
          .last = report.last,
          .last_term = report.last_term};
}

std::optional<Bytes> LiveCluster::ValueAt(NodeId node, std::string_view key) const {
  const auto found = At(node).shown.values.find(std::string(key));
  return found == At(node).shown.values.end() ? std::nullopt : found->second;
}

bool LiveCluster::HasSoundMajority() const {
  const auto is_sound = [](const std::unique_ptr<LiveNode>& node) {
    return node->state == sim::NodeState::kRunning && !node->paused &&
           !node->shown.report.suspended;
  };
  const auto sound = std::count_if(nodes_.begin(), nodes_.end(), is_sound);
  return cuts_.empty() && filters_.empty() && sound * 2 > static_cast<std::ptrdiff_t>(size());
}

// --- Processes ----------------------------------------------------------------------------------

void LiveCluster::Crash(NodeId id, sim::Crash::Lose) {
  LiveNode& node = At(id);
  if (node.process.has_value()) {
    NoteLeaderLost(id, "killed");
    node.process->Kill();
    ReadLog(id);  // its last words
    node.process.reset();
  }
  if (node.state == sim::NodeState::kCrashed && !node.starting) return;
  node.state = sim::NodeState::kCrashed;
  node.starting = node.listened = node.paused = false;
  node.shown = NodeView();
  board_->Forget(id);
  ++versions_.roles;
  Emit(id, scenario_cause_, sim::trace::Crashed{"nothing", 0});
}

void LiveCluster::Restart(NodeId id) {
  LiveNode& node = At(id);
  if (node.state == sim::NodeState::kRunning || node.starting) return;
  if (node.process.has_value()) node.process->Kill();  // halted, and still there
  node.process.reset();
  node.state = sim::NodeState::kCrashed;
  const Status started = StartProcess(id);
  if (!started.ok()) Report(NameOf(id) + ": " + started.error().text);
}

void LiveCluster::Suspend(NodeId id, std::optional<Duration> length) {
  if (At(id).state != sim::NodeState::kRunning) return;
  NoteLeaderLost(id, "suspended");
  client_->Suspend(id, MillisecondsOf(length), options_.patience,
                   [this, id](const std::string& error) {
                     const bool there = At(id).state == sim::NodeState::kRunning;
                     if (there && !error.empty()) {
                       Report(NameOf(id) + " could not be suspended: " + error);
                     }
                   });
}

void LiveCluster::Resume(NodeId id) {
  if (At(id).state != sim::NodeState::kRunning) return;
  client_->Resume(id, options_.patience, [this, id](const std::string& error) {
    const bool there = At(id).state == sim::NodeState::kRunning;
    if (there && !error.empty()) Report(NameOf(id) + " could not be resumed: " + error);
  });
}

void LiveCluster::Transfer(NodeId id, std::optional<NodeId> target, TransferDone done) {
  if (At(id).state != sim::NodeState::kRunning) return done(std::nullopt);
  client_->Transfer(id, target, options_.patience, std::move(done));
}

// That one is being written already, or that there is nothing new, is as good as a new one.
void LiveCluster::TakeSnapshot(NodeId id) {
  if (At(id).state != sim::NodeState::kRunning) return;
  client_->TakeSnapshot(id, options_.patience, [this, id](const std::string& error) {
    const bool there = At(id).state == sim::NodeState::kRunning;
    if (there && !error.empty()) Report(NameOf(id) + " could not take a snapshot: " + error);
  });
}

void LiveCluster::Pause(NodeId id) {
  LiveNode& node = At(id);
  if (node.state != sim::NodeState::kRunning || node.paused) return;
  NoteLeaderLost(id, "stopped");
  node.process->Signal(SIGSTOP);
  node.paused = true;
  board_->Leave(id);
  ++versions_.roles;
}

void LiveCluster::Unpause(NodeId id) {
  LiveNode& node = At(id);
  if (node.state != sim::NodeState::kRunning || !node.paused) return;
  node.process->Signal(SIGCONT);
  node.paused = false;
  board_->Ask(id);
  ++versions_.roles;
}

// --- Network ------------------------------------------------------------------------------------

sim::NetworkChangeId LiveCluster::AddCut(const sim::Cut& cut) {
  cuts_.emplace(next_change_, cut);
  ApplyLinks();
  return next_change_++;
}

void LiveCluster::RemoveCut(sim::NetworkChangeId id) {
  if (cuts_.erase(id) > 0) ApplyLinks();
}

sim::NetworkChangeId LiveCluster::AddFilter(const sim::ActiveFilter& filter) {
  filters_.emplace(next_change_, filter);
  ApplyLinks();
  return next_change_++;
}

void LiveCluster::RemoveFilter(sim::NetworkChangeId id) {
  if (filters_.erase(id) > 0) ApplyLinks();
}

void LiveCluster::HealNetwork() {
  cuts_.clear();
  filters_.clear();
  ApplyLinks();
}

void LiveCluster::ApplyLinks() {
  Sandbox::Links blocked(size(), std::vector<bool>(size(), false));
  for (std::uint32_t from = 0; from < size(); ++from) {
    for (std::uint32_t to = 0; to < size(); ++to) {
      bool is_blocked = false;
      for (const auto& [id, cut] : cuts_) is_blocked |= sim::Separates(cut, from, to);
      for (const auto& [id, filter] : filters_) {
        is_blocked |= sim::Has(filter.from, from) && sim::Has(filter.to, to);
      }
      blocked[from][to] = is_blocked && from != to;
    }
  }
  const Status done = sandbox_.Block(blocked);
  if (!done.ok()) Report("the links could not be cut or mended: " + done.error().text);
}

// --- Disks --------------------------------------------------------------------------------------

void LiveCluster::SetDisk(NodeId id, const sim::DiskFault& fault) {
  if (!fault.capacity.has_value()) return;
  const Status done = sandbox_.ResizeDisk(files_.DataOf(id), *fault.capacity);
  if (!done.ok()) Report(done.error().text);
}

void LiveCluster::ClearDisk(NodeId id) {
  const std::uint64_t size = scenario_.disk.capacity.value_or(Sandbox::kAmpleBytes);
  const Status done = sandbox_.ResizeDisk(files_.DataOf(id), size);
  if (!done.ok()) Report(done.error().text);
}

}  // namespace drydock::tools
