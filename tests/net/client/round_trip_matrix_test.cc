#include "net/client/round_trip_matrix.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace drydock::net {
namespace {

struct To {
  std::uint32_t node;
  std::vector<std::uint64_t> took;
  std::uint32_t asked;
  std::string failure;
};

NodeMeasured Measured(std::uint32_t node, const std::vector<To>& peers) {
  v1::MeasureRoundTripsResponse told;
  told.set_node(node);
  for (const To& to : peers) {
    v1::PeerRoundTrips& peer = *told.add_peers();
    peer.set_node(to.node);
    peer.set_asked(to.asked);
    for (const std::uint64_t took : to.took) peer.add_took_ns(took);
    peer.set_failure(to.failure);
  }
  const std::string number = std::to_string(node);
  return {"n" + number, "10.0.0." + number + ":7000", told};
}

NodeMeasured Silent(std::uint32_t node) {
  const std::string number = std::to_string(node);
  return {"n" + number, "10.0.0." + number + ":7000", Error{"cannot be reached: gone"}};
}

RoundTripMatrix Whole() {
  return RoundTripMatrix({Measured(0, {{1, {300'000, 100'000, 200'000}, 3, ""}}),
                          Measured(1, {{0, {400'001}, 2, "no answer in time"}})});
}

}  // namespace

TEST_CASE(
    "the table has the shortest, the middle and the longest of each pair, and what was lost") {
  CHECK(Whole().Gaps().empty());
  CHECK(Whole().Table() ==
        "FROM  TO  CALLS  LOST  MIN        MEDIAN     P99\n"
        "n0    n1  3      0     100.000us  200.000us  300.000us\n"
        "n1    n0  2      1     400.001us  400.001us  400.001us  no answer in time\n");
}

TEST_CASE(
    "of a hundred times the p99 is the last but one, and the median the lower of the middle") {
  std::vector<std::uint64_t> took;
  for (std::uint64_t i = 100; i > 0; --i) took.push_back(i);
  const RoundTripMatrix matrix({Measured(0, {{1, took, 100, ""}})});
  CHECK(matrix.pairs()[0].median == 50);
  CHECK(matrix.pairs()[0].p99 == 99);
}

TEST_CASE("the matrix has half of each median, each way by its own measurement") {
  const Result<std::string> network = Whole().Network("by hand");
  REQUIRE(network.ok());
  const auto latency = nlohmann::json::parse(network.value())["latency"];
  CHECK(latency["model"] == "matrix");
  CHECK(latency["kind"] == "one_way");
  CHECK(latency["unit"] == "us");
  CHECK(latency["rows"] == nlohmann::json::parse("[[null, 100.0], [200.0, null]]"));
  CHECK(latency["source"].get<std::string>().rfind("by hand", 0) == 0);
}

TEST_CASE("a node that is not reached is named, and the way to it is not made up") {
  const RoundTripMatrix matrix({Measured(0, {{1, {100'000}, 1, ""}, {2, {}, 3, "gone"}}),
                                Measured(1, {{0, {100'000}, 1, ""}, {2, {}, 3, "gone"}}),
                                Silent(2)});
  CHECK(matrix.Gaps() ==
        std::vector<std::string>{"n2 cannot be reached: gone", "n0 to n2: gone", "n1 to n2: gone"});
  CHECK(matrix.Table() ==
        "FROM  TO  CALLS  LOST  MIN        MEDIAN     P99\n"
        "n0    n1  1      0     100.000us  100.000us  100.000us\n"
        "n0    n2  3      3     -          -          -          gone\n"
        "n1    n0  1      0     100.000us  100.000us  100.000us\n"
        "n1    n2  3      3     -          -          -          gone\n"
        "n2    -   -      -     -          -          -          cannot be reached: gone\n");
  const Result<std::string> scenario = matrix.Scenario("by hand");
  REQUIRE_FALSE(scenario.ok());
  CHECK(scenario.error().text == "nothing is known of the way between n0 and n2");
  const auto told = nlohmann::json::parse(matrix.Json());
  CHECK(told["nodes"][2]["reason"] == "cannot be reached: gone");
  CHECK(told["pairs"][1] ==
        nlohmann::json(
            {{"from", "n0"}, {"to", "n2"}, {"asked", 3}, {"lost", 3}, {"failure", "gone"}}));
}

TEST_CASE("a node that answers its peers and not us is measured from the other end") {
  const RoundTripMatrix matrix({Measured(0, {{1, {100'000}, 1, ""}}), Silent(1)});
  const Result<std::string> scenario = matrix.Scenario("by hand");
  REQUIRE(scenario.ok());
  const auto read = nlohmann::json::parse(scenario.value());
  CHECK(read["nodes"] == 2);
  CHECK(read["network"]["latency"]["rows"] ==
        nlohmann::json::parse("[[null, 50.0], [50.0, null]]"));
  CHECK(matrix.Gaps().size() == 1);
}

TEST_CASE("n10 comes behind n9") {
  const RoundTripMatrix matrix(
      {Measured(10, {{9, {20'000}, 1, ""}}), Measured(9, {{10, {40'000}, 1, ""}})});
  const auto network = nlohmann::json::parse(matrix.Network("x").value());
  CHECK(network["latency"]["rows"] == nlohmann::json::parse("[[null, 20.0], [10.0, null]]"));
}

}  // namespace drydock::net
