#include "net/client/cluster_status.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/text/json_writer.h"
#include "core/text/words.h"
#include "net/client/text_table.h"

namespace drydock::net {
namespace {

std::string NameOfNode(std::uint32_t node) {
  return "n" + std::to_string(node);
}

bool Leads(const NodeStatus& node) {
  return node.told.has_value() && node.told->role() == v1::ROLE_LEADER;
}

// A leader that was cut off may still believe in itself: the last term counts.
std::optional<std::size_t> FindLeader(const std::vector<NodeStatus>& nodes) {
  std::optional<std::size_t> leader;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!Leads(nodes[i])) continue;
    if (!leader.has_value() || nodes[i].told->term() > nodes[*leader].told->term()) leader = i;
  }
  return leader;
}

const v1::FollowerStatus* FindFollower(const v1::GetStatusResponse& leader,
                                       const std::string& name) {
  for (const v1::FollowerStatus& follower : leader.followers()) {
    if (NameOfNode(follower.node()) == name) return &follower;
  }
  return nullptr;
}

std::string NameAt(const std::string& endpoint, const std::vector<v1::MemberStatus>& members) {
  const auto at = std::ranges::find(members, endpoint, &v1::MemberStatus::address);
  return at == members.end() ? "" : NameOfNode(at->node());
}

bool IsMember(const NodeStatus& node, const ClusterStatus& status) {
  return std::ranges::any_of(status.members, [&](const v1::MemberStatus& member) {
    return NameOfNode(member.node()) == node.name;
  });
}

// The answers are not of the same instant: what would come out negative is none.
void CompareWithLeader(NodeStatus& node, const v1::GetStatusResponse& leader) {
  const v1::FollowerStatus* follower = FindFollower(leader, node.name);
  if (follower != nullptr) {
    node.behind = leader.last_index() - std::min(leader.last_index(), follower->match());
  } else if (node.told.has_value()) {
    node.behind = leader.last_index() - std::min(leader.last_index(), node.told->last_index());
  }
  const bool by_leader = !node.told.has_value() && follower != nullptr;
  if (by_leader && follower->has_silent_ms()) node.silent_ms = follower->silent_ms();
}

// What does not fit into a column.
std::string NoteOn(const NodeStatus& node, const ClusterStatus& status) {
  if (!node.told.has_value()) return node.reason;
  std::vector<std::string_view> notes;
  if (node.told->suspended()) notes.push_back("suspended");
  if (!status.members.empty() && !IsMember(node, status)) notes.push_back("no member");
  if (node.told->has_leader() && !node.told->ready()) {
    notes.push_back("waits until more nodes have been started");
  }
  const auto first = std::find_if(status.nodes.begin(), status.nodes.end(),
                                  [](const NodeStatus& each) { return each.told.has_value(); });
  const std::string of_cluster = "of another cluster, " + Quote(node.told->cluster());
  if (node.told->cluster() != first->told->cluster()) notes.push_back(of_cluster);
  return Join(notes);
}

constexpr std::size_t kColumns = 11;
template <std::size_t Columns>
using LineWith = std::array<std::string, Columns>;
using Line = LineWith<kColumns>;

Line LineOf(const NodeStatus& node, const ClusterStatus& status) {
  const auto or_dash = [](const std::optional<std::uint64_t>& number, const char* unit) {
    return number.has_value() ? std::to_string(*number) + unit : "-";
  };
  Line line = {node.name.empty() ? "-" : node.name,
               node.endpoint,
               RoleLetter(node),
               "-",
               "-",
               "-",
               "-",
               or_dash(node.silent_ms, "ms"),
               or_dash(node.behind, ""),
               "-",
               NoteOn(node, status)};
  if (!node.told.has_value()) return line;
  line[3] = std::to_string(node.told->term());
  line[4] = std::to_string(node.told->commit());
  line[5] = std::to_string(node.told->applied());
  line[9] = node.told->version();
  if (node.told->snapshot_index() > 0) line[6] = std::to_string(node.told->snapshot_index());
  return line;
}

const char* RoleWord(const v1::MemberStatus& member) {
  switch (member.role()) {
    case v1::MEMBER_ROLE_VOTER:
      return "voter";
    case v1::MEMBER_ROLE_LEARNER:
      return "learner";
    case v1::MEMBER_ROLE_LEAVING:
      return "leaving";
    default:
      return "-";
  }
}

// As other places print them: 16 digits; "" before the cluster knows it.
std::string StoreText(std::uint64_t store) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; store != 0 && shift >= 0; shift -= 4) text += kDigits[store >> shift & 15];
  return text;
}

std::optional<std::uint64_t> BehindOf(const v1::MemberStatus& member, const ClusterStatus& status) {
  const v1::GetStatusResponse& leader = *status.nodes[*status.leader].told;
  if (leader.node() == member.node()) return 0;
  const v1::FollowerStatus* follower = FindFollower(leader, NameOfNode(member.node()));
  if (follower == nullptr) return std::nullopt;
  return leader.last_index() - std::min(leader.last_index(), follower->match());
}

