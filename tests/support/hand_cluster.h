// Nodes stepped by hand: a test decides what is delivered, what is lost and when a disk is done.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/node/node.h"
#include "tests/support/memory_disk.h"

namespace drydock {

class HandCluster {
 public:
  explicit HandCluster(std::uint32_t size, Settings settings = {}, TimePoint start = {})
      : HandCluster(size, size, settings, start) {}
  // The nodes behind the founders wait to be added.
  HandCluster(std::uint32_t size, std::uint32_t founders, Settings settings = {},
              TimePoint start = {})
      : founders_(founders), settings_(settings), now_(start) {
    for (std::uint32_t i = 0; i < size; ++i) {
      disks_.emplace_back();
      disk_ops_.emplace_back();
      nodes_.push_back(Start(i, StoreId(i + 1)));
    }
  }

  Node& operator[](std::uint32_t node) { return nodes_[node]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  TimePoint now() const { return now_; }
  void Advance(Duration by) { now_ = now_ + by; }

  void Step(std::uint32_t node, Input input) {
    Effects out;
    nodes_[node].Step(now_, std::move(input), out);
    Collect(node, out);
  }
  // All in one step.
  void StepTogether(std::uint32_t node, std::vector<Input> inputs) {
    Effects out;
    nodes_[node].Step(now_, inputs, out);
    Collect(node, out);
  }
  // Lets time pass until the node has something to do by itself.
  void Wake(std::uint32_t node) {
    now_ = std::max(now_, nodes_[node].NextDeadline());
    Step(node, drydock::Wake{});
  }
  CallId Call(std::uint32_t node, ClientRequest request) {
    const CallId call(next_call_++);
    Step(node, ClientCall{call, std::move(request)});
    return call;
  }
  CallId Put(std::uint32_t node, std::string_view key, std::string_view value) {
    return Call(node, {.op = PutOp{Bytes(key), Bytes(value)}});
  }
  CallId Get(std::uint32_t node, std::string_view key, ReadMode mode, bool any_node = false) {
    return Call(node, {.op = GetOp{Bytes(key), mode, any_node}});
  }
  CallId Transfer(std::uint32_t node, std::optional<NodeId> target) {
    const CallId call(next_call_++);
    Step(node, TransferLeadership{call, target});
    return call;
  }

  CallId Change(std::uint32_t node, MembershipChange change) {
    const CallId call(next_call_++);
    Step(node, ChangeMembers{call, std::move(change)});
    return call;
  }

  // --- Disks: what was submitted is done only when a test says so, unless disks are instant. ---
  bool instant_disks = true;
  bool FinishDisk(std::uint32_t node, std::optional<std::string> error = std::nullopt) {
    return Finish(node, disk_ops_[node].begin(), std::move(error));
  }
  // The oldest one of this lane: the lanes do not wait for each other.
  bool FinishLane(std::uint32_t node, Lane lane) {
    std::deque<DiskOp>& ops = disk_ops_[node];
    return Finish(node, std::ranges::find(ops, lane, &DiskOp::lane), std::nullopt);
  }

  // --- Messages: in flight until delivered or lost. ---
  std::vector<Message> in_flight;
  using Filter = std::function<bool(const Message&)>;
  // Delivers what passes the filter, and what that brings about, until nothing is left.
  void Deliver(const Filter& passes = [](const Message&) { return true; }) {
    for (bool any = true; any;) {
      any = false;
      for (std::size_t i = 0; i < in_flight.size(); ++i) {
        if (!passes(in_flight[i])) continue;
        Message message = std::move(in_flight[i]);
        in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(i));
        Hand(std::move(message));
        any = true;
        break;
      }
    }
  }
  void Lose(const Filter& passes = [](const Message&) { return true; }) {
    std::erase_if(in_flight, passes);
  }
  void Hand(Message message) {
    const std::uint32_t to = message.to.value();
    if (to >= nodes_.size()) return;
    if (IsRequest(message.body)) {
      Step(to, PeerRequest{CallId(next_call_++), std::move(message)});
    } else {
      Step(to, PeerResponse{std::move(message)});
    }
  }

  // Elects the node and founds the cluster.
  void Elect(std::uint32_t node) {
    while (!nodes_[node].raft().IsLeader()) {
      Wake(node);
      Deliver();
    }
  }
  // What nodes that start from now on are told.
  void SetSettings(const Settings& settings) { settings_ = settings; }
  // The process dies; what was not synced is lost or kept. It starts again from its disk.
  void Crash(std::uint32_t node, bool keep_unsynced = false) {
    // What was submitted and not done is in the cache of the disk.
    for (const DiskOp& op : disk_ops_[node]) {
      if (const auto* write = std::get_if<WriteAndSync>(&op.action))
        (void)disks_[node].Submit(*write);
    }
    disk_ops_[node].clear();
    disks_[node].Crash([keep_unsynced](std::size_t) { return keep_unsynced; });
    nodes_[node] = Start(node, std::nullopt);
  }

