#include "net/client/recent_times.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text/json_writer.h"
#include "net/client/text_table.h"

namespace drydock::net {
namespace {

using Times = std::vector<std::uint64_t>;
using Line = std::array<std::string, 11>;

// The lower one of the two in the middle.
std::string MedianText(Times times) {
  if (times.empty()) return "-";
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
  std::ranges::nth_element(times, middle);
  return std::to_string((*middle + 500) / 1000) + "us";
}

template <class Pick>
std::string MedianOfProposals(const v1::GetStatusResponse& told, Pick pick) {
  Times times;
  for (const v1::ProposalTimes& proposal : told.recent_proposals()) {
    if (const std::optional<std::uint64_t> time = pick(proposal)) times.push_back(*time);
  }
  return MedianText(std::move(times));
}

std::optional<std::uint64_t> Durable(const v1::ProposalTimes& times) {
  return times.has_durable_ns() ? std::optional(times.durable_ns()) : std::nullopt;
}
std::optional<std::uint64_t> Commit(const v1::ProposalTimes& times) {
  return times.has_commit_ns() ? std::optional(times.commit_ns()) : std::nullopt;
}
std::optional<std::uint64_t> Everywhere(const v1::ProposalTimes& times) {
  return times.has_everywhere_ns() ? std::optional(times.everywhere_ns()) : std::nullopt;
}
std::optional<std::uint64_t> Known(const v1::ProposalTimes& times) {
  return times.has_known_ns() ? std::optional(times.known_ns()) : std::nullopt;
}

Line LineOf(const NodeStatus& node) {
  Line line;
  line.fill("-");
  if (!node.name.empty()) line[0] = node.name;
  line[1] = RoleLetter(node);
  line[10] = node.reason;
  if (!node.told.has_value()) return line;
  const v1::GetStatusResponse& told = *node.told;
  Times won;
  Times lost;
  for (const v1::ElectionTimes& election : told.recent_elections()) {
    (election.ended() == "election_won" ? won : lost).push_back(election.took_ns());
  }
  line[2] = std::to_string(told.recent_proposals_size());
  line[3] = MedianOfProposals(told, &Durable);
  line[4] = MedianOfProposals(told, &Commit);
  line[5] = MedianOfProposals(told, &Everywhere);
  line[6] = MedianOfProposals(told, &Known);
  line[7] = std::to_string(won.size()) + "+" + std::to_string(lost.size());
  line[8] = MedianText(std::move(won));
  line[9] = MedianText(std::move(lost));
  return line;
}

void WriteTime(std::string_view name, const std::optional<std::uint64_t>& time, JsonWriter& json) {
  if (time.has_value()) json.Member(name, *time);
}

void WriteProposal(const v1::ProposalTimes& proposal, JsonWriter& json) {
  json.BeginObject();
  json.Member("index", std::uint64_t{proposal.index()});
  json.Member("term", proposal.term());
  WriteTime("durable_ns", Durable(proposal), json);
  WriteTime("commit_ns", Commit(proposal), json);
  WriteTime("everywhere_ns", Everywhere(proposal), json);
  WriteTime("known_ns", Known(proposal), json);
  json.EndObject();
}

void WriteElection(const v1::ElectionTimes& election, JsonWriter& json) {
  json.BeginObject();
  json.Member("number", std::uint64_t{election.number()});
  json.Member("term", election.term());
  json.TextMember("began", election.began());
  json.TextMember("ended", election.ended());
  json.Member("took_ns", std::uint64_t{election.took_ns()});
  if (election.has_asked_after_ns()) {
    json.Member("asked_after_ns", std::uint64_t{election.asked_after_ns()});
  }
  json.EndObject();
}

void WriteNode(const NodeStatus& node, JsonWriter& json) {
  json.BeginObject();
  if (!node.name.empty()) json.TextMember("node", node.name);
  json.TextMember("address", node.endpoint);
  json.Member("reachable", node.told.has_value());
  if (!node.told.has_value()) {
    json.TextMember("reason", node.reason);
    return json.EndObject();
  }
  json.TextMember("role", RoleLetter(node));
  json.Member("incarnation", std::uint64_t{node.told->incarnation()});
  json.Key("proposals");
  json.BeginArray();
  for (const v1::ProposalTimes& each : node.told->recent_proposals()) WriteProposal(each, json);
  json.EndArray();
  json.Key("elections");
  json.BeginArray();
  for (const v1::ElectionTimes& each : node.told->recent_elections()) WriteElection(each, json);
  json.EndArray();
  json.EndObject();
}

}  // namespace

std::string RecentTable(const ClusterStatus& status) {
  std::vector<Line> lines = {{"NODE", "ROLE", "ENTRIES", "DURABLE", "COMMIT", "EVERYWHERE", "KNOWN",
                              "ELECTIONS", "WON", "LOST", ""}};
  for (const NodeStatus& node : status.nodes) lines.push_back(LineOf(node));
  return RenderTable(lines);
}

std::string RecentJson(const ClusterStatus& status) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("nodes");
  json.BeginArray();
  for (const NodeStatus& node : status.nodes) WriteNode(node, json);
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace drydock::net
