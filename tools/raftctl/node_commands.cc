// status, timings, suspend, resume, transfer and snapshot.
#include <functional>
#include <utility>
#include <variant>

#include "core/text/names.h"
#include "core/text/units.h"
#include "core/text/words.h"
#include "net/client/recent_times.h"
#include "net/config/cluster_config.h"
#include "net/config/host_port.h"
#include "tools/raftctl/cluster.h"
#include "tools/raftctl/node_commands.h"
#include "tools/raftctl/output.h"

namespace drydock::tools {
namespace {

struct NoNode {
  int code;
  std::string text;
};
using Choice = std::variant<ChosenNode, NoNode>;

ChosenNode Chosen(const std::string& name, const std::string& endpoint) {
  return {endpoint, name.empty() ? endpoint : name + " at " + endpoint};
}

Choice ChooseInConfig(const CommonFlags& common, NodeId node) {
  const Result<net::ClusterConfig> config = net::LoadClusterConfig(common.config);
  if (!config.ok()) return NoNode{kUsage, config.error().text};
  const auto found = config.value().nodes.find(node);
  if (found != config.value().nodes.end()) return Chosen(NameOf(node), found->second.address);
  return NoNode{kUsage, "there is no node " + NameOf(node) + " in " + common.config};
}

// The endpoints do not tell which node is where, but the nodes do.
Choice ChooseByAnswer(const CommonFlags& common, const std::string& name) {
  const Result<net::ClusterStatus> status = name == "leader" ? AwaitLeader(common) : AskAll(common);
  if (!status.ok()) return NoNode{kUsage, status.error().text};
  const std::vector<net::NodeStatus>& nodes = status.value().nodes;
  if (name == "leader" && status.value().leader.has_value()) {
    const net::NodeStatus& leader = nodes[*status.value().leader];
    return Chosen(leader.name, leader.endpoint);
  }
  std::string answered;
  for (const net::NodeStatus& node : nodes) {
    if (node.told.has_value() && node.name == name) return Chosen(name, node.endpoint);
    if (node.told.has_value()) answered += (answered.empty() ? "" : ", ") + node.name;
  }
  const std::string who =
      name == "leader" ? "none of the endpoints leads" : "none of the endpoints answers as " + name;
  return NoNode{kNoLeader, who + " (" + (answered.empty() ? "no answers" : answered) +
                               "); see raftctl status, or name the node with --endpoint host:port"};
}

Choice Choose(const CommonFlags& common, const NodeChoice& node) {
  if (!node.endpoint.empty()) {
    const Result<net::HostPort> place = net::ParseHostPort(node.endpoint);
    if (!place.ok()) return NoNode{kUsage, "--endpoint: " + place.error().text};
    return Chosen("", node.endpoint);
  }
  const std::optional<NodeId> id = net::ParseNodeName(node.name);
  if (!id.has_value() && node.name != "leader") {
    return NoNode{kUsage, Quote(node.name) + " is no node; write n0, n1, ... or leader"};
  }
  if (!id.has_value() || common.config.empty()) return ChooseByAnswer(common, node.name);
  Choice of_file = ChooseInConfig(common, *id);
  if (std::holds_alternative<ChosenNode>(of_file)) return of_file;
  // It may have been added since.
  Choice by_answer = ChooseByAnswer(common, node.name);
  return std::holds_alternative<ChosenNode>(by_answer) ? by_answer : of_file;
}

// The node is named by itself: it need not be one of the endpoints.
Result<std::unique_ptr<net::Client>> ClientOf(const CommonFlags& common, const ChosenNode& node) {
  return OpenClient(common, {node.endpoint});
}

}  // namespace

int Report(const CommonFlags& common, const ChosenNode& node, const net::CallResult& result,
           const std::string& plain, const More& more) {
  const int code = ExitCodeOf(result.outcome);
  if (!result.text.empty()) PrintError(result.text);
  if (!common.json) return Print(code == kDone ? plain + "\n" : "", code);
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.NameMember("outcome", NameOf(result.outcome));
  json.TextMember("address", node.endpoint);
  if (!result.text.empty()) json.TextMember("text", result.text);
  if (more && code == kDone) more(json);
  json.EndObject();
  return Print(text + "\n", code);
}

int WithNode(const CommonFlags& common, const NodeChoice& choice, const ActOfNode& act) {
  const Choice chosen = Choose(common, choice);
  if (const auto* none = std::get_if<NoNode>(&chosen)) {
    PrintError(none->text);
    return none->code;
  }
  const auto& node = std::get<ChosenNode>(chosen);
  const Result<std::unique_ptr<net::Client>> client = ClientOf(common, node);
  if (client.ok()) return act(*client.value(), node);
  PrintError(client.error().text);
  return kUsage;
}

int Status(const CommonFlags& common) {
  const Result<net::ClusterStatus> asked = AskAll(common);
  if (!asked.ok()) {
    PrintError(asked.error().text);
    return kUsage;
  }
  const net::ClusterStatus& status = asked.value();
  if (!status.leader.has_value()) {
    PrintError("no leader: " + std::to_string(status.answered) + " of " +
               std::to_string(status.nodes.size()) +
               " endpoints answer and none of them leads; more than half of the nodes must run "
               "and reach each other");
  }
  return Print(common.json ? net::StatusJson(status) + "\n" : net::StatusTable(status),
               status.leader.has_value() ? kDone : kNoLeader);
}

int Timings(const CommonFlags& common) {
  const Result<net::ClusterStatus> asked = AskAll(common, {.key = {}, .recent = true});
  if (!asked.ok()) {
    PrintError(asked.error().text);
    return kUsage;
  }
  const net::ClusterStatus& status = asked.value();
  if (status.answered == 0) PrintError("no endpoint answers; see raftctl status");
  return Print(common.json ? net::RecentJson(status) + "\n" : net::RecentTable(status),
               status.answered > 0 ? kDone : kNoLeader);
}

int Suspend(const CommonFlags& common, const NodeChoice& node, std::chrono::milliseconds length) {
  return WithNode(common, node, [&](net::Client& client, const ChosenNode& chosen) {
    const net::CallResult result = client.Suspend(chosen.endpoint, length);
    const std::string time = FormatDuration(Duration::Milliseconds(length.count()));
    return Report(common, chosen, result,
                  chosen.words + " is suspended for " + time + "; raftctl resume ends it earlier");
  });
}

int Resume(const CommonFlags& common, const NodeChoice& node) {
  return WithNode(common, node, [&](net::Client& client, const ChosenNode& chosen) {
    const net::CallResult result = client.Resume(chosen.endpoint);
    return Report(common, chosen, result,
                  chosen.words + (result.found ? " takes part again" : " was not suspended"));
  });
}

int Transfer(const CommonFlags& common, const std::string& to) {
  const std::optional<NodeId> target = net::ParseNodeName(to);
  if (!to.empty() && !target.has_value()) {
    PrintError(Quote(to) + " is no node; write n0, n1, ...");
    return kUsage;
  }
  return WithNode(common, {"leader", ""}, [&](net::Client& client, const ChosenNode& chosen) {
    const net::CallResult result = client.Transfer(chosen.endpoint, target);
    return Report(common, chosen, result,
                  chosen.words + " has handed leadership to " + result.value +
                      ", which leads term " + std::to_string(result.term));
  });
}

int Snapshot(const CommonFlags& common, const NodeChoice& node) {
  return WithNode(common, node, [&](net::Client& client, const ChosenNode& chosen) {
    const net::CallResult result = client.TakeSnapshot(chosen.endpoint);
    const std::string which = std::to_string(result.index) + ", " + result.value + " bytes";
    return Report(common, chosen, result,
                  chosen.words +
                      (result.found ? " has saved a snapshot up to index "
                                    : " has nothing new to save since index ") +
                      which,
                  [&](JsonWriter& json) {
                    json.Member("saved", result.found);
                    json.Member("index", result.index);
                    json.Member("term", result.term);
                    json.Member("bytes", std::stoull(result.value));
                  });
  });
}

}  // namespace drydock::tools
