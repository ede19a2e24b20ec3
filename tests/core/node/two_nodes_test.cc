// The measure of the core's interface: two nodes elected and replicating, stepped by hand.
#include <doctest/doctest.h>

#include "core/node/node.h"
#include "tests/support/memory_disk.h"

namespace drydock {
namespace {

TEST_CASE("two nodes stepped by hand elect a leader and replicate a put") {
  MemoryDisk disks[2];
  std::vector<Node> nodes;
  for (std::uint32_t i = 0; i < 2; ++i) {
    StartOptions start{.node = NodeId(i), .bootstrap = StoreId(i + 1)};
    NodeConfig config{.voters = {NodeId(0), NodeId(1)}, .settings = {}, .seed = 1 - i, .pins = {}};
    nodes.emplace_back(std::move(config), Recover(disks[i], start).value(), TimePoint());
  }
  std::deque<std::pair<std::size_t, Input>> inputs;
  std::optional<ClientAnswer> answer;
  const auto run = [&](TimePoint now) {
    for (; !inputs.empty(); inputs.pop_front()) {
      auto& [at, input] = inputs.front();
      Effects out;
      nodes[at].Step(now, std::move(input), out);
      for (Message& m : out.messages) inputs.emplace_back(1 - at, PeerRequest{CallId(9), m});
      for (PeerReply& r : out.peer_replies) inputs.emplace_back(1 - at, PeerResponse{r.message});
      for (DiskOp& op : out.disk) inputs.emplace_back(at, DiskDone{op.ticket, std::nullopt});
      for (ClientReply& r : out.client_replies) answer = r.answer;
    }
  };
  inputs.emplace_back(0, Wake{});
  run(nodes[0].NextDeadline());
  REQUIRE(nodes[0].raft().IsLeader());

  inputs.emplace_back(0, ClientCall{CallId(1), {.op = PutOp{Bytes("city"), Bytes("Logan")}}});
  run(nodes[0].NextDeadline());
  CHECK(answer->outcome == Outcome::kOk);
  CHECK(nodes[1].kv().Get("city") == Bytes("Logan"));
}

}  // namespace
}  // namespace drydock
