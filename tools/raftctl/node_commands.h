// Commands that are carried out by one node, which the flags name or which is found by asking.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/text/json_writer.h"
#include "net/client/client.h"
#include "tools/raftctl/commands.h"

namespace drydock::tools {

struct ChosenNode {
  std::string endpoint;
  std::string words;  // "n1 at 127.0.0.1:7001"
};

// Finds the node and has it act; the exit code. Tells what is wrong if there is no such node.
using ActOfNode = std::function<int(net::Client& client, const ChosenNode& node)>;
int WithNode(const CommonFlags& common, const NodeChoice& choice, const ActOfNode& act);

// Prints how a call ended, and gives the exit code. `more` adds members to the JSON of one that was
// done.
using More = std::function<void(JsonWriter&)>;
int Report(const CommonFlags& common, const ChosenNode& node, const net::CallResult& result,
           const std::string& plain, const More& more = {});

}  // namespace drydock::tools
