// The cluster that the flags name, ready to be asked.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/client/client.h"
#include "net/client/cluster_status.h"
#include "tools/raftctl/commands.h"

namespace drydock::tools {

// Of these endpoints, or of those that the flags name. An error is of the command line or of a file
// that it names.
Result<std::unique_ptr<net::Client>> OpenClient(const CommonFlags& common,
                                                std::vector<std::string> endpoints);
Result<std::unique_ptr<net::Client>> OpenClient(const CommonFlags& common);

// What all nodes say within a second, or within the operation's timeout if that is shorter.
Result<net::ClusterStatus> AskAll(const CommonFlags& common, const net::StatusQuery& query = {});
// The same, again and again until one of them leads and is ready, at most for the operation's
// timeout: after a change of leaders it takes a moment.
Result<net::ClusterStatus> AwaitLeader(const CommonFlags& common);

}  // namespace drydock::tools
