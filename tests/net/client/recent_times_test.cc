#include "net/client/recent_times.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace drydock::net {
namespace {

ClusterStatus LeaderAndSilentNode() {
  v1::GetStatusResponse told;
  told.set_node(0);
  told.set_role(v1::ROLE_LEADER);
  told.set_incarnation(3);
  for (const std::uint64_t us : {900U, 400U, 500U}) {
    v1::ProposalTimes& proposal = *told.add_recent_proposals();
    proposal.set_index(us);
    proposal.set_term(2);
    proposal.set_durable_ns(us * 1000 / 2);
    proposal.set_commit_ns(us * 1000);
  }
  v1::ElectionTimes& lost = *told.add_recent_elections();
  lost.set_number(1);
  lost.set_began("election_timeout");
  lost.set_ended("leader_appeared");
  lost.set_took_ns(7000);
  v1::ElectionTimes& won = *told.add_recent_elections();
  won.set_number(2);
  won.set_term(2);
  won.set_began("transfer");
  won.set_ended("election_won");
  won.set_took_ns(1499);
  won.set_asked_after_ns(0);
  return Summarize({{"10.0.0.1:7000", told}, {"10.0.0.2:7000", Error{"is silent"}}},
                   {{"10.0.0.2:7000", "n1"}});
}

}  // namespace

TEST_CASE("the table has the medians of each node, and says who does not answer and why") {
  CHECK(
      RecentTable(LeaderAndSilentNode()) ==
      "NODE  ROLE  ENTRIES  DURABLE  COMMIT  EVERYWHERE  KNOWN  ELECTIONS  WON  LOST\n"
      "n0    L     3        250us    500us   -           -      1+1        1us  7us\n"
      "n1    -     -        -        -       -           -      -          -    -     is silent\n");
}

TEST_CASE("the JSON has every entry and every election, without what has not happened") {
  const auto told = nlohmann::json::parse(RecentJson(LeaderAndSilentNode()));
  REQUIRE(told["nodes"].size() == 2);
  const auto& leader = told["nodes"][0];
  CHECK(leader["incarnation"] == 3);
  REQUIRE(leader["proposals"].size() == 3);
  CHECK(
      leader["proposals"][0] ==
      nlohmann::json({{"index", 900}, {"term", 2}, {"durable_ns", 450000}, {"commit_ns", 900000}}));
  REQUIRE(leader["elections"].size() == 2);
  CHECK_FALSE(leader["elections"][0].contains("asked_after_ns"));
  CHECK(leader["elections"][1]["asked_after_ns"] == 0);
  CHECK(told["nodes"][1] == nlohmann::json({{"node", "n1"},
                                            {"address", "10.0.0.2:7000"},
                                            {"reachable", false},
                                            {"reason", "is silent"}}));
}

}  // namespace drydock::net
