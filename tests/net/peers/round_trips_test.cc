#include "net/peers/round_trips.h"

#include <doctest/doctest.h>

#include <optional>
#include <utility>

namespace drydock::net {
namespace {

using std::chrono::nanoseconds;

const grpc::Status kRefused{grpc::StatusCode::UNAVAILABLE,
                            "failed to connect to all addresses; last error: UNKNOWN: "
                            "ipv4:127.0.0.1:1: Connection refused"};

TimePoint At(std::int64_t seconds) {
  return TimePoint() + Duration::Seconds(seconds);
}

// Calls are answered by the test.
class Rig {
 public:
  void Measure(const std::vector<NodeId>& nodes, std::uint32_t count) {
    trips_.Measure(nodes, count, At(10), [this](const grpc::Status& status, const auto& results) {
      ended_.push_back({status, results});
    });
  }
  RoundTrips& trips() { return trips_; }
  // Of the calls that were begun so far, the last one.
  std::uint64_t number() const { return calls_.back().second; }
  std::size_t calls() const { return calls_.size(); }
  void Cut(NodeId node) { cut_ = node; }
  std::size_t ended() const { return ended_.size(); }
  const grpc::Status& status() const { return ended_.back().first; }
  const RoundTripsTo& To(std::uint32_t node) const { return ended_.back().second.at(NodeId(node)); }

 private:
  std::vector<std::pair<NodeId, std::uint64_t>> calls_;
  std::optional<NodeId> cut_;
  std::vector<std::pair<grpc::Status, std::map<NodeId, RoundTripsTo>>> ended_;
  RoundTrips trips_{[this](NodeId node, std::uint64_t number) {
    if (cut_ == node) return false;
    calls_.emplace_back(node, number);
    return true;
  }};
};

}  // namespace

TEST_CASE("each node is called as often as asked, one call at a time") {
  Rig rig;
  rig.Measure({NodeId(1), NodeId(2)}, 2);
  CHECK(rig.calls() == 2);
  rig.trips().Answered(NodeId(1), rig.number(), nanoseconds(100));
  CHECK(rig.calls() == 3);
  rig.trips().Answered(NodeId(1), rig.number(), nanoseconds(300));
  rig.trips().Answered(NodeId(2), rig.number(), nanoseconds(500));
  CHECK(rig.ended() == 0);
  rig.trips().Failed(NodeId(2), rig.number(), kRefused);
  REQUIRE(rig.ended() == 1);
  CHECK(rig.status().ok());
  CHECK(rig.To(1).asked == 2);
  CHECK(rig.To(1).took == std::vector{nanoseconds(100), nanoseconds(300)});
  CHECK(rig.To(1).failure.empty());
  CHECK(rig.To(2).asked == 2);
  CHECK(rig.To(2).took == std::vector{nanoseconds(500)});
  CHECK(rig.To(2).failure == "Connection refused");
}

TEST_CASE("a node to which there is no way, and a cluster of one, are answered at once") {
  Rig rig;
  rig.Cut(NodeId(1));
  rig.Measure({NodeId(1)}, 5);
  REQUIRE(rig.ended() == 1);
  CHECK(rig.To(1).asked == 0);
  CHECK(rig.To(1).failure == "there is no connection to it yet");
  rig.Measure({}, 5);
  REQUIRE(rig.ended() == 2);
  CHECK(rig.status().ok());
}

TEST_CASE("when the time is over, what there is by then is the answer") {
  Rig rig;
  rig.Measure({NodeId(1), NodeId(2)}, 5);
  rig.trips().Answered(NodeId(1), rig.number(), nanoseconds(100));
  rig.trips().Expire(At(9));
  CHECK(rig.ended() == 0);
  rig.trips().Expire(At(10));
  REQUIRE(rig.ended() == 1);
  CHECK(rig.To(1).took.size() == 1);
  CHECK(rig.To(1).asked == 1);
  CHECK(rig.To(2).asked == 1);
  CHECK(rig.To(2).failure == "no answer in time");
  SUBCASE("an answer that comes later belongs to no other measurement") {
    const std::uint64_t old = rig.number();
    rig.Measure({NodeId(1)}, 1);
    rig.trips().Answered(NodeId(1), old, nanoseconds(999));
    CHECK(rig.ended() == 1);
    rig.trips().Answered(NodeId(1), rig.number(), nanoseconds(100));
    REQUIRE(rig.ended() == 2);
    CHECK(rig.To(1).took == std::vector{nanoseconds(100)});
  }
}

TEST_CASE("one measurement at a time, and none outlives the node") {
  Rig rig;
  rig.Measure({NodeId(1)}, 5);
  rig.Measure({NodeId(1)}, 5);
  REQUIRE(rig.ended() == 1);
  CHECK(rig.status().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  rig.trips().Abandon();
  REQUIRE(rig.ended() == 2);
  CHECK(rig.status().error_code() == grpc::StatusCode::UNAVAILABLE);
  rig.trips().Abandon();
  rig.trips().Expire(At(100));
  CHECK(rig.ended() == 2);
}

}  // namespace drydock::net