  // The power goes within the operation that comes next, after `steps` of those that it consists
  // of; the node starts again with what `keep` tells of the unsynced effects.
  template <class Keep>
  void CutPower(std::uint32_t node, std::uint64_t steps, Keep keep) {
    disks_[node].CutPowerAfter(steps);
    if (!disk_ops_[node].empty()) (void)disks_[node].CarryOut(disk_ops_[node].front());
    disk_ops_[node].clear();
    disks_[node].Crash(keep);
    nodes_[node] = Start(node, std::nullopt);
  }

  // The disk is emptied; the node comes back as a new one that waits to be added.
  void Wipe(std::uint32_t node, StoreId store) {
    disk_ops_[node].clear();
    disks_[node] = MemoryDisk();
    joins_.insert(node);
    nodes_[node] = Start(node, store);
  }

  MemoryDisk& disk(std::uint32_t node) { return disks_[node]; }
  // What nodes ignored or refused for this reason so far.
  std::size_t RefusalsFor(RefusalReason reason) const {
    return static_cast<std::size_t>(
        std::count_if(trace.begin(), trace.end(), [reason](const TraceEvent& event) {
          const auto* refused = std::get_if<trace::Refused>(&event);
          return refused != nullptr && refused->reason == reason;
        }));
  }
  std::map<CallId, ClientAnswer> answers;
  std::map<CallId, ChangeAnswer> changes;
  std::map<CallId, int> replies;  // how often each call was answered or dropped
  std::map<CallId, TransferAnswer> transfers;
  std::vector<TraceEvent> trace;

 private:
  bool Finish(std::uint32_t node, std::deque<DiskOp>::iterator which,
              std::optional<std::string> error) {
    if (which == disk_ops_[node].end()) return false;
    const DiskOp op = *which;
    disk_ops_[node].erase(which);
    if (!error.has_value() && !disks_[node].CarryOut(op)) error = "no power";
    Bytes bytes;
    if (const auto* read = std::get_if<ReadBytes>(&op.action); read != nullptr && !error) {
      bytes = Bytes(disks_[node].Read(read->path, read->offset, read->size).value());
    }
    Step(node, DiskDone{op.ticket, error, bytes});
    return true;
  }
  Node Start(std::uint32_t node, std::optional<StoreId> bootstrap) {
    NodeConfig config{.voters = {}, .settings = settings_, .seed = node, .pins = {}};
    // The lower its number, the earlier a node campaigns: no split votes by chance.
    config.settings.election_timeout_min = Duration::Milliseconds(150 + 50 * node);
    config.settings.election_timeout_max = config.settings.election_timeout_min;
    const StartOptions options{.node = NodeId(node),
                               .bootstrap = bootstrap,
                               .segment_bytes = settings_.segment_bytes,
                               .vote_promise = config.settings.VotePromise()};
    const bool joins = node >= founders_ || joins_.contains(node);
    for (std::uint32_t i = 0; i < founders_ && !joins; ++i) config.voters.push_back(NodeId(i));
    return Node(std::move(config), Recover(disks_[node], options).value(), now_);
  }
  void Collect(std::uint32_t node, Effects& out) {
    for (Message& m : out.messages) in_flight.push_back(std::move(m));
    for (PeerReply& r : out.peer_replies) {
      ++replies[r.call];
      in_flight.push_back(std::move(r.message));
    }
    for (const CallId call : out.drops) ++replies[call];
    for (ClientReply& r : out.client_replies) {
      ++replies[r.call];
      answers[r.call] = r.answer;
    }
    for (const TransferReply& r : out.transfer_replies) {
      ++replies[r.call];
      transfers[r.call] = r.answer;
    }
    for (ChangeReply& r : out.change_replies) {
      ++replies[r.call];
      changes[r.call] = r.answer;
    }
    trace.insert(trace.end(), out.trace.begin(), out.trace.end());
    for (DiskOp& op : out.disk) disk_ops_[node].push_back(std::move(op));
    while (instant_disks && FinishDisk(node)) {
    }
  }
  std::uint32_t founders_;
  std::set<std::uint32_t> joins_;  // wiped
  Settings settings_;
  TimePoint now_;
  std::uint64_t next_call_ = 1;
  std::vector<MemoryDisk> disks_;
  std::vector<std::deque<DiskOp>> disk_ops_;
  std::vector<Node> nodes_;
};

// Filters.
inline auto To(std::uint32_t node) {
  return [node](const Message& m) { return m.to == NodeId(node); };
}
inline auto From(std::uint32_t node) {
  return [node](const Message& m) { return m.from == NodeId(node); };
}
inline auto Between(std::uint32_t a, std::uint32_t b) {
  return [a, b](const Message& m) {
    return (m.from == NodeId(a) && m.to == NodeId(b)) || (m.from == NodeId(b) && m.to == NodeId(a));
  };
}
template <class Body>
bool Is(const Message& m) {
  return std::holds_alternative<Body>(m.body);
}

}  // namespace drydock
