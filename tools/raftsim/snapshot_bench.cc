#include "tools/raftsim/snapshot_bench.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/node/node.h"

namespace drydock::tools {
namespace {

constexpr std::uint64_t kTogether = 64;  // writes in a step

// Keeps what nodes read back: snapshots. The log is never read.
class BenchDisk {
 public:
  Bytes CarryOut(const DiskAction& action) {
    if (const auto* create = std::get_if<CreateDurably>(&action)) files_[create->path].clear();
    if (const auto* remove = std::get_if<RemoveDurably>(&action)) files_.erase(remove->path);
    if (const auto* rename = std::get_if<RenameDurably>(&action)) {
      files_[rename->to] = std::exchange(files_[rename->from], {});
    }
    if (const auto* write = std::get_if<WriteAndSync>(&action)) Write(*write);
    const auto* read = std::get_if<ReadBytes>(&action);
    if (read == nullptr) return {};
    return Bytes(std::string_view(files_.at(read->path)).substr(read->offset, read->size));
  }

 private:
  void Write(const WriteAndSync& write) {
    if (!write.path.starts_with(kSnapshotFolder)) return;
    std::string& file = files_[write.path];
    DRYDOCK_CHECK(file.size() >= write.offset, file.size(), write.offset);
    file.resize(write.offset);
    for (const Bytes& piece : write.pieces) file += piece.view();
  }

  std::map<std::string, std::string> files_;
};

class BenchCluster {
 public:
  static constexpr std::uint32_t kNodes = 3;

  BenchCluster() {
    for (std::uint32_t i = 0; i < kNodes; ++i) {
      NodeConfig config{
          .voters = {NodeId(0), NodeId(1), NodeId(2)}, .settings = {}, .seed = i, .pins = nullptr};
      Recovered fresh{};
      fresh.node = NodeId(i);
      fresh.store = StoreId(i + 1);
      fresh.incarnation = Incarnation(1);
      hosts_.push_back(Host{Node(std::move(config), std::move(fresh), now_), {}, {}});
    }
  }

  // Elects a leader and founds the cluster; of the others, one is the follower that can be cut off.
  void Found() {
    Run([this] {
      return std::ranges::any_of(hosts_, [this](const Host& host) {
        leader_ = static_cast<std::uint32_t>(&host - hosts_.data());
        return host.node.raft().IsLeader() && host.node.raft().configuration().founded();
      });
    });
    follower_ = (leader_ + 1) % kNodes;
  }

  Node& leader() { return hosts_[leader_].node; }
  Node& follower() { return hosts_[follower_].node; }
  void Ask(Input input) { Enqueue(leader_, std::move(input)); }
  // Until `done`, all that comes being one step; time passes when nothing else is to be done.
  void Run(const std::function<bool()>& done) {
    while (!done()) {
      bool any = false;
      for (std::uint32_t i = 0; i < kNodes; ++i) any = StepIfNeeded(i) || any;
      if (any) continue;
      now_ = std::max(now_, NextDeadline());
      for (std::uint32_t i = 0; i < kNodes; ++i) Enqueue(i, Wake{});
    }
  }
  // Until all that can be reached have applied everything.
  void Settle() {
    Run([this] {
      return std::ranges::all_of(hosts_, [this](const Host& host) {
        const bool out_of_reach = cut_off && &host == &hosts_[follower_];
        return out_of_reach || (host.inputs.empty() && host.node.applied() == Last());
      });
    });
  }
  Index Last() { return leader().raft().log().last(); }

  bool cut_off = false;              // nothing comes to the follower, or from it
  std::uint64_t appends = 0;         // to the follower
  std::uint64_t largest_append = 0;  // in bytes of entries

  // Of the longest step since the last time.
  double TakeWorst() { return std::exchange(worst_ms_, 0); }

 private:
  struct Host {
    Node node;
    std::deque<Input> inputs;
    BenchDisk disk;
  };

  void Enqueue(std::uint32_t node, Input input) { hosts_[node].inputs.push_back(std::move(input)); }

  TimePoint NextDeadline() const {
    TimePoint next = TimePoint::Max();
    for (const Host& host : hosts_) next = std::min(next, host.node.NextDeadline());
    return next;
  }

  bool StepIfNeeded(std::uint32_t number) {
    Host& host = hosts_[number];
    if (host.inputs.empty() && host.node.NextDeadline() > now_) return false;
    const std::size_t count = std::min<std::size_t>(host.inputs.size(), kTogether);
    std::vector<Input> inputs(std::make_move_iterator(host.inputs.begin()),
                              std::make_move_iterator(host.inputs.begin() + count));
    host.inputs.erase(host.inputs.begin(), host.inputs.begin() + count);
    effects_.Clear();
    now_ = now_ + Duration::Microseconds(10);
    const auto begin = std::chrono::steady_clock::now();
    host.node.Step(now_, std::span(inputs), effects_);
    inputs.clear();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    worst_ms_ = std::max(worst_ms_, took.count());
    CarryOut(number);
    return true;
  }

