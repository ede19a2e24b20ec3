// Links to members that come and go. Nobody listens at their addresses.
#include "net/peers/peer_links.h"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <set>

#include "net/rpc/tag.h"
#include "tests/support/hand_cluster.h"

namespace drydock::net {
namespace {

TimePoint At(std::int64_t seconds) {
  return TimePoint() + Duration::Seconds(seconds);
}

ClusterConfig File() {
  ClusterConfig file;
  file.cluster = "test";
  for (std::uint32_t node = 0; node < 3; ++node) {
    file.nodes[NodeId(node)].address = "127.0.0.1:" + std::to_string(node + 1);
  }
  return file;
}

// n0 of three leads; what it goes by decides who is linked to.
class Rig {
 public:
  Rig()
      : links_(NodeId(0), file_,
               {.response = [](const Message&) {},
                .round_trip = [](NodeId, std::chrono::nanoseconds) {},
                .failed = [this](NodeId node, const grpc::Status&) { failed_.insert(node); }}) {
    cluster_.Elect(0);
    cluster_.Deliver();
    links_.Start(queue_);
  }
  ~Rig() {
    links_.Cancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  }

  const Raft& raft() { return cluster_[0].raft(); }
  void Change(MembershipChange change) {
    cluster_.Change(0, std::move(change));
    cluster_.Deliver();
  }
  bool IsLinked(std::uint32_t node) { return links_.Contains(NodeId(node)); }
  void Follow(std::int64_t seconds) { links_.Follow(raft(), At(seconds)); }
  bool Failed(std::uint32_t node) { return failed_.contains(NodeId(node)); }
  void Send(std::uint32_t node) {
    links_.Send({.from = NodeId(0),
                 .to = NodeId(node),
                 .store = {},
                 .term = Term(1),
                 .body = Heartbeat{.round = 1}},
                raft(), At(0));
  }
  const ClusterConfig& file() const { return file_; }

 private:
  const ClusterConfig file_ = File();
  HandCluster cluster_{3};
  std::set<NodeId> failed_;
  grpc::CompletionQueue queue_;
  PeerLinks links_;
};

}  // namespace

TEST_CASE("each other member has a link, whoever it is") {
  Rig rig;
  rig.Follow(0);
  CHECK(rig.IsLinked(1));
  CHECK(rig.IsLinked(2));
  CHECK_FALSE(rig.IsLinked(0));
  rig.Change({.add_learners = {NodeId(7)}, .addresses = {{NodeId(7), "127.0.0.1:8"}}});
  rig.Follow(1);
  CHECK(rig.IsLinked(7));
}

TEST_CASE("a message makes the link of a member that has none, and of nobody else") {
  Rig rig;
  rig.Send(2);
  CHECK(rig.IsLinked(2));
  rig.Send(9);
  CHECK_FALSE(rig.IsLinked(9));
}

TEST_CASE("who left is linked for a while, so that it can be told") {
  Rig rig;
  rig.Follow(0);
  rig.Change({.remove = {NodeId(2)}});
  REQUIRE_FALSE(rig.raft().configuration().IsMember(NodeId(2)));
  rig.Follow(1);
  CHECK(rig.IsLinked(2));
  rig.Follow(10);
  CHECK_FALSE(rig.IsLinked(2));
  CHECK(rig.IsLinked(1));
}

TEST_CASE("a member whose address nobody tells is not linked, and that is said") {
  Rig rig;
  rig.Change({.add_learners = {NodeId(7)}});
  rig.Follow(0);
  CHECK_FALSE(rig.IsLinked(7));
  CHECK(rig.Failed(7));
}

TEST_CASE("the address that came with a member counts before that of the file") {
  Rig rig;
  const auto address = [&](std::uint32_t node) {
    return AddressOf(NodeId(node), rig.raft().configuration(), rig.file()).peers;
  };
  CHECK(address(2) == "127.0.0.1:3");
  rig.Change({.remove = {NodeId(2)}});
  rig.Change({.add_learners = {NodeId(2)}, .addresses = {{NodeId(2), "127.0.0.1:9"}}});
  CHECK(address(2) == "127.0.0.1:9");
  CHECK(address(8).empty());
}

}  // namespace drydock::net
