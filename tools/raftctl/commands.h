// The commands of raftctl. Each prints its result and gives the exit code.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "net/client/client_security.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace drydock::tools {

enum ExitCode {
  kDone = 0,
  kNo = 1,  // no such key, or it does not hold what was expected
  kUsage = 2,
  kNoLeader = 3,        // nothing happened
  kOutcomeUnknown = 4,  // it may have happened
  kRefused = 5,
};

// The flags that every command takes.
struct CommonFlags {
  std::string endpoints;                    // --endpoints, as given; "" if not
  std::string config;                       // --config, the path of a cluster file; "" if not
  std::string token_file;                   // --token-file; "" if not
  std::chrono::milliseconds timeout{5000};  // of one operation; always positive
  bool json = false;                        // --output json
  net::ClientSecurity security;             // --cacert, --cert, --key, and a token
};

// With the token of --token-file or $DRYDOCK_TOKEN.
Result<net::ClientSecurity> SecurityOf(const CommonFlags& common);

// The endpoints that the flags and the environment name, each "host:port", at least one.
Result<std::vector<std::string>> EndpointsOf(const CommonFlags& common);

// Keys and values stand as they are on the command line: ReadArgument (arguments.h) reads them.
int Put(const CommonFlags& common, const std::string& key, const std::string& value);
struct GetFlags {
  std::string key;
  std::string consistency = "linearizable";  // or "lease", "stale"
  bool any_node = false;
};
int Get(const CommonFlags& common, const GetFlags& flags);
int Delete(const CommonFlags& common, const std::string& key);
// No expected value: only if the key is missing.
int CompareAndSet(const CommonFlags& common, const std::string& key,
                  const std::optional<std::string>& expected, const std::string& value);

int Status(const CommonFlags& common);
// How long the latest entries and elections of each node took.
int Timings(const CommonFlags& common);

// One node: by its name ("n1", or "leader"), or by its address.
struct NodeChoice {
  std::string name;
  std::string endpoint;
};
int Suspend(const CommonFlags& common, const NodeChoice& node, std::chrono::milliseconds length);
int Resume(const CommonFlags& common, const NodeChoice& node);
// The leader hands over to the node of that name; empty: to the best of the others.
int Transfer(const CommonFlags& common, const std::string& to);
int Snapshot(const CommonFlags& common, const NodeChoice& node);

// Adds the subcommand `ping`; what it gives back runs it.
std::function<int()> AddPing(CLI::App& app, const CommonFlags& common);

// Adds the subcommand `bench`; what it gives back runs it. The flags are filled by then.
std::function<int()> AddBench(CLI::App& app, const CommonFlags& common);

// The same of the subcommand `backup`.
std::function<int()> AddBackup(CLI::App& app, const CommonFlags& common);

// The same of the subcommand `members`.
std::function<int()> AddMembers(CLI::App& app, const CommonFlags& common);

// Prints "raftctl: ..." to the standard error output.
void PrintError(const std::string& text);

}  // namespace drydock::tools
