#include "net/client/cluster_status.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

namespace drydock::net {
namespace {

v1::GetStatusResponse Told(std::uint32_t node, v1::Role role, std::uint64_t last) {
  v1::GetStatusResponse told;
  told.set_version("0.1.0");
  told.set_cluster("demo");
  told.set_node(node);
  told.set_role(role);
  told.set_term(3);
  told.set_leader(0);
  told.set_commit(last);
  told.set_applied(last);
  told.set_last_index(last);
  told.set_ready(true);
  return told;
}

v1::GetStatusResponse Leader(std::uint64_t last) {
  v1::GetStatusResponse told = Told(0, v1::ROLE_LEADER, last);
  for (const auto& [node, match] : {std::pair{1U, last - 5}, std::pair{2U, last - 90}}) {
    v1::FollowerStatus& follower = *told.add_followers();
    follower.set_node(node);
    follower.set_match(match);
    follower.set_silent_ms(1000 * node);
  }
  return told;
}

v1::GetStatusResponse Follower(std::uint32_t node, std::uint64_t last) {
  v1::GetStatusResponse told = Told(node, v1::ROLE_FOLLOWER, last);
  told.set_leader_silent_ms(12);
  return told;
}

}  // namespace

TEST_CASE("the table shows each node on a line, also one that does not answer") {
  v1::GetStatusResponse leader = Leader(100);
  leader.set_snapshot_index(64);
  const ClusterStatus status = Summarize({{"10.0.0.1:7000", leader},
                                          {"10.0.0.2:7000", Follower(1, 98)},
                                          {"10.0.0.3:7000", Error{"cannot be reached: gone"}}},
                                         {{"10.0.0.3:7000", "n2"}});
  REQUIRE(status.leader == 0);
  CHECK(status.answered == 2);
  CHECK(StatusTable(status) ==
        "NODE  ADDRESS        ROLE  TERM  COMMIT  APPLIED  SNAPSHOT  SILENT  BEHIND  VERSION\n"
        "n0    10.0.0.1:7000  L     3     100     100      64        -       0       0.1.0\n"
        "n1    10.0.0.2:7000  F     3     98      98       -         12ms    5       0.1.0\n"
        "n2    10.0.0.3:7000  -     -     -       -        -         2000ms  90      -        "
        "cannot be reached: gone\n");
}

TEST_CASE("a node that is not known by name has a line as well") {
  const ClusterStatus status = Summarize({{"a:1", Error{"cannot be reached: gone"}}});
  CHECK_FALSE(status.leader.has_value());
  CHECK(StatusTable(status) ==
        "NODE  ADDRESS  ROLE  TERM  COMMIT  APPLIED  SNAPSHOT  SILENT  BEHIND  VERSION\n"
        "-     a:1      -     -     -       -        -         -       -       -        "
        "cannot be reached: gone\n");
}

TEST_CASE("roles are F, C and L; suspensions, strangers and waiting nodes are told") {
  v1::GetStatusResponse candidate = Told(1, v1::ROLE_CANDIDATE, 1);
  candidate.set_suspended(true);
  v1::GetStatusResponse pre_candidate = Told(2, v1::ROLE_PRE_CANDIDATE, 1);
  pre_candidate.set_ready(false);
  v1::GetStatusResponse stranger = Told(3, v1::ROLE_FOLLOWER, 1);
  stranger.set_cluster("other");
  const ClusterStatus status = Summarize({{"a:1", candidate},
                                          {"b:1", pre_candidate},
                                          {"c:1", stranger},
                                          {"d:1", Told(4, static_cast<v1::Role>(77), 1)}});
  CHECK(RoleLetter(status.nodes[0]) == std::string("C"));
  CHECK(RoleLetter(status.nodes[1]) == std::string("C"));
  CHECK(RoleLetter(status.nodes[2]) == std::string("F"));
  CHECK(RoleLetter(status.nodes[3]) == std::string("-"));
  const std::string table = StatusTable(status);
  CHECK(table.find("suspended\n") != std::string::npos);
  CHECK(table.find("waits until more nodes have been started\n") != std::string::npos);
  CHECK(table.find("of another cluster, \"other\"\n") != std::string::npos);
}

TEST_CASE("of two that say they lead, the one of the later term does") {
  v1::GetStatusResponse old = Leader(100);
  old.set_term(2);
  v1::GetStatusResponse present = Leader(50);
  present.set_node(1);
  const ClusterStatus status = Summarize({{"a:1", old}, {"b:1", present}});
  REQUIRE(status.leader == 1);
  // Longer than the leader's log, but nobody is ahead of a leader.
  CHECK(status.nodes[0].behind == 0);
}

TEST_CASE("the same in JSON, with the reason for each node that does not answer") {
  v1::GetStatusResponse leader = Leader(100);
  leader.set_snapshot_index(64);
  leader.set_snapshot_bytes(5000);
  leader.set_log_base(60);
  const ClusterStatus status = Summarize(
      {{"a:1", leader}, {"b:1", Follower(1, 98)}, {"c:1", Error{"cannot \"be\" reached"}}});
  const auto json = nlohmann::json::parse(StatusJson(status));
  CHECK(json["leader"] == "n0");
  CHECK(json["term"] == 3);
  REQUIRE(json["nodes"].size() == 3);
  CHECK(json["nodes"][0]["role"] == "L");
  CHECK(json["nodes"][0]["snapshot_index"] == 64);
  CHECK(json["nodes"][0]["snapshot_bytes"] == 5000);
  CHECK(json["nodes"][0]["log_base"] == 60);
  CHECK(json["nodes"][1]["node"] == "n1");
  CHECK(json["nodes"][1]["silent_ms"] == 12);
  CHECK(json["nodes"][1]["behind"] == 5);
  CHECK(json["nodes"][1]["applied"] == 98);
  CHECK(json["nodes"][2] == nlohmann::json{{"address", "c:1"},
                                           {"reachable", false},
                                           {"reason", "cannot \"be\" reached"}});
  CHECK(nlohmann::json::parse(StatusJson(Summarize({{"c:1", Error{"gone"}}})))["leader"] ==
        nullptr);
}

TEST_CASE("members are listed as the leader has them, with where they are and how far behind") {
  v1::GetStatusResponse leader = Leader(100);
  const auto add = [&](std::uint32_t node, v1::MemberRole role, std::uint64_t store) {
    v1::MemberStatus& member = *leader.add_members();
    member.set_node(node);
    member.set_role(role);
    member.set_store(store);
    member.set_address("10.0.0." + std::to_string(node + 1) + ":7000");
  };
  add(0, v1::MEMBER_ROLE_VOTER, 1);
  add(1, v1::MEMBER_ROLE_LEAVING, 2);
  add(2, v1::MEMBER_ROLE_LEARNER, 0);
  leader.set_members_changing(true);
  const ClusterStatus status = Summarize({{"10.0.0.1:7000", leader},
                                          {"10.0.0.2:7000", Follower(1, 98)},
                                          {"10.0.0.3:7000", Error{"gone"}},
                                          {"10.0.0.9:7000", Follower(8, 10)}});
  CHECK(status.nodes[2].name == "n2");
  CHECK(MembersTable(status) ==
        "NODE  ROLE     ADDRESS        STORE             BEHIND\n"
        "n0    voter    10.0.0.1:7000  0000000000000001  0\n"
        "n1    leaving  10.0.0.2:7000  0000000000000002  5\n"
        "n2    learner  10.0.0.3:7000  -                 90\n"
        "A change is under way.\n");
  CHECK(StatusTable(status).find("no member") != std::string::npos);
  const auto json = nlohmann::json::parse(MembersJson(status));
  CHECK(json["changing"] == true);
  CHECK(json["members"][1]["role"] == "leaving");
  CHECK(json["members"][2]["behind"] == 90);
  CHECK_FALSE(json["members"][2].contains("store"));
}

}  // namespace drydock::net