void WriteTold(const v1::GetStatusResponse& told, JsonWriter& json) {
  json.TextMember("cluster", told.cluster());
  json.TextMember("version", told.version());
  json.Member("data_format", std::uint32_t{told.data_format()});
  json.Member("term", told.term());
  if (told.has_leader()) json.TextMember("leader", NameOfNode(told.leader()));
  json.Member("commit", std::uint64_t{told.commit()});
  json.Member("applied", std::uint64_t{told.applied()});
  json.Member("last_index", std::uint64_t{told.last_index()});
  json.Member("last_term", told.last_term());
  json.Member("durable", std::uint64_t{told.durable()});
  json.Member("snapshot_index", std::uint64_t{told.snapshot_index()});
  json.Member("snapshot_bytes", std::uint64_t{told.snapshot_bytes()});
  json.Member("log_base", std::uint64_t{told.log_base()});
  json.Member("suspended", told.suspended());
  json.Member("ready", told.ready());
  json.Member("incarnation", std::uint64_t{told.incarnation()});
  json.Member("uptime_ms", std::uint64_t{told.uptime_ms()});
  json.Member("elections_won", std::uint64_t{told.elections_won()});
}

void WriteNode(const NodeStatus& node, JsonWriter& json) {
  json.BeginObject();
  if (!node.name.empty()) json.TextMember("node", node.name);
  json.TextMember("address", node.endpoint);
  json.Member("reachable", node.told.has_value());
  if (!node.told.has_value()) json.TextMember("reason", node.reason);
  if (node.told.has_value()) {
    json.TextMember("role", RoleLetter(node));
    WriteTold(*node.told, json);
  }
  if (node.silent_ms.has_value()) json.Member("silent_ms", *node.silent_ms);
  if (node.behind.has_value()) json.Member("behind", *node.behind);
  json.EndObject();
}

}  // namespace

ClusterStatus Summarize(std::vector<EndpointStatus> answers,
                        const std::map<std::string, std::string>& names) {
  ClusterStatus status;
  for (EndpointStatus& answer : answers) {
    NodeStatus node{.endpoint = std::move(answer.endpoint)};
    if (answer.status.ok()) {
      node.told = std::move(answer.status.value());
      node.name = NameOfNode(node.told->node());
      if (node.told->has_leader_silent_ms()) node.silent_ms = node.told->leader_silent_ms();
      ++status.answered;
    } else {
      const auto name = names.find(node.endpoint);
      if (name != names.end()) node.name = name->second;
      node.reason = answer.status.error().text;
    }
    status.nodes.push_back(std::move(node));
  }
  status.leader = FindLeader(status.nodes);
  if (!status.leader.has_value()) return status;
  const v1::GetStatusResponse leader = *status.nodes[*status.leader].told;
  status.members.assign(leader.members().begin(), leader.members().end());
  status.members_changing = leader.members_changing();
  for (NodeStatus& node : status.nodes) {
    if (node.name.empty()) node.name = NameAt(node.endpoint, status.members);
    CompareWithLeader(node, leader);
  }
  return status;
}

const char* RoleLetter(const NodeStatus& node) {
  if (!node.told.has_value()) return "-";
  switch (node.told->role()) {
    case v1::ROLE_FOLLOWER:
      return "F";
    case v1::ROLE_PRE_CANDIDATE:
    case v1::ROLE_CANDIDATE:
      return "C";
    case v1::ROLE_LEADER:
      return "L";
    default:
      return "-";
  }
}

std::string StatusTable(const ClusterStatus& status) {
  std::vector<Line> lines = {{"NODE", "ADDRESS", "ROLE", "TERM", "COMMIT", "APPLIED", "SNAPSHOT",
                              "SILENT", "BEHIND", "VERSION", ""}};
  for (const NodeStatus& node : status.nodes) lines.push_back(LineOf(node, status));
  return RenderTable(lines);
}

std::string StatusJson(const ClusterStatus& status) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("leader");
  if (status.leader.has_value()) {
    json.Text(status.nodes[*status.leader].name);
    json.Member("term", status.nodes[*status.leader].told->term());
  } else {
    json.Null();
  }
  json.Key("nodes");
  json.BeginArray();
  for (const NodeStatus& node : status.nodes) WriteNode(node, json);
  json.EndArray();
  json.EndObject();
  return text;
}

std::string MembersTable(const ClusterStatus& status) {
  std::vector<LineWith<5>> lines = {{"NODE", "ROLE", "ADDRESS", "STORE", "BEHIND"}};
  if (!status.leader.has_value()) return "";
  const auto or_dash = [](const std::string& text) { return text.empty() ? "-" : text; };
  for (const v1::MemberStatus& member : status.members) {
    const std::optional<std::uint64_t> behind = BehindOf(member, status);
    lines.push_back({NameOfNode(member.node()), RoleWord(member), or_dash(member.address()),
                     or_dash(StoreText(member.store())),
                     behind.has_value() ? std::to_string(*behind) : "-"});
  }
  return RenderTable(lines) + (status.members_changing ? "A change is under way.\n" : "");
}

std::string MembersJson(const ClusterStatus& status) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Member("changing", status.members_changing);
  json.Key("members");
  json.BeginArray();
  for (const v1::MemberStatus& member : status.members) {
    json.BeginObject();
    json.TextMember("node", NameOfNode(member.node()));
    json.TextMember("role", RoleWord(member));
    json.TextMember("address", member.address());
    if (member.store() != 0) json.TextMember("store", StoreText(member.store()));
    if (const auto behind = BehindOf(member, status)) json.Member("behind", *behind);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace drydock::net
