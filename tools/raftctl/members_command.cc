// raftctl members: who the members are, and changes of them.
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/text/words.h"
#include "net/config/cluster_config.h"
#include "net/config/control_network.h"
#include "net/config/host_port.h"
#include "tools/raftctl/cluster.h"
#include "tools/raftctl/commands.h"
#include "tools/raftctl/node_commands.h"
#include "tools/raftctl/output.h"

namespace drydock::tools {
namespace {

constexpr const char* kHelp =
    "  raftctl members                          lists them: role, address, store, and how many\n"
    "                                           entries of the leader's log each lacks (BEHIND)\n"
    "  raftctl members add ID=HOST:PORT ...     to vote, once they have caught up; with --learner\n"
    "                                           to follow only. Start them first: raftd --join\n"
    "  raftctl members remove ID ...\n"
    "  raftctl members promote ID ...           learners that are to vote\n"
    "  raftctl members demote ID ...            voters that are to follow only\n"
    "  raftctl members replace OLD=NEW@HOST:PORT ...\n"
    "Several nodes of one command change at once, or none of them. The answer comes when they "
    "have\ncaught up: give a large store time with --timeout. Exits with 5 if it was refused or a "
    "node did\nnot catch up, and with 4 if it is not known how it ended; the list tells then.\n"
    "Examples:\n  raftctl members add n3=10.0.0.4:7000 n4=10.0.0.5:7000 --timeout 60s\n"
    "  raftctl members replace n0=n5@10.0.0.6:7000\n  raftctl members remove n4";

struct MembersFlags {
  std::string verb;
  std::vector<std::string> nodes;
  bool learner = false;
};

Result<std::uint32_t> ReadNode(const std::string& text) {
  const std::optional<NodeId> node = net::ParseNodeName(text);
  if (node.has_value()) return node->value();
  return Error{Quote(text) + " is no node; write n0, n1, ..."};
}

// Whether the others may reach a new member there. What is no address is for the leader to judge.
drydock::Status CheckNotControl(const std::string& address) {
  const Result<net::HostPort> place = net::ParseHostPort(address);
  return place.ok() ? net::ControlNetwork().CheckTarget(place.value()) : Ok();
}

// "n3=10.0.0.4:7000", with another sign between them.
drydock::Status ReadNew(const std::string& text, char sign, v1::NewMember& out) {
  const std::size_t at = text.find(sign);
  if (at == std::string::npos) {
    return Error{Quote(text) + " lacks the address; write n3" + sign + "host:port"};
  }
  const Result<std::uint32_t> node = ReadNode(text.substr(0, at));
  if (!node.ok()) return node.error();
  out.set_node(node.value());
  out.set_address(text.substr(at + 1));
  return CheckNotControl(out.address());
}

drydock::Status ReadReplacement(const std::string& text, v1::ChangeMembersRequest& out) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) return Error{Quote(text) + " is no OLD=NEW@HOST:PORT"};
  const Result<std::uint32_t> old = ReadNode(text.substr(0, at));
  if (!old.ok()) return old.error();
  out.add_remove(old.value());
  return ReadNew(text.substr(at + 1), '@', *out.add_add());
}

drydock::Status ReadChange(const MembersFlags& flags, const std::string& text,
                           v1::ChangeMembersRequest& out) {
  if (flags.verb == "replace") return ReadReplacement(text, out);
  if (flags.verb == "add") {
    return ReadNew(text, '=', flags.learner ? *out.add_add_learners() : *out.add_add());
  }
  const Result<std::uint32_t> node = ReadNode(text);
  if (!node.ok()) return node.error();
  if (flags.verb == "remove") out.add_remove(node.value());
  if (flags.verb == "promote") out.add_promote(node.value());
  if (flags.verb == "demote") out.add_demote(node.value());
  return Ok();
}

Result<v1::ChangeMembersRequest> ReadChanges(const MembersFlags& flags) {
  v1::ChangeMembersRequest request;
  for (const std::string& text : flags.nodes) {
    const drydock::Status read = ReadChange(flags, text, request);
    if (!read.ok()) return read.error();
  }
  return request;
}

int ListMembers(const CommonFlags& common) {
  const Result<net::ClusterStatus> asked = AwaitLeader(common);
  if (!asked.ok()) {
    PrintError(asked.error().text);
    return kUsage;
  }
  if (!asked.value().leader.has_value()) {
    PrintError("no leader, who alone knows the members; see raftctl status");
    return kNoLeader;
  }
  return Print(
      common.json ? net::MembersJson(asked.value()) + "\n" : net::MembersTable(asked.value()),
      kDone);
}

int ChangeMembers(const CommonFlags& common, const MembersFlags& flags) {
  const Result<v1::ChangeMembersRequest> request = ReadChanges(flags);
  if (!request.ok()) {
    PrintError(request.error().text);
    return kUsage;
  }
  return WithNode(common, {"leader", ""}, [&](net::Client& client, const ChosenNode& chosen) {
    const net::CallResult result = client.ChangeMembers(chosen.endpoint, request.value());
    return Report(common, chosen, result,
                  "the members are changed as of index " + std::to_string(result.index),
                  [&](JsonWriter& json) { json.Member("index", result.index); });
  });
}

}  // namespace

std::function<int()> AddMembers(CLI::App& app, const CommonFlags& common) {
  auto flags = std::make_shared<MembersFlags>();
  CLI::App* members = app.add_subcommand("members", "List the members, add, remove, replace them");
  members->add_option("VERB", flags->verb, "add, remove, promote, demote or replace")
      ->check(CLI::IsMember({"add", "remove", "promote", "demote", "replace"}));
  members->add_option("NODE", flags->nodes, "Which nodes; see below");
  members->add_flag("--learner", flags->learner, "With add: they follow, and have no vote");
  members->callback([flags] {
    if (flags->verb.empty() == flags->nodes.empty()) return;
    throw CLI::ValidationError("members", flags->verb + " takes one node or more");
  });
  members->footer(kHelp);
  return [flags, &common] {
    return flags->verb.empty() ? ListMembers(common) : ChangeMembers(common, *flags);
  };
}

}  // namespace drydock::tools