  void CarryOut(std::uint32_t number) {
    for (DiskOp& op : effects_.disk) {
      Bytes bytes = hosts_[number].disk.CarryOut(op.action);
      Enqueue(number, DiskDone{op.ticket, std::nullopt, std::move(bytes)});
    }
    for (Message& message : effects_.messages) {
      const std::uint32_t to = message.to.value();
      if (!Passes(message)) continue;
      Count(message);
      Enqueue(to, PeerRequest{CallId(next_call_++), std::move(message)});
    }
    for (PeerReply& reply : effects_.peer_replies) {
      if (!Passes(reply.message)) continue;
      const std::uint32_t to = reply.message.to.value();
      Enqueue(to, PeerResponse{std::move(reply.message)});
    }
  }

  bool Passes(const Message& message) const {
    const NodeId follower(follower_);
    return !cut_off || (message.from != follower && message.to != follower);
  }
  void Count(const Message& message) {
    const auto* append = std::get_if<AppendRequest>(&message.body);
    if (append == nullptr || message.to != NodeId(follower_)) return;
    ++appends;
    std::uint64_t bytes = 0;
    for (const Entry& entry : append->entries) bytes += Cost(entry);
    largest_append = std::max(largest_append, bytes);
  }

  std::vector<Host> hosts_;
  std::uint32_t leader_ = 0;
  std::uint32_t follower_ = 0;
  Effects effects_;
  TimePoint now_;
  std::uint64_t next_call_ = 1;
  double worst_ms_ = 0;
};

Bytes KeyOf(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llu", static_cast<unsigned long long>(number));
  return Bytes(std::string_view(text, 16));
}

// `count` writes of the keys from `first` on, a step's worth at a time.
void Write(BenchCluster& cluster, std::uint64_t first, std::uint64_t count, const Bytes& value) {
  for (std::uint64_t i = 0; i < count;) {
    for (std::uint64_t n = 0; n < kTogether && i < count; ++n, ++i) {
      const CallId call((std::uint64_t{1} << 50) + first + i);
      cluster.Ask(ClientCall{call, {.op = PutOp{KeyOf(first + i), value}}});
    }
    cluster.Settle();
  }
}

void CatchUp(BenchCluster& cluster) {
  cluster.cut_off = false;
  cluster.Run([&] { return cluster.follower().applied() == cluster.Last(); });
}

// Overwrites until the leader has a snapshot of all that was there when it began.
void TakeSnapshotUnderWrites(BenchCluster& cluster, std::uint64_t keys, const Bytes& value) {
  const Index begun = cluster.Last();
  cluster.Ask(TakeSnapshot{CallId(std::uint64_t{1} << 51)});
  for (std::uint64_t first = 0;
       cluster.leader().snapshot() == nullptr || cluster.leader().snapshot()->meta.index < begun;) {
    Write(cluster, first, kTogether, value);
    first = (first + kTogether) % keys;
  }
}

}  // namespace

SnapshotFigures MeasureSnapshots(std::uint64_t keys) {
  SnapshotFigures figures{.keys = keys};
  BenchCluster cluster;
  cluster.Found();
  Write(cluster, 0, keys, Bytes(std::string(100, 'a')));
  figures.load_ms = cluster.TakeWorst();

  figures.behind = std::min<std::uint64_t>(keys, 100'000);
  cluster.cut_off = true;
  Write(cluster, 0, figures.behind, Bytes(std::string(100, 'b')));
  cluster.TakeWorst();
  cluster.appends = 0;
  CatchUp(cluster);
  figures.behind_ms = cluster.TakeWorst();
  figures.behind_appends = cluster.appends;
  figures.largest_append = cluster.largest_append;

  cluster.cut_off = true;
  Write(cluster, 0, keys / 2, Bytes(std::string(100, 'c')));
  cluster.TakeWorst();
  TakeSnapshotUnderWrites(cluster, keys, Bytes(std::string(100, 'd')));
  figures.take_ms = cluster.TakeWorst();
  figures.snapshot_bytes = cluster.leader().snapshot()->meta.bytes;
  const Index before = cluster.follower().applied();
  CatchUp(cluster);
  const StoredSnapshot* installed = cluster.follower().snapshot();
  DRYDOCK_CHECK(installed != nullptr && installed->meta.index > before, before);
  figures.install_ms = cluster.TakeWorst();
  return figures;
}

}  // namespace drydock::tools
